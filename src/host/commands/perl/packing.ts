import { Unsupported } from './syntax.ts'
import { number, text, type Value } from './value.ts'

interface Item {
  letter: string
  count: number | '*' | undefined
  little: boolean
}

const SIZES: Readonly<Record<string, number>> = {
  c: 1,
  C: 1,
  s: 2,
  S: 2,
  l: 4,
  L: 4,
  q: 8,
  Q: 8,
  n: 2,
  N: 4,
  v: 2,
  V: 4,
  i: 4,
  I: 4,
  j: 8,
  J: 8,
}

function items(template: string): Item[] {
  const found = [...template.matchAll(/([a-zA-Z@])([!<>]*)(\d+|\*)?/g)]
  return found.map(([, letter = '', marks = '', count]) => ({
    letter,
    count: count === undefined ? undefined : count === '*' ? '*' : Math.min(1_000_000, Number(count)),
    little: !/[nN]/.test(letter) && !marks.includes('>'),
  }))
}

export function pack(template: string, values: readonly Value[]): string {
  let next = 0
  let out = ''
  for (const { letter, count, little } of items(template)) {
    if (/[aAZ]/.test(letter)) {
      const body = text(values[next++])
      const size = count === '*' ? body.length + (letter === 'Z' ? 1 : 0) : (count ?? 1)
      out += body.slice(0, letter === 'Z' ? Math.max(0, size - 1) : size).padEnd(size, letter === 'A' ? ' ' : '\0')
    } else if (letter === 'H' || letter === 'h') {
      const digits = text(values[next++])
      const used = count === '*' ? digits : digits.slice(0, count ?? 1)
      for (let i = 0; i < used.length; i += 2) {
        const pair = used.slice(i, i + 2).padEnd(2, '0')
        out += String.fromCharCode(Number.parseInt(letter === 'H' ? pair : [...pair].reverse().join(''), 16) & 255)
      }
    } else if (letter === 'B' || letter === 'b') {
      const bits = text(values[next++])
      for (let i = 0; i < bits.length; i += 8) {
        const byte = bits.slice(i, i + 8).padEnd(8, '0')
        out += String.fromCharCode(Number.parseInt(letter === 'B' ? byte : [...byte].reverse().join(''), 2))
      }
    } else if (letter === 'x') out += '\0'.repeat(count === '*' ? 0 : (count ?? 1))
    else if (letter === 'U' || letter === 'W')
      for (let i = count === '*' ? values.length - next : (count ?? 1); i > 0; i--) out += String.fromCodePoint(number(values[next++]))
    else {
      const size = SIZES[letter]
      if (!size) throw new Unsupported(`pack ${letter}`)
      for (let i = count === '*' ? values.length - next : (count ?? 1); i > 0; i--) {
        const value = BigInt.asUintN(size * 8, BigInt(Math.trunc(number(values[next++])) || 0))
        const bytes = Array.from({ length: size }, (_, k) => Number((value >> BigInt(8 * k)) & 255n))
        out += String.fromCharCode(...(little ? bytes : bytes.reverse()))
      }
    }
  }
  return out
}

export function unpack(template: string, data: string): Value[] {
  let at = 0
  const out: Value[] = []
  const checksum = /^%(\d+)C\*$/.exec(template)
  if (checksum) return [[...data].reduce((sum, char) => sum + char.charCodeAt(0), 0) % 2 ** Number(checksum[1])]
  for (const { letter, count, little } of items(template)) {
    if (/[aAZ]/.test(letter)) {
      const piece = data.slice(at, count === '*' ? undefined : at + (count ?? 1))
      at += piece.length
      out.push(letter === 'A' ? piece.replace(/[\0\s]+$/, '') : letter === 'Z' ? piece.replace(/\0[\s\S]*$/, '') : piece)
    } else if (letter === 'H' || letter === 'h') {
      const bytes = count === '*' ? data.slice(at) : data.slice(at, at + Math.ceil((count ?? 1) / 2))
      at += bytes.length
      const hex = [...bytes]
        .map((char) => char.charCodeAt(0).toString(16).padStart(2, '0'))
        .map((pair) => (letter === 'H' ? pair : [...pair].reverse().join('')))
        .join('')
      out.push(count === '*' ? hex : hex.slice(0, count ?? 1))
    } else if (letter === 'B' || letter === 'b') {
      const bytes = count === '*' ? data.slice(at) : data.slice(at, at + Math.ceil((count ?? 1) / 8))
      at += bytes.length
      const bits = [...bytes]
        .map((char) => char.charCodeAt(0).toString(2).padStart(8, '0'))
        .map((byte) => (letter === 'B' ? byte : [...byte].reverse().join('')))
        .join('')
      out.push(count === '*' ? bits : bits.slice(0, count ?? 1))
    } else if (letter === 'x') at += count === '*' ? 0 : (count ?? 1)
    else if (letter === 'U' || letter === 'W')
      for (const char of data.slice(at, count === '*' ? undefined : at + (count ?? 1))) out.push(char.codePointAt(0) as number)
    else {
      const size = SIZES[letter]
      if (!size) throw new Unsupported(`unpack ${letter}`)
      for (let i = count === '*' ? Number.POSITIVE_INFINITY : (count ?? 1); i > 0 && at + size <= data.length; i--, at += size) {
        const bytes = Array.from({ length: size }, (_, k) => BigInt(data.charCodeAt(at + k) & 255))
        const value = (little ? bytes.reverse() : bytes).reduce((sum, byte) => (sum << 8n) | byte, 0n)
        out.push(Number(/[cslqij]/.test(letter) ? BigInt.asIntN(size * 8, value) : value))
      }
    }
  }
  return out
}
