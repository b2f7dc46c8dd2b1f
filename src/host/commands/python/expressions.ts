import { callNode } from './calls.ts'
import { compare, contains } from './compare.ts'
import { comprehension } from './comprehensions.ts'
import { formatValue } from './format.ts'
import type { Frame } from './frame.ts'
import type { Machine } from './machine.ts'
import { binary, unary } from './operators.ts'
import { load, store } from './scopes.ts'
import { ELLIPSIS, type Expression, type FormatPart } from './syntax.ts'
import { asciiOnly } from './text.ts'
import { bytes, classOf, dict, ELLIPSIS_VALUE, keyOf, list, raise, set, T, tupleOf, typeError, typeName } from './types.ts'
import { isSteps, PyDict, PyFunction, PyInstance, PyList, PySlice, type Steps, type Value, Yielded } from './value.ts'

/**
 * The value of a node that needs no call and no waiting, as most nodes of most programs; undefined when it is not that plain.
 * What it does has no effects, so that {@link evaluate} may do it again.
 */
export function quick(m: Machine, node: Expression, frame: Frame): Value | undefined {
  switch (node.type) {
    case 'constant':
      return typeof node.value === 'object' && node.value !== null
        ? undefined
        : node.value === ELLIPSIS
          ? ELLIPSIS_VALUE
          : (node.value as Value)
    case 'name':
      return load(m, node, frame)
    case 'binary': {
      const left = quick(m, node.left, frame)
      if (typeof left !== 'bigint' && typeof left !== 'number') return undefined
      const right = quick(m, node.right, frame)
      if (typeof right !== typeof left) return undefined
      return plainArithmetic(node.operator, left, right as bigint | number)
    }
    case 'compare': {
      const [only] = node.rest
      if (!only || node.rest.length > 1) return undefined
      const left = quick(m, node.first, frame)
      if (typeof left !== 'bigint' && typeof left !== 'number') return undefined
      const right = quick(m, only.value, frame)
      if (typeof right !== 'bigint' && typeof right !== 'number') return undefined
      return plainComparison(only.operator, left, right)
    }
    case 'subscript': {
      const object = quick(m, node.object, frame)
      if (!(object instanceof PyList) && !(object instanceof PyDict)) return undefined
      const index = quick(m, node.index, frame)
      if (object instanceof PyList) {
        if (typeof index !== 'bigint') return undefined
        return object.items[Number(index < 0n ? BigInt(object.items.length) + index : index)]
      }
      return typeof index === 'bigint' || typeof index === 'string' ? object.map.get(keyOf(index))?.value : undefined
    }
    default:
      return undefined
  }
}

function plainArithmetic(operator: string, a: bigint | number, b: bigint | number): Value | undefined {
  if (typeof a === 'bigint' && typeof b === 'bigint') {
    if (operator === '+') return a + b
    if (operator === '-') return a - b
    if (a > 0n && b > 0n && operator === '%') return a % b
    const small = a < 0x4000_0000n && a > -0x4000_0000n && b < 0x4000_0000n && b > -0x4000_0000n
    return small && operator === '*' ? a * b : undefined
  }
  if (typeof a === 'number' && typeof b === 'number') {
    if (operator === '+') return a + b
    if (operator === '-') return a - b
    if (operator === '*') return a * b
  }
  return undefined
}

function plainComparison(operator: string, a: bigint | number, b: bigint | number): boolean | undefined {
  switch (operator) {
    case '<':
      return a < b
    case '>':
      return a > b
    case '<=':
      return a <= b
    case '>=':
      return a >= b
    case '==':
      // biome-ignore lint/suspicious/noDoubleEquals: a bigint and a number of the same value
      return a == b
    case '!=':
      // biome-ignore lint/suspicious/noDoubleEquals: a bigint and a number of the same value
      return a != b
    default:
      return undefined
  }
}

/** Evaluates an expression. @throws Raised */
export function* evaluate(m: Machine, node: Expression, frame: Frame): Steps<Value> {
  const plain = quick(m, node, frame)
  if (plain !== undefined) return plain
  switch (node.type) {
    case 'constant':
      return node.value instanceof Uint8Array ? bytes(node.value) : m.complex(node.value as { imaginary: number })
    case 'name':
      frame.at = node
      return m.missingName(node, frame)
    case 'format':
      return m.allocated(yield* joined(m, node.parts, frame))
    case 'tuple':
      return tupleOf(yield* items(m, node.items, frame))
    case 'list':
      return list(yield* items(m, node.items, frame))
    case 'set':
      return set(yield* items(m, node.items, frame))
    case 'dict':
      return yield* display(m, node, frame)
    case 'binary': {
      const left = yield* operand(m, node.left, frame)
      const right = yield* operand(m, node.right, frame)
      frame.at = node
      const result = binary(m, node.operator, left, right)
      return isSteps(result) ? yield* result : result
    }
    case 'unary': {
      const value = yield* operand(m, node.operand, frame)
      frame.at = node
      return yield* unary(m, node.operator, value)
    }
    case 'and':
    case 'or': {
      let value: Value = null
      for (const [i, item] of node.items.entries()) {
        value = yield* operand(m, item, frame)
        if (i < node.items.length - 1 && (yield* m.truth(value)) === (node.type === 'or')) return value
      }
      return value
    }
    case 'compare':
      return yield* chain(m, node, frame)
    case 'call':
      return yield* callNode(m, node, frame)
    case 'attribute': {
      const object = yield* operand(m, node.object, frame)
      frame.at = node
      return yield* m.getattr(object, node.name)
    }
    case 'subscript': {
      const object = yield* operand(m, node.object, frame)
      const index = yield* operand(m, node.index, frame)
      frame.at = node
      return yield* m.getitem(object, index)
    }
    case 'slice': {
      const part = function* (value: Expression | undefined): Steps<Value> {
        return value ? yield* evaluate(m, value, frame) : null
      }
      return new PySlice(yield* part(node.from), yield* part(node.to), yield* part(node.step), T.slice)
    }
    case 'conditional':
      return yield* evaluate(m, (yield* m.truth(yield* operand(m, node.test, frame))) ? node.yes : node.no, frame)
    case 'lambda':
      return yield* makeFunction(m, node, '<lambda>', node.body, frame, false)
    case 'comprehension':
      return yield* comprehension(m, node, frame)
    case 'star':
      frame.at = node
      throw raise('SyntaxError', "can't use starred expression here")
    case 'walrus': {
      const value = yield* evaluate(m, node.value, frame)
      store(m, node.name, value, frame)
      return value
    }
    case 'yield': {
      const value = node.value ? yield* evaluate(m, node.value, frame) : null
      return (yield new Yielded(value)) as Value
    }
    case 'yield-from':
      return yield* delegated(m, yield* evaluate(m, node.value, frame))
    case 'await': {
      const value = yield* evaluate(m, node.value, frame)
      frame.at = node
      return yield* m.awaited(value)
    }
  }
}

export function* operand(m: Machine, node: Expression, frame: Frame): Steps<Value> {
  const plain = quick(m, node, frame)
  return plain === undefined ? yield* evaluate(m, node, frame) : plain
}

/** Values of displays and argument lists; `*x` is spread. */
export function* items(m: Machine, nodes: readonly Expression[], frame: Frame): Steps<Value[]> {
  const values: Value[] = []
  for (const node of nodes) {
    if (node.type !== 'star') {
      values.push(yield* operand(m, node, frame))
      continue
    }
    const inner = yield* evaluate(m, node.value, frame)
    frame.at = node
    if (!m.isIterable(inner)) throw typeError(`Value after * must be an iterable, not ${typeName(inner)}`)
    for (const value of yield* m.toArray(inner)) values.push(value)
  }
  return values
}

function* display(m: Machine, node: Expression & { type: 'dict' }, frame: Frame): Steps<Value> {
  const made = dict()
  for (const { key, value } of node.entries) {
    if (key) {
      const name = yield* operand(m, key, frame)
      const content = yield* operand(m, value, frame)
      frame.at = node
      made.map.set(keyOf(name), { key: name, value: content })
      continue
    }
    const inner = yield* evaluate(m, value, frame)
    frame.at = value
    if (!(inner instanceof PyDict)) throw typeError(`'${typeName(inner)}' object is not a mapping`)
    for (const [name, entry] of inner.map) made.map.set(name, { ...entry })
  }
  return made
}

function* chain(m: Machine, node: Expression & { type: 'compare' }, frame: Frame): Steps<Value> {
  let left = yield* operand(m, node.first, frame)
  let result: Value = true
  for (const [i, { operator, value }] of node.rest.entries()) {
    const right = yield* operand(m, value, frame)
    frame.at = node
    switch (operator) {
      case 'is':
        result = m.same(left, right)
        break
      case 'is not':
        result = !m.same(left, right)
        break
      case 'in':
        result = yield* contains(m, right, left)
        break
      case 'not in':
        result = !(yield* contains(m, right, left))
        break
      default:
        result = yield* compare(m, operator, left, right)
    }
    if (i < node.rest.length - 1 && !(yield* m.truth(result))) return result
    left = right
  }
  return result
}

function* joined(m: Machine, parts: readonly FormatPart[], frame: Frame): Steps<string> {
  let text = ''
  for (const part of parts) {
    if (typeof part === 'string') {
      text += part
      continue
    }
    let value = yield* operand(m, part.value, frame)
    if (part.conversion === 's') value = yield* m.str(value)
    else if (part.conversion === 'r') value = yield* m.repr(value)
    else if (part.conversion === 'a') value = asciiOnly(yield* m.repr(value))
    const spec = part.format ? yield* joined(m, part.format, frame) : ''
    frame.at = part.value
    text += yield* formatted(m, value, spec)
  }
  return text
}

/** format(value, spec) */
export function* formatted(m: Machine, value: Value, spec: string): Steps<string> {
  const own = typeof value === 'object' && value !== null ? classOf(value).find('__format__') : undefined
  if (own !== undefined) {
    const text = yield* m.call(own, [value, spec])
    return typeof text === 'string' ? text : ''
  }
  const plain = value instanceof PyInstance && value.payload !== undefined && spec !== '' ? value.payload : value
  if (typeof plain === 'object' || spec === '') {
    const shown = yield* m.str(value)
    return formatValue(plain, spec, () => shown)
  }
  return formatValue(plain, spec, () => '')
}

/** What a `def` or `lambda` makes. */
export function* makeFunction(
  m: Machine,
  node: (Expression & { type: 'lambda' }) | Extract<import('./syntax.ts').Statement, { type: 'function' }>,
  name: string,
  body: PyFunction['body'],
  frame: Frame,
  isAsync: boolean,
): Steps<PyFunction> {
  const { parameters } = node
  const defaults: (Value | undefined)[] = []
  for (const parameter of parameters.positional) defaults.push(parameter.default && (yield* evaluate(m, parameter.default, frame)))
  const keywordDefaults = new Map<string, Value>()
  for (const parameter of parameters.keywordOnly)
    if (parameter.default) keywordDefaults.set(parameter.name, yield* evaluate(m, parameter.default, frame))
  const prefix = frame.scope.kind === 'module' ? '' : frame.scope.kind === 'class' ? `${frame.qualname}.` : `${frame.qualname}.<locals>.`
  return new PyFunction(
    {
      name,
      qualname: prefix + name,
      parameters,
      defaults,
      keywordDefaults,
      body,
      scope: node.scope as PyFunction['scope'],
      closure: frame,
      isAsync,
    },
    T.function,
  )
}

/** `yield from`: values pass through; what the inner generator returns is the value. */
export function* delegated(m: Machine, iterable: Value): Steps<Value> {
  const inner = yield* m.iterate(iterable)
  let sent: Value = null
  for (;;) {
    const { done, value } = yield* m.resume(inner, sent)
    if (done) return value
    sent = (yield new Yielded(value)) as Value
  }
}
