/** Operators of the language itself (PLRM chapter 8): stack, arithmetic, control, composite objects. */
import { Leave, type Machine, type Operator } from './machine.ts'
import { keyOf, MARK, PsArray, PsError, PsName, type PsObject, PsString, plainText, syntaxText } from './objects.ts'

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

/** The objects down to the last mark, which goes too. */
function toMark(m: Machine): PsObject[] {
  const at = m.stack.lastIndexOf(MARK)
  if (at < 0) throw new PsError('unmatchedmark')
  return m.stack.splice(at).slice(1)
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
  if (top instanceof PsString && from instanceof PsString) top.text = from.text + top.text.slice(from.text.length)
  m.push(top)
}

function get(m: Machine): void {
  const [key, from] = [m.pop(), m.pop()]
  let value: PsObject | undefined
  if (from instanceof Map) value = from.get(keyOf(key)) ?? (from.has('systemdict') ? systemEntry(m, key) : undefined)
  else if (typeof key !== 'number') throw new PsError('typecheck')
  else if (from instanceof PsString) value = key < from.text.length ? from.text.charCodeAt(key) : undefined
  else if (from instanceof PsArray) value = from.items[key]
  if (value === undefined) throw new PsError(from instanceof Map ? 'undefined' : 'rangecheck')
  m.push(value)
}

/** What `systemdict /name get` gives: the operator. */
function systemEntry(m: Machine, key: PsObject): PsObject | undefined {
  return m.isOperator(keyOf(key)) ? new PsName(keyOf(key), true) : undefined
}

function put(m: Machine): void {
  const [value, key, into] = [m.pop(), m.pop(), m.pop()]
  if (into instanceof Map) {
    if (into.size >= 2000) throw new PsError('dictfull')
    into.set(keyOf(key), value)
  } else if (typeof key !== 'number' || key < 0) throw new PsError('rangecheck')
  else if (into instanceof PsArray && key < into.items.length) into.items[key] = value
  else if (into instanceof PsString && typeof value === 'number' && key < into.text.length)
    into.text = into.text.slice(0, key) + String.fromCharCode(value & 0xff) + into.text.slice(key + 1)
  else throw new PsError('rangecheck')
}

function length(m: Machine): void {
  const object = m.pop()
  if (object instanceof Map) m.push(object.size)
  else if (object instanceof PsArray) m.push(object.items.length)
  else if (object instanceof PsString || object instanceof PsName) m.push(object.text.length)
  else throw new PsError('typecheck')
}

function forAll(m: Machine): void {
  const [body, over] = [m.pop(), m.pop()]
  m.loop(() => {
    if (over instanceof Map) for (const [key, value] of [...over]) each(m, body, new PsName(key, false), value)
    else if (over instanceof PsArray) for (const item of [...over.items]) each(m, body, item)
    else if (over instanceof PsString) for (const c of over.text) each(m, body, c.charCodeAt(0))
    else throw new PsError('typecheck')
  })
}

function each(m: Machine, body: PsObject, ...objects: PsObject[]): void {
  m.push(...objects)
  m.execute(body)
}

function forLoop(m: Machine): void {
  const body = m.pop()
  const [limit, step, first] = [m.number(), m.number(), m.number()]
  m.loop(() => {
    for (let n = first; step >= 0 ? n <= limit : n >= limit; n += step) each(m, body, n)
  })
}

function stopped(m: Machine): void {
  try {
    m.execute(m.pop())
    m.push(false)
  } catch (error) {
    if (!(error instanceof PsError) && !(error instanceof Leave && error.end === 'stop')) throw error
    m.push(true)
  }
}

function dictOf(m: Machine): void {
  const items = toMark(m)
  if (items.length % 2) throw new PsError('rangecheck')
  const dict = new Map<string, PsObject>()
  for (let i = 0; i < items.length; i += 2) dict.set(keyOf(items[i] as PsObject), items[i + 1] as PsObject)
  m.push(dict)
}

function sized(make: (n: number) => PsObject): Operator {
  return (m) => {
    const n = m.number()
    if (n < 0 || n > 65_535) throw new PsError('rangecheck')
    m.push(make(n))
  }
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
  ...['mark', '[', '<<'].map((name) => [name, (m: Machine) => m.push(MARK)] as const),
  ['cleartomark', (m) => void toMark(m)],
  ['counttomark', (m) => m.push(m.stack.length - 1 - m.stack.lastIndexOf(MARK))],
  [']', (m) => m.push(new PsArray(toMark(m), false))],
  ['>>', dictOf],
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
  ['true', (m) => m.push(true)],
  ['false', (m) => m.push(false)],
  ['null', (m) => m.push(null)],
  [
    'def',
    (m) => {
      const value = m.pop()
      m.dicts.at(-1)?.set(keyOf(m.pop()), value)
    },
  ],
  ['bind', () => undefined],
  ['dict', sized(() => new Map())],
  ['string', sized((n) => new PsString('\0'.repeat(n)))],
  [
    'array',
    sized(
      (n) =>
        new PsArray(
          Array.from({ length: n }, () => null),
          false,
        ),
    ),
  ],
  [
    'begin',
    (m) => {
      if (m.dicts.length > 20) throw new PsError('dictstackoverflow')
      m.dicts.push(m.dict())
    },
  ],
  [
    'end',
    (m) => {
      if (m.dicts.length === 1) throw new PsError('dictstackunderflow')
      m.dicts.pop()
    },
  ],
  ['get', get],
  ['put', put],
  [
    'undef',
    (m) => {
      const key = keyOf(m.pop())
      m.dict().delete(key)
    },
  ],
  [
    'known',
    (m) => {
      const key = keyOf(m.pop())
      const dict = m.dict()
      m.push(dict.has(key) || (dict.has('systemdict') && m.isOperator(key)))
    },
  ],
  ['length', length],
  [
    'cvs',
    (m) => {
      m.string()
      m.push(new PsString(plainText(m.pop())))
    },
  ],
  ['cvn', (m) => m.push(new PsName(m.string().text, false))],
  [
    'cvx',
    (m) => {
      const top = m.pop()
      m.push(top instanceof PsName ? new PsName(top.text, true) : top instanceof PsArray ? new PsArray(top.items, true) : top)
    },
  ],
  ['exec', (m) => m.execute(m.pop())],
  [
    'if',
    (m) => {
      const then = m.pop()
      if (m.boolean()) m.execute(then)
    },
  ],
  [
    'ifelse',
    (m) => {
      const [otherwise, then] = [m.pop(), m.pop()]
      m.execute(m.boolean() ? then : otherwise)
    },
  ],
  ['for', forLoop],
  ['forall', forAll],
  [
    'repeat',
    (m) => {
      const body = m.pop()
      const n = m.number()
      m.loop(() => {
        for (let i = 0; i < n; i++) m.execute(body)
      })
    },
  ],
  [
    'loop',
    (m) => {
      const body = m.pop()
      m.loop(() => {
        for (;;) m.execute(body)
      })
    },
  ],
  [
    'exit',
    () => {
      throw new Leave('exit')
    },
  ],
  [
    'stop',
    () => {
      throw new Leave('stop')
    },
  ],
  ['stopped', stopped],
  [
    'quit',
    () => {
      throw new Leave('quit')
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
]

function numeric(m: Machine): number {
  const top = m.pop()
  const n = top instanceof PsString ? Number(top.text) : top
  if (typeof n !== 'number' || Number.isNaN(n)) throw new PsError('typecheck')
  return n
}
