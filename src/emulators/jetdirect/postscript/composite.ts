/** Operators of composite objects and of control (PLRM §3.3.4, §3.5). */
import { Leave, type Machine, type Operator } from './machine.ts'
import { keyOf, MARK, PsArray, PsError, PsName, type PsObject, PsString, plainText } from './objects.ts'

/** The objects down to the last mark, which goes too. */
function toMark(m: Machine): PsObject[] {
  const at = m.stack.lastIndexOf(MARK)
  if (at < 0) throw new PsError('unmatchedmark')
  return m.stack.splice(at).slice(1)
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
  if (into instanceof PsString) m.spend(into.text.length)
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
    m.spend(n * 8)
    m.push(make(n))
  }
}

export const COMPOSITE: readonly (readonly [string, Operator])[] = [
  ...['mark', '[', '<<'].map((name) => [name, (m: Machine) => m.push(MARK)] as const),
  ['cleartomark', (m) => void toMark(m)],
  ['counttomark', (m) => m.push(m.stack.length - 1 - m.stack.lastIndexOf(MARK))],
  [']', (m) => m.push(new PsArray(toMark(m), false))],
  ['>>', dictOf],
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
]
