import { evaluate, operand } from './expressions.ts'
import type { Frame } from './frame.ts'
import type { Machine } from './machine.ts'
import { augmented } from './operators.ts'
import { load, remove, store } from './scopes.ts'
import type { Expression, Statement } from './syntax.ts'
import { list, raise, typeError, typeName, valueError } from './types.ts'
import type { Steps, Value } from './value.ts'

/** Assigns to a name, attribute, item or pattern. */
export function* assign(m: Machine, target: Expression, value: Value, frame: Frame): Steps<void> {
  switch (target.type) {
    case 'name':
      store(m, target, value, frame)
      return
    case 'attribute': {
      const object = yield* operand(m, target.object, frame)
      frame.at = target
      yield* m.setattr(object, target.name, value)
      return
    }
    case 'subscript': {
      const object = yield* operand(m, target.object, frame)
      const index = yield* operand(m, target.index, frame)
      frame.at = target
      yield* m.setitem(object, index, value)
      return
    }
    case 'tuple':
    case 'list':
      yield* unpack(m, target, value, frame)
      return
    case 'star':
      yield* assign(m, target.value, value, frame)
      return
    default:
      throw raise('SyntaxError', 'cannot assign')
  }
}

function* unpack(m: Machine, target: Expression & { items: Expression[] }, value: Value, frame: Frame): Steps<void> {
  frame.at = target
  if (!m.isIterable(value)) throw typeError(`cannot unpack non-iterable ${typeName(value)} object`)
  const starred = target.items.findIndex((item) => item.type === 'star')
  const wanted = target.items.length
  const values: Value[] = []
  const iterator = yield* m.iterate(value)
  for (;;) {
    if (starred < 0 && values.length > wanted) break
    const pause = m.spend()
    if (pause) yield pause
    const item = yield* m.next(iterator)
    if (item === undefined) break
    values.push(item)
    if (values.length % 1024 === 0) m.allocate(1024 * 16)
  }
  if (starred < 0) {
    if (values.length > wanted) throw valueError(`too many values to unpack (expected ${wanted})`)
    if (values.length < wanted) throw valueError(`not enough values to unpack (expected ${wanted}, got ${values.length})`)
    for (const [i, item] of target.items.entries()) yield* assign(m, item, values[i] as Value, frame)
    return
  }
  if (values.length < wanted - 1) throw valueError(`not enough values to unpack (expected at least ${wanted - 1}, got ${values.length})`)
  const after = wanted - starred - 1
  const middle = values.splice(starred, values.length - starred - after)
  for (const [i, item] of target.items.entries()) {
    if (i === starred) yield* assign(m, item, list(middle), frame)
    else yield* assign(m, item, values[i < starred ? i : i - 1] as Value, frame)
  }
}

export function* augmentedAssign(m: Machine, node: Statement & { type: 'augment' }, frame: Frame): Steps<void> {
  const { target } = node
  if (target.type === 'name') {
    const before = load(m, target, frame)
    frame.at = target
    const left = before === undefined ? m.missingName(target, frame) : before
    const right = yield* operand(m, node.value, frame)
    frame.at = node
    store(m, target, yield* augmented(m, node.operator, left, right), frame)
    return
  }
  if (target.type === 'attribute') {
    const object = yield* evaluate(m, target.object, frame)
    frame.at = target
    const left = yield* m.getattr(object, target.name)
    const right = yield* operand(m, node.value, frame)
    frame.at = node
    const result = yield* augmented(m, node.operator, left, right)
    frame.at = target
    yield* m.setattr(object, target.name, result)
    return
  }
  if (target.type !== 'subscript') return
  const object = yield* evaluate(m, target.object, frame)
  const index = yield* evaluate(m, target.index, frame)
  frame.at = target
  const left = yield* m.getitem(object, index)
  const right = yield* operand(m, node.value, frame)
  frame.at = node
  const result = yield* augmented(m, node.operator, left, right)
  frame.at = target
  yield* m.setitem(object, index, result)
}

export function* deleteTarget(m: Machine, target: Expression, frame: Frame): Steps<void> {
  frame.at = target
  switch (target.type) {
    case 'name':
      if (!remove(m, target, frame)) m.missingName(target, frame)
      return
    case 'attribute': {
      const object = yield* evaluate(m, target.object, frame)
      frame.at = target
      yield* m.delattr(object, target.name)
      return
    }
    case 'subscript': {
      const object = yield* evaluate(m, target.object, frame)
      const index = yield* evaluate(m, target.index, frame)
      frame.at = target
      yield* m.delitem(object, index)
      return
    }
    case 'tuple':
    case 'list':
      for (const item of target.items) yield* deleteTarget(m, item, frame)
      return
    default:
  }
}
