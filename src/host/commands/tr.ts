import { byteString } from './gnu/bytes.ts'
import { Failure, gnuCommand, Usage } from './gnu/command.ts'
import { classBytes } from './regex/syntax.ts'

const ESCAPES: Record<string, number> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92 }

interface TrSet {
  bytes: number[]
  /** Index and length limit of a `[c*]` that fills up. */
  fill: { at: number; byte: number } | undefined
}

export default gnuCommand({
  name: 'tr',
  usage: '[OPTION]... SET1 [SET2]',
  about: 'Translate, squeeze, and/or delete characters from standard input,\nwriting to standard output.',
  authors: 'Jim Meyering',
  short: '+cCdst',
  long: { complement: 'c', delete: 'd', 'squeeze-repeats': 's', 'truncate-set1': 't' },
  async run(process, options) {
    const [first, second, extra] = options.operands
    const deletes = options.has('d')
    const squeezes = options.has('s')
    if (first === undefined) throw new Usage('missing operand')
    if (second === undefined && !deletes && !squeezes)
      throw new Usage(`missing operand after '${first}'\nTwo strings must be given when translating.`)
    if (second === undefined && deletes && squeezes)
      throw new Usage(`missing operand after '${first}'\nTwo strings must be given when both deleting and squeezing repeats.`)
    if (extra !== undefined) throw new Usage(`extra operand '${extra}'`)
    if (second !== undefined && deletes && !squeezes)
      throw new Usage(`extra operand '${second}'\nOnly one string may be given when deleting without squeezing repeats.`)
    const one = withComplement(expand(byteString(first)), options.has('c', 'C'))
    const two = second === undefined ? undefined : expand(byteString(second))
    const map = !deletes && two ? translation(one.bytes, two, options.has('t')) : undefined
    const drop = deletes ? members(one.bytes) : undefined
    const squeeze = squeezes ? members(two ? filled(two, one.bytes.length) : one.bytes) : undefined
    let last = -1
    for (let chunk = await process.stdin.read(); chunk !== undefined; chunk = await process.stdin.read()) {
      await process.spend(chunk.length >> 6)
      const output = Buffer.alloc(chunk.length)
      let length = 0
      for (const byte of chunk) {
        if (drop?.[byte]) continue
        const mapped = map ? (map[byte] as number) : byte
        if (squeeze?.[mapped] && mapped === last) continue
        last = mapped
        output[length++] = mapped
      }
      if (length) await process.stdout.write(output.subarray(0, length))
    }
    return 0
  },
})

function members(bytes: number[]): Uint8Array {
  const set = new Uint8Array(256)
  for (const byte of bytes) set[byte] = 1
  return set
}

function withComplement(set: TrSet, complement: boolean): TrSet {
  if (!complement) return set
  const inside = members(set.bytes)
  return { bytes: Array.from({ length: 256 }, (_, b) => b).filter((b) => !inside[b]), fill: undefined }
}

function filled(set: TrSet, length: number): number[] {
  if (!set.fill) return set.bytes
  const bytes = [...set.bytes]
  while (bytes.length < length) bytes.splice(set.fill.at, 0, set.fill.byte)
  return bytes
}

function translation(from: number[], second: TrSet, truncate: boolean): Uint8Array {
  const to = filled(second, from.length)
  if (to.length === 0 && from.length > 0 && !truncate) throw new Failure('when not truncating set1, string2 must be non-empty')
  const map = Uint8Array.from({ length: 256 }, (_, b) => b)
  for (const [i, byte] of from.entries()) {
    if (i < to.length) map[byte] = to[i] as number
    else if (!truncate) map[byte] = to.at(-1) as number
  }
  return map
}

function expand(text: string): TrSet {
  const bytes: number[] = []
  let fill: TrSet['fill']
  for (let at = 0; at < text.length; ) {
    const named = /^\[:(\w*):\]/.exec(text.slice(at, at + 16))
    if (named) {
      const set = classBytes(named[1] as string)
      if (!set) throw new Failure(`invalid character class '${named[1]}'`)
      for (let b = 0; b < 256; b++) if (set[b]) bytes.push(b)
      at += named[0].length
      continue
    }
    const equal = /^\[=(.)=\]/s.exec(text.slice(at, at + 5))
    if (equal) {
      bytes.push(equal[1]!.charCodeAt(0))
      at += 5
      continue
    }
    const repeat = /^\[(\\[0-7]{1,3}|\\.|.)\*(\d{0,6})\]/s.exec(text.slice(at, at + 16))
    if (repeat) {
      const [byte] = oneByte(repeat[1] as string, 0)
      const count = Number.parseInt(repeat[2] || '0', repeat[2]?.startsWith('0') ? 8 : 10)
      if (count === 0) fill = { at: bytes.length, byte }
      else for (let i = 0; i < Math.min(count, 4096); i++) bytes.push(byte)
      at += repeat[0].length
      continue
    }
    const [low, next] = oneByte(text, at)
    if (text[next] === '-' && next + 1 < text.length) {
      const [high, after] = oneByte(text, next + 1)
      if (high < low) throw new Failure(`range-endpoints of '${text.slice(at, after)}' are in reverse collating sequence order`, 1, true)
      for (let b = low; b <= high; b++) bytes.push(b)
      at = after
    } else {
      bytes.push(low)
      at = next
    }
  }
  return { bytes, fill }
}

function oneByte(text: string, at: number): [byte: number, next: number] {
  const c = text[at] as string
  if (c !== '\\' || at + 1 >= text.length) return [c.charCodeAt(0), at + 1]
  const octal = /^[0-7]{1,3}/.exec(text.slice(at + 1, at + 4))
  if (octal) return [Number.parseInt(octal[0], 8) & 0xff, at + 1 + octal[0].length]
  const name = text[at + 1] as string
  return [ESCAPES[name] ?? name.charCodeAt(0), at + 2]
}
