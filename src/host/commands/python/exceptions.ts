import { assign } from './assignment.ts'
import { evaluate } from './expressions.ts'
import type { Frame } from './frame.ts'
import type { Machine } from './machine.ts'
import type { Completion } from './statements.ts'
import type { Handler, Statement } from './syntax.ts'
import { classOf, exceptionClass, raise, typeError, typeName } from './types.ts'
import { PyClass, PyException, PyTuple, Raised, type Steps, type Value } from './value.ts'

export function* raiseStatement(m: Machine, node: Statement & { type: 'raise' }, frame: Frame): Steps<Completion> {
  if (!node.value) {
    const { handled } = frame
    const current = handled ?? m.handling()
    if (!current) throw raise('RuntimeError', 'No active exception to reraise')
    throw new Raised(current)
  }
  const exception = yield* instance(m, yield* evaluate(m, node.value, frame), frame, node)
  if (node.cause) {
    const cause = yield* evaluate(m, node.cause, frame)
    exception.suppressContext = true
    exception.cause = cause === null ? null : yield* instance(m, cause, frame, node)
  }
  frame.at = node
  exception.lastFrame = undefined
  throw new Raised(exception)
}

function* instance(m: Machine, value: Value, frame: Frame, node: Statement): Steps<PyException> {
  frame.at = node
  const made = value instanceof PyClass && value.isSubclassOf(exceptionClass('BaseException')) ? yield* m.call(value, []) : value
  if (!(made instanceof PyException)) throw typeError('exceptions must derive from BaseException')
  return made
}

export function* handleTry(m: Machine, node: Statement & { type: 'try' }, frame: Frame): Steps<Completion> {
  if (node.last.length === 0) return yield* tryExcept(m, node, frame)
  let completion: Completion
  try {
    completion = yield* tryExcept(m, node, frame)
  } catch (error) {
    const raised = m.caught(error, frame)
    if (!raised) throw error
    const before = frame.handled
    frame.handled = raised.exception
    let last: Completion
    try {
      last = yield* m.execute(node.last, frame)
    } catch (inner) {
      throw m.chained(inner, raised.exception, frame)
    } finally {
      frame.handled = before
    }
    if (last !== 'next') return last
    throw raised
  }
  const { returned } = frame
  const last = yield* m.execute(node.last, frame)
  if (last !== 'next') return last
  frame.returned = returned
  return completion
}

function* tryExcept(m: Machine, node: Statement & { type: 'try' }, frame: Frame): Steps<Completion> {
  let completion: Completion
  try {
    completion = yield* m.execute(node.body, frame)
  } catch (error) {
    const raised = m.caught(error, frame)
    if (!raised) throw error
    for (const handler of node.handlers) {
      let matches: boolean
      try {
        matches = yield* isMatch(m, handler, raised.exception, frame)
      } catch (inner) {
        throw m.chained(inner, raised.exception, frame)
      }
      if (matches) return yield* runHandler(m, handler, raised.exception, frame)
    }
    throw raised
  }
  if (completion !== 'next') return completion
  return yield* m.execute(node.otherwise, frame)
}

function* isMatch(m: Machine, handler: Handler, exception: PyException, frame: Frame): Steps<boolean> {
  if (!handler.type) return true
  const wanted = yield* evaluate(m, handler.type, frame)
  frame.at = handler.type
  const classes = wanted instanceof PyTuple ? wanted.items : [wanted]
  for (const cls of classes) {
    if (!(cls instanceof PyClass) || !cls.isSubclassOf(exceptionClass('BaseException')))
      throw typeError('catching classes that do not inherit from BaseException is not allowed')
    if (exception.cls.isSubclassOf(cls)) return true
  }
  return false
}

function* runHandler(m: Machine, handler: Handler, exception: PyException, frame: Frame): Steps<Completion> {
  const before = frame.handled
  frame.handled = exception
  if (handler.name) yield* assign(m, handler.name, exception, frame)
  try {
    return yield* m.execute(handler.body, frame)
  } catch (error) {
    throw m.chained(error, exception, frame)
  } finally {
    frame.handled = before
    if (handler.name) m.unbind(handler.name, frame)
  }
}

export function* withStatement(m: Machine, node: Statement & { type: 'with' }, index: number, frame: Frame): Steps<Completion> {
  const item = node.items[index]
  if (!item) return yield* m.execute(node.body, frame)
  const manager = yield* evaluate(m, item.value, frame)
  frame.at = node
  const cls = classOf(manager)
  const [enter, exit] = [cls.find('__enter__'), cls.find('__exit__')]
  if (enter === undefined || exit === undefined)
    throw typeError(
      `'${typeName(manager)}' object does not support the context manager protocol${enter !== undefined ? ' (missed __exit__ method)' : ''}`,
    )
  const entered = yield* m.call(enter, [manager])
  let completion: Completion
  try {
    if (item.target) yield* assign(m, item.target, entered, frame)
    completion = yield* withStatement(m, node, index + 1, frame)
  } catch (error) {
    const raised = m.caught(error, frame)
    if (!raised) throw error
    const { exception } = raised
    const before = frame.handled
    frame.handled = exception
    frame.at = item.value
    try {
      const swallows = yield* m.call(exit, [manager, exception.cls, exception, m.traceback(exception)])
      if (yield* m.truth(swallows)) return 'next'
    } catch (inner) {
      throw m.chained(inner, exception, frame)
    } finally {
      frame.handled = before
    }
    throw raised
  }
  const { returned } = frame
  frame.at = item.value
  yield* m.call(exit, [manager, null, null, null])
  frame.returned = returned
  return completion
}
