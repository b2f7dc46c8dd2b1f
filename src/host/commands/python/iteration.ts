import type { Machine } from './machine.ts'
import { payload } from './operators.ts'
import { setOrder } from './set-order.ts'
import { characters } from './text.ts'
import { classOf, exceptionClass, iterator, iteratorOf, raise, T, typeError, typeName } from './types.ts'
import {
  PyBytes,
  PyClass,
  PyDict,
  PyException,
  PyGenerator,
  PyIterator,
  PyList,
  PyObject,
  PyRange,
  PySet,
  PyTuple,
  Raised,
  Resume,
  type Steps,
  type Value,
} from './value.ts'

/** What an element of a list in the making is booked with, and how many at a time. */
const ELEMENT_BYTES = 24
const ELEMENTS_A_BOOKING = 1024

export function isIterable(value: Value): boolean {
  const plain = payload(value)
  if (typeof plain === 'string') return true
  if (!(plain instanceof PyObject)) return false
  if (
    plain instanceof PyList ||
    plain instanceof PyTuple ||
    plain instanceof PyDict ||
    plain instanceof PySet ||
    plain instanceof PyBytes ||
    plain instanceof PyRange ||
    plain instanceof PyIterator ||
    plain instanceof PyGenerator
  )
    return true
  const cls = plain instanceof PyClass ? T.type : plain.cls
  return cls.find('__iter__') !== undefined || cls.find('__getitem__') !== undefined
}

/** iter(value) @throws Raised TypeError */
export function* iterate(m: Machine, value: Value): Steps<PyIterator | PyGenerator> {
  if (value instanceof PyIterator || value instanceof PyGenerator) return value
  if (value instanceof PyObject && !(value instanceof PyClass) && !value.cls.isBuiltin) {
    const own = value.cls.find('__iter__')
    if (own !== undefined) return wrapped(m, yield* m.call(own, [value]))
  }
  const plain = payload(value)
  if (plain instanceof PyList) {
    let at = 0
    return iterator(() => plain.items[at++], T.listIterator)
  }
  if (plain instanceof PyTuple) return iteratorOf(plain.items, T.tupleIterator)
  if (typeof plain === 'string') return iteratorOf(characters(plain), T.strIterator)
  if (plain instanceof PyRange) return rangeIterator(plain)
  if (plain instanceof PyDict) return dictIterator(plain, ({ key }) => key, T.dictKeyIterator)
  if (plain instanceof PySet) return iteratorOf(setOrder(plain), T.setIterator)
  if (plain instanceof PyBytes) {
    let at = 0
    return iterator(() => (at < plain.data.length ? BigInt(plain.data[at++] as number) : undefined), T.bytesIterator)
  }
  if (value instanceof PyObject && !(value instanceof PyClass)) {
    const own = value.cls.find('__iter__')
    if (own !== undefined) return wrapped(m, yield* m.call(own, [value]))
    if (value.cls.find('__getitem__') !== undefined) return byIndex(m, value)
  }
  throw typeError(`'${typeName(value)}' object is not iterable`)
}

function wrapped(m: Machine, value: Value): PyIterator | PyGenerator {
  if (value instanceof PyIterator || value instanceof PyGenerator) return value
  const next = classOf(value).find('__next__')
  if (next === undefined) throw typeError(`iter() returned non-iterator of type '${typeName(value)}'`)
  return iterator(() => untilStop(m, m.call(next, [value])))
}

/** The value of a `__next__`, or undefined when it raises StopIteration. */
function* untilStop(_m: Machine, steps: Steps<Value>): Steps<Value | undefined> {
  try {
    return yield* steps
  } catch (error) {
    if (error instanceof Raised && error.exception.cls.isSubclassOf(exceptionClass('StopIteration'))) return undefined
    throw error
  }
}

function byIndex(m: Machine, value: Value): PyIterator {
  let at = 0n
  return iterator(function* (): Steps<Value | undefined> {
    try {
      return yield* m.getitem(value, at++)
    } catch (error) {
      if (error instanceof Raised && error.exception.cls.isSubclassOf(exceptionClass('IndexError'))) return undefined
      throw error
    }
  })
}

export function rangeIterator(range: PyRange): PyIterator {
  let [at, left] = [range.start, range.length]
  const { step } = range
  return iterator(() => {
    if (left-- <= 0n) return undefined
    const value = at
    at += step
    return value
  }, T.rangeIterator)
}

export function dictIterator(dict: PyDict, of: (entry: { key: Value; value: Value }) => Value, cls: PyClass): PyIterator {
  const inner = dict.map.values()
  const { size } = dict.map
  return iterator(() => {
    if (dict.map.size !== size) throw raise('RuntimeError', 'dictionary changed size during iteration')
    const turn = inner.next()
    return turn.done ? undefined : of(turn.value)
  }, cls)
}

/** The next value; undefined at the end. */
export function* next(m: Machine, iterator: PyIterator | PyGenerator): Steps<Value | undefined> {
  if (iterator instanceof PyIterator) {
    const value = iterator.next()
    return typeof value === 'object' && value !== null && !(value instanceof PyObject) ? yield* value : value
  }
  const { done, value } = yield* resumeGenerator(m, iterator, null)
  return done ? undefined : value
}

/** Goes on with a generator. */
export function* resumeGenerator(m: Machine, generator: PyGenerator, sent: Value, thrown?: Raised): Steps<{ done: boolean; value: Value }> {
  if (generator.state === 'running') throw raise('ValueError', 'generator already executing')
  if (generator.state === 'done') {
    if (thrown) throw thrown
    return { done: true, value: null }
  }
  if (generator.state === 'new' && thrown) {
    generator.state = 'done'
    throw thrown
  }
  if (generator.state === 'new' && sent !== null) throw typeError("can't send non-None value to a just-started generator")
  generator.state = 'running'
  const { frame } = generator
  m.push(frame)
  try {
    const result = (yield new Resume(generator.body, sent, thrown)) as { done: boolean; value: Value }
    generator.state = result.done ? 'done' : 'suspended'
    return result
  } catch (error) {
    generator.state = 'done'
    const raised = m.caught(error, frame)
    if (raised?.exception.cls.name === 'StopIteration') {
      const wrapped = raise('RuntimeError', 'generator raised StopIteration')
      wrapped.exception.cause = raised.exception
      wrapped.exception.suppressContext = true
      wrapped.exception.trace = raised.exception.trace.slice(0, 1)
      throw wrapped
    }
    throw raised ?? error
  } finally {
    m.pop(frame)
  }
}

/** Sends a value into an iterator, as `yield from` does. */
export function* resume(m: Machine, iterator: PyIterator | PyGenerator, sent: Value): Steps<{ done: boolean; value: Value }> {
  if (iterator instanceof PyGenerator) return yield* resumeGenerator(m, iterator, sent)
  const value = yield* next(m, iterator)
  return { done: value === undefined, value: value ?? null }
}

/** All values of an iterable, in an array of its own. */
export function* toArray(m: Machine, value: Value): Steps<Value[]> {
  if ((value instanceof PyList || value instanceof PyTuple) && value.cls.find('__iter__') === undefined) return [...value.items]
  const iterator = yield* iterate(m, value)
  const items: Value[] = []
  try {
    for (;;) {
      const pause = m.spend()
      if (pause) yield pause
      const item = yield* next(m, iterator)
      if (item === undefined) return items
      items.push(item)
      if (items.length % ELEMENTS_A_BOOKING === 0) m.growing(ELEMENTS_A_BOOKING * ELEMENT_BYTES)
    }
  } finally {
    m.grown(Math.floor(items.length / ELEMENTS_A_BOOKING) * ELEMENTS_A_BOOKING * ELEMENT_BYTES)
  }
}

export function stopIteration(value: Value): Raised {
  return new Raised(new PyException(exceptionClass('StopIteration'), value === null ? [] : [value]))
}
