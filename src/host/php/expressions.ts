import { argumentsOf, callFunction, callValue, classConstant, closureOf, instantiate, methodCall, staticCall } from './calls.ts'
import { Closure, type PhpClass } from './classes.ts'
import { constantOf } from './constants.ts'
import { includeFile, runCode } from './include.ts'
import { binary, cast, isSame, negated, stepped } from './operators.ts'
import { PhpExit, PhpFatal, PhpThrow, type Steps, Yielded } from './outcome.ts'
import type { Php } from './php.ts'
import { assign, guard, magic, missingKey, nameOf, quiet, refOf, staticRef, variable } from './places.ts'
import type { Expression } from './syntax.ts'
import { copied, isTrue, keyOf, PhpArray, PhpObject, PhpResource, type Ref, shortType, textOf, toInt, type Value } from './value.ts'

export function* evaluate(php: Php, expression: Expression): Steps<Value> {
  const waiting = php.step()
  if (waiting) yield waiting
  const { frame } = php
  switch (expression.is) {
    case 'literal':
      return expression.value
    case 'template': {
      let text = ''
      for (const part of expression.parts) text += yield* toText(php, yield* evaluate(php, part))
      return php.text(text)
    }
    case 'variable': {
      const name = yield* nameOf(php, expression.name)
      if (name === 'this' && frame.self) return frame.self
      if (name === 'GLOBALS') return yield* quiet(php, expression)
      const found = variable(php, frame, name)
      if (found) return found.value
      frame.line = expression.line
      php.warn(`Undefined variable $${name}`)
      return null
    }
    case 'constant':
      frame.line = expression.line
      return constantOf(php, expression.name)
    case 'index':
      return yield* element(php, expression)
    case 'property':
      return yield* property(php, expression)
    case 'static':
      return (yield* staticRef(php, expression)).value
    case 'class-constant':
      return yield* classConstant(php, expression)
    case 'command': {
      const text = yield* toText(php, yield* evaluate(php, expression.text))
      frame.line = expression.line
      return yield* callFunction(php, 'shell_exec', [text])
    }
    case 'unary':
      return yield* unary(php, expression)
    case 'binary':
      return yield* operation(php, expression)
    case 'choice': {
      const test = yield* evaluate(php, expression.test)
      if (!isTrue(test)) return yield* evaluate(php, expression.no)
      return expression.yes ? yield* evaluate(php, expression.yes) : test
    }
    case 'assign': {
      const value = copied(yield* evaluate(php, expression.value))
      yield* assign(php, expression.to, value)
      return value
    }
    case 'assign-reference': {
      const ref = yield* refOf(php, expression.from)
      yield* bind(php, expression.to, ref)
      return ref.value
    }
    case 'assign-with':
      return yield* assignWith(php, expression)
    case 'step': {
      const before = yield* evaluate(php, expression.of)
      const after = stepped(before, expression.by)
      yield* assign(php, expression.of, after)
      return expression.first ? after : before
    }
    case 'array':
      return yield* array(php, expression)
    case 'isset':
      for (const of of expression.of) if ((yield* quiet(php, of)) === null) return false
      return true
    case 'empty':
      return !isTrue(yield* quiet(php, expression.of))
    case 'closure':
      return closureOf(php, expression)
    case 'match':
      return yield* match(php, expression)
    case 'exit': {
      const value = expression.value ? yield* evaluate(php, expression.value) : 0n
      if (typeof value === 'string') yield* php.print(value)
      throw new PhpExit(typeof value === 'bigint' ? Number(value) & 0xff : 0)
    }
    case 'print':
      yield* php.print(yield* toText(php, yield* evaluate(php, expression.value)))
      return 1n
    case 'throw': {
      const value = yield* evaluate(php, expression.value)
      frame.line = expression.line
      if (!(value instanceof PhpObject && value.isA('Throwable'))) php.fail('Error', 'Can only throw objects')
      throw new PhpThrow(value)
    }
    case 'include':
      return yield* includeFile(php, expression, yield* toText(php, yield* evaluate(php, expression.file)))
    case 'eval': {
      const code = yield* toText(php, yield* evaluate(php, expression.code))
      frame.line = expression.line
      return yield* runCode(php, code)
    }
    case 'yield':
      return yield* yieldValue(php, expression)
    default:
      return yield* call(php, expression)
  }
}

function* call(php: Php, expression: Expression & { is: 'call' | 'method' | 'static-call' | 'new' }): Steps<Value> {
  const { frame } = php
  if (expression.is === 'call') {
    if (expression.args[0]?.name === '...') {
      const of = typeof expression.name === 'string' ? expression.name : textOf(yield* evaluate(php, expression.name))
      return new Closure(php.classes.get('closure') as PhpClass, of, new Map(), undefined, undefined)
    }
    if (typeof expression.name === 'string') return yield* callFunction(php, expression.name, expression.args, expression.line)
    const callee = yield* evaluate(php, expression.name)
    const args = yield* argumentsOf(php, callee, expression.args)
    frame.line = expression.line
    return yield* callValue(php, callee, args)
  }
  if (expression.is === 'static-call') return yield* staticCall(php, expression)
  if (expression.is === 'new') return yield* instantiate(php, expression)
  const object = yield* evaluate(php, expression.of)
  if (object === null && expression.nullSafe) return null
  const name = typeof expression.name === 'string' ? expression.name : yield* evaluate(php, expression.name)
  frame.line = expression.line
  if (typeof name !== 'string') return yield* callValue(php, name, yield* argumentsOf(php, name, expression.args))
  if (!(object instanceof PhpObject)) php.fail('Error', `Call to a member function ${name}() on ${shortType(object)}`)
  return yield* methodCall(php, object, name, expression.args)
}

/** As text, with `__toString` of an object. */
export function* toText(php: Php, value: Value): Steps<string> {
  if (typeof value === 'string') return value
  if (value instanceof PhpArray) php.warn('Array to string conversion')
  if (!(value instanceof PhpObject) || value instanceof PhpResource) return textOf(value)
  return textOf(yield* methodCall(php, value, '__toString', []))
}

function* element(php: Php, expression: Expression & { is: 'index' }): Steps<Value> {
  const of = yield* evaluate(php, expression.of)
  php.frame.line = expression.line
  if (!expression.at) return php.fail('Error', 'Cannot use [] for reading')
  const at = yield* evaluate(php, expression.at)
  php.frame.line = expression.line
  if (of instanceof PhpArray) {
    const key = keyOf(at)
    const found = of.get(key)
    if (found === undefined) missingKey(php, key)
    return found ?? null
  }
  if (of instanceof PhpObject) return yield* methodCall(php, of, 'offsetGet', [at])
  if (typeof of !== 'string') {
    php.warn(`Trying to access array offset on value of type ${shortType(of)}`)
    return null
  }
  if (typeof at === 'string' && !/^\s*-?\d+$/.test(at)) php.fail('TypeError', 'Cannot access offset of type %s on string')
  const index = Number(toInt(at))
  const sign = of.at(index)
  if (sign === undefined) php.warn(`Uninitialized string offset ${index}`)
  return sign ?? ''
}

function* property(php: Php, expression: Expression & { is: 'property' }): Steps<Value> {
  const of = yield* evaluate(php, expression.of)
  const name = yield* nameOf(php, expression.name)
  php.frame.line = expression.line
  if (of === null && expression.nullSafe) return null
  if (!(of instanceof PhpObject)) {
    php.warn(`Attempt to read property "${name}" on ${shortType(of)}`)
    return null
  }
  const own = of.properties.get(name)
  if (own !== undefined) {
    guard(php, of, name)
    return own
  }
  const made = yield* magic(php, of, '__get', [name])
  if (made !== undefined) return made
  php.warn(`Undefined property: ${of.type.name}::$${name}`)
  return null
}

function* unary(php: Php, { operator, of, line }: Expression & { is: 'unary' }): Steps<Value> {
  if (operator === '@') {
    php.silent++
    try {
      return yield* evaluate(php, of)
    } finally {
      php.silent--
    }
  }
  const value = yield* evaluate(php, of)
  php.frame.line = line
  switch (operator) {
    case '!':
      return !isTrue(value)
    case '-':
      return negated(value, php)
    case '+':
      return binary('*', value, 1n, php)
    case '~':
      return typeof value === 'string' ? [...value].map((sign) => String.fromCharCode(~sign.charCodeAt(0) & 0xff)).join('') : ~toInt(value)
    case 'clone':
      return yield* clone(php, value)
    case 'string':
    case 'binary':
      return yield* toText(php, value)
    case 'object': {
      if (value instanceof PhpObject) return value
      const object = new PhpObject(php.classes.get('stdclass') as NonNullable<ReturnType<typeof php.classes.get>>)
      if (value instanceof PhpArray) object.properties.become(value)
      else if (value !== null) object.properties.set('scalar', value)
      return object
    }
    default:
      return cast(operator, value)
  }
}

function* clone(php: Php, value: Value): Steps<Value> {
  if (!(value instanceof PhpObject)) return php.fail('Error', '__clone method called on non-object')
  const copy = new PhpObject(value.type)
  copy.properties.become(value.properties)
  yield* magic(php, copy, '__clone', [])
  return copy
}

function* operation(php: Php, { operator, left, right, line }: Expression & { is: 'binary' }): Steps<Value> {
  if (operator === '??') return (yield* quiet(php, left)) ?? (yield* evaluate(php, right))
  const a = yield* evaluate(php, left)
  if (operator === '&&' || operator === 'and') return isTrue(a) && isTrue(yield* evaluate(php, right))
  if (operator === '||' || operator === 'or') return isTrue(a) || isTrue(yield* evaluate(php, right))
  const b = yield* evaluate(php, right)
  php.frame.line = line
  if (operator === '.') return php.text((yield* toText(php, a)) + (yield* toText(php, b)))
  if (operator === 'instanceof') {
    const name = b instanceof PhpObject ? b.type.name : textOf(b)
    const { scope } = php.frame
    return a instanceof PhpObject && a.isA(name === 'self' || name === 'static' ? (scope?.name ?? name) : name)
  }
  return binary(operator, a, b, php)
}

function* assignWith(php: Php, { operator, to, value, line }: Expression & { is: 'assign-with' }): Steps<Value> {
  if (operator === '??') {
    const there = yield* quiet(php, to)
    if (there !== null) return there
    const made = copied(yield* evaluate(php, value))
    yield* assign(php, to, made)
    return made
  }
  const a = yield* evaluate(php, to)
  const b = yield* evaluate(php, value)
  php.frame.line = line
  const result = operator === '.' ? php.text((yield* toText(php, a)) + (yield* toText(php, b))) : binary(operator, a, b, php)
  yield* assign(php, to, result)
  return result
}

/** `$a = &$b` */
export function* bind(php: Php, to: Expression, ref: Ref): Steps<void> {
  if (to.is === 'variable') {
    php.frame.variables.set(yield* nameOf(php, to.name), ref)
    return
  }
  if (to.is === 'property') {
    const object = yield* evaluate(php, to.of)
    if (object instanceof PhpObject) object.properties.bind(yield* nameOf(php, to.name), ref)
    return
  }
  if (to.is !== 'index') return
  const container = yield* refOf(php, to.of)
  if (container.value === null) container.value = new PhpArray()
  const at = to.at ? keyOf(yield* evaluate(php, to.at)) : undefined
  if (container.value instanceof PhpArray) container.value.bind(at, ref)
}

function* array(php: Php, expression: Expression & { is: 'array' }): Steps<Value> {
  const made = new PhpArray()
  for (const { key, value, byReference, spread } of expression.items) {
    if (!value) throw new PhpFatal('Cannot use empty array elements in arrays')
    php.item()
    const at = key ? keyOf(yield* evaluate(php, key)) : undefined
    if (byReference) made.bind(at, yield* refOf(php, value))
    else if (spread) {
      const all = yield* evaluate(php, value)
      if (all instanceof PhpArray)
        for (const [name, one] of all.entries()) typeof name === 'number' ? made.push(copied(one)) : made.set(name, copied(one))
    } else if (at === undefined) made.push(copied(yield* evaluate(php, value)))
    else made.set(at, copied(yield* evaluate(php, value)))
  }
  return made
}

function* match(php: Php, { of, arms, line }: Expression & { is: 'match' }): Steps<Value> {
  const value = yield* evaluate(php, of)
  for (const { when, value: result } of arms) {
    if (!when) return yield* evaluate(php, result)
    for (const test of when) if (isSame(value, yield* evaluate(php, test))) return yield* evaluate(php, result)
  }
  php.frame.line = line
  return php.fail(
    'UnhandledMatchError',
    `Unhandled match case ${typeof value === 'string' ? `'${value}'` : value instanceof PhpObject ? `of type ${value.type.name}` : textOf(value)}`,
  )
}

function* yieldValue(php: Php, { key, value, from }: Expression & { is: 'yield' }): Steps<Value> {
  const given = value ? yield* evaluate(php, value) : null
  if (!from) return (yield new Yielded(key ? yield* evaluate(php, key) : undefined, given)) as Value
  if (given instanceof PhpArray)
    for (const [name, one] of given.entries()) yield new Yielded(typeof name === 'number' ? BigInt(name) : name, one)
  return null
}
