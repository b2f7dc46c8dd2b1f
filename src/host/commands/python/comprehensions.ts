import { Frame } from './frame.ts'
import type { Machine } from './machine.ts'
import type { Expression, Scope } from './syntax.ts'
import { dict, keyOf, list, set, T } from './types.ts'
import { Call, PyGenerator, type PyIterator, type Steps, type Value, Yielded } from './value.ts'

type Comprehension = Expression & { type: 'comprehension' }

/** What an element of a container in the making is booked with, and how many at a time. */
const ELEMENT_BYTES = 48
const ELEMENTS_A_BOOKING = 256

/** Evaluates a comprehension, which is a function of its own whose first iterable is evaluated outside. */
export function* comprehension(m: Machine, node: Comprehension, outer: Frame): Steps<Value> {
  const [first] = node.clauses as [Comprehension['clauses'][0]]
  const source = yield* m.evaluate(first.iterable, outer)
  outer.at = first.iterable
  const iterator = yield* m.iterate(source)
  const name = node.kind === 'generator' ? '<genexpr>' : `<${node.kind}comp>`
  const { globals, source: file } = outer
  const frame = new Frame({ name, scope: node.scope as Scope, locals: new Map(), globals, outer, source: file })
  frame.definedIn = outer.definedIn
  frame.self = outer.self
  frame.qualname = name
  frame.at = node
  outer.at = node
  if (node.kind === 'generator') return new PyGenerator(name, frame, generated(m, node, frame, iterator), T.generator)
  return (yield new Call(m.inFrame(frame, gathered(m, node, frame, iterator)))) as Value
}

function* gathered(m: Machine, node: Comprehension, frame: Frame, iterator: PyIterator | PyGenerator): Steps<Value> {
  let count = 0
  const book = (): void => {
    if (++count % ELEMENTS_A_BOOKING === 0) m.growing(ELEMENTS_A_BOOKING * ELEMENT_BYTES)
  }
  const made = dict()
  const values: Value[] = []
  try {
    yield* each(m, node, 0, frame, iterator, function* () {
      const item = yield* m.evaluate(node.item, frame)
      if (node.value) {
        const value = yield* m.evaluate(node.value, frame)
        frame.at = node
        made.map.set(keyOf(item), { key: item, value })
      } else values.push(item)
      book()
    })
  } finally {
    m.grown(Math.floor(count / ELEMENTS_A_BOOKING) * ELEMENTS_A_BOOKING * ELEMENT_BYTES)
  }
  if (node.kind === 'dict') return made
  return node.kind === 'list' ? list(values) : set(values)
}

function* generated(m: Machine, node: Comprehension, frame: Frame, iterator: PyIterator | PyGenerator): Steps<Value> {
  yield* each(m, node, 0, frame, iterator, function* () {
    yield new Yielded(yield* m.evaluate(node.item, frame))
  })
  return null
}

function* each(
  m: Machine,
  node: Comprehension,
  level: number,
  frame: Frame,
  iterator: PyIterator | PyGenerator,
  found: () => Steps<void>,
): Steps<void> {
  const { target, conditions } = node.clauses[level] as Comprehension['clauses'][0]
  for (;;) {
    const pause = m.spend()
    if (pause) yield pause
    const value = yield* m.next(iterator)
    if (value === undefined) return
    yield* m.assign(target, value, frame)
    let isWanted = true
    for (const condition of conditions) {
      isWanted = yield* m.truth(yield* m.evaluate(condition, frame))
      if (!isWanted) break
    }
    if (!isWanted) continue
    const next = node.clauses[level + 1]
    if (next) yield* each(m, node, level + 1, frame, yield* m.iterate(yield* m.evaluate(next.iterable, frame)), found)
    else yield* found()
  }
}
