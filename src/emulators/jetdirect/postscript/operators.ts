/** Operators of the language itself (PLRM chapter 8): the stack, arithmetic, comparisons, output. */
import { COMPOSITE } from './composite.ts'
import type { Machine, Operator } from './machine.ts'
import { PsError, PsName, type PsObject, PsString, plainText, syntaxText } from './objects.ts'

const binary =
  (compute: (a: number, b: number) => number | boolean): Operator =>
  (m) => {
    const b = m.number()
    m.push(compute(m.number(), b))
  }

const comparing =
  (compare: (a: number | string, b: number | string) => boolean): Operator =>
  (m) => {
    const [b, a] = [m.pop(), m.pop()]
    if (typeof a === 'number' && typeof b === 'number') m.push(compare(a, b))
    else if (a instanceof PsString && b instanceof PsString) m.push(compare(a.text, b.text))
    else throw new PsError('typecheck')
  }

const logical =
  (ofBooleans: (a: boolean, b: boolean) => boolean, ofNumbers: (a: number, b: number) => number): Operator =>
  (m) => {
    const [b, a] = [m.pop(), m.pop()]
    if (typeof a === 'boolean' && typeof b === 'boolean') m.push(ofBooleans(a, b))
    else if (typeof a === 'number' && typeof b === 'number') m.push(ofNumbers(a, b))
    else throw new PsError('typecheck')
  }

function isSame(a: PsObject, b: PsObject): boolean {
  const isText = (one: PsObject): boolean => one instanceof PsString || one instanceof PsName
  return isText(a) && isText(b) ? plainText(a) === plainText(b) : a === b
}

function divided(a: number, b: number, round: (n: number) => number): number {
  if (b === 0) throw new PsError('undefinedresult')
  return round(a / b)
}

function roll(m: Machine): void {
  const [by, n] = [m.number(), m.number()]
  if (n < 0 || n > m.stack.length) throw new PsError('rangecheck')
  if (n === 0) return
  const top = m.stack.splice(m.stack.length - n)
  const shift = ((by % n) + n) % n
  m.stack.push(...top.slice(n - shift), ...top.slice(0, n - shift))
}

function copy(m: Machine): void {
  const top = m.pop()
  if (typeof top === 'number') {
    if (top < 0 || top > m.stack.length) throw new PsError('rangecheck')
    return void m.push(...m.stack.slice(m.stack.length - top))
  }
  const from = m.pop()
  m.spend(top instanceof PsString ? top.text.length : 0)
  if (top instanceof PsString && from instanceof PsString) top.text = from.text + top.text.slice(from.text.length)
  m.push(top)
}

export const LANGUAGE: readonly (readonly [string, Operator])[] = [
  ['pop', (m) => void m.pop()],
  ['exch', (m) => m.push(...([m.pop(), m.pop()] as const))],
  [
    'dup',
    (m) => {
      const top = m.pop()
      m.push(top, top)
    },
  ],
  ['copy', copy],
  [
    'index',
    (m) => {
      const n = m.number()
      const object = m.stack.at(-1 - n)
      if (n < 0 || object === undefined) throw new PsError('rangecheck')
      m.push(object)
    },
  ],
  ['roll', roll],
  ['clear', (m) => void m.stack.splice(0)],
  ['count', (m) => m.push(m.stack.length)],
  ['add', binary((a, b) => a + b)],
  ['sub', binary((a, b) => a - b)],
  ['mul', binary((a, b) => a * b)],
  ['div', binary((a, b) => divided(a, b, (n) => n))],
  ['idiv', binary((a, b) => divided(a, b, Math.trunc))],
  ['mod', binary((a, b) => a - b * divided(a, b, Math.trunc))],
  ...(
    [
      ['neg', (n) => -n],
      ['abs', Math.abs],
      ['cvi', Math.trunc],
      ['floor', Math.floor],
      ['ceiling', Math.ceil],
      ['round', Math.round],
      ['truncate', Math.trunc],
    ] as [string, (n: number) => number][]
  ).map(([name, compute]) => [name, (m: Machine) => m.push(compute(numeric(m)))] as const),
  ['eq', (m) => m.push(isSame(m.pop(), m.pop()))],
  ['ne', (m) => m.push(!isSame(m.pop(), m.pop()))],
  ['lt', comparing((a, b) => a < b)],
  ['le', comparing((a, b) => a <= b)],
  ['gt', comparing((a, b) => a > b)],
  ['ge', comparing((a, b) => a >= b)],
  [
    'and',
    logical(
      (a, b) => a && b,
      (a, b) => a & b,
    ),
  ],
  [
    'or',
    logical(
      (a, b) => a || b,
      (a, b) => a | b,
    ),
  ],
  [
    'xor',
    logical(
      (a, b) => a !== b,
      (a, b) => a ^ b,
    ),
  ],
  [
    'not',
    (m) => {
      const top = m.pop()
      m.push(typeof top === 'number' ? ~top : !top)
    },
  ],
  ['print', (m) => m.write(m.string().text)],
  ['=', (m) => m.write(`${plainText(m.pop())}\n`)],
  ['==', (m) => m.write(`${syntaxText(m.pop())}\n`)],
  [
    'stack',
    (m) => {
      for (const one of m.stack.toReversed()) m.write(`${plainText(one)}\n`)
    },
  ],
  [
    'pstack',
    (m) => {
      for (const one of m.stack.toReversed()) m.write(`${syntaxText(one)}\n`)
    },
  ],
  ['flush', () => undefined],
  ['echo', (m) => void m.boolean()],
  ...COMPOSITE,
]

function numeric(m: Machine): number {
  const top = m.pop()
  const n = top instanceof PsString ? Number(top.text) : top
  if (typeof n !== 'number' || Number.isNaN(n)) throw new PsError('typecheck')
  return n
}
