import { classOf, type PhpClass } from './classes.ts'
import type { Steps } from './outcome.ts'
import type { Frame, Php } from './php.ts'
import type { Expression } from './syntax.ts'
import { copied, type Key, keyOf, PhpArray, PhpObject, Ref, shortType, toInt, type Value } from './value.ts'

const SUPERGLOBALS = new Set(['_GET', '_POST', '_COOKIE', '_REQUEST', '_SERVER', '_FILES', '_ENV', '_SESSION'])

/** The variable of a name, in this function or for all of them. */
export function variable(php: Php, frame: Frame, name: string): Ref | undefined {
  if (SUPERGLOBALS.has(name)) return php.globals.get(name)
  return frame.variables.get(name)
}

export function* nameOf(php: Php, name: string | Expression): Steps<string> {
  return typeof name === 'string' ? name : String(yield* php.evaluate(name))
}

/** The place of an expression, made if it is not there. */
export function* refOf(php: Php, place: Expression): Steps<Ref> {
  const { frame } = php
  switch (place.is) {
    case 'variable': {
      const name = yield* nameOf(php, place.name)
      if (name === 'this' && frame.self) return new Ref(frame.self)
      if (name === 'GLOBALS') return new Ref(globalsOf(php))
      const known = variable(php, frame, name)
      if (known) return known
      const made = new Ref()
      ;(SUPERGLOBALS.has(name) ? php.globals : frame.variables).set(name, made)
      return made
    }
    case 'index': {
      const container = yield* containerOf(php, place.of)
      const key = place.at ? keyOf(yield* php.evaluate(place.at)) : undefined
      if (container instanceof PhpArray) return container.ref(key)
      return new Ref(null)
    }
    case 'property': {
      const object = yield* php.evaluate(place.of)
      const name = yield* nameOf(php, place.name)
      return object instanceof PhpObject ? object.properties.ref(name) : new Ref(null)
    }
    case 'static':
      return yield* staticRef(php, place)
    default:
      return new Ref(yield* php.evaluate(place))
  }
}

export function* staticRef(php: Php, place: Expression & { is: 'static' }): Steps<Ref> {
  const type = yield* php.staticClass(place.of)
  php.frame.line = place.line
  return type.static(place.name) ?? php.fail('Error', `Access to undeclared static property ${type.name}::$${place.name}`)
}

/** The array or object that an element is written into. */
function* containerOf(php: Php, place: Expression): Steps<PhpArray | PhpObject | undefined> {
  if (place.is === 'variable' && place.name === 'this') return php.frame.self
  if (place.is === 'variable' && place.name === 'GLOBALS') return globalsOf(php)
  if (place.is === 'index') {
    const outer = yield* containerOf(php, place.of)
    const at = place.at ? yield* php.evaluate(place.at) : undefined
    if (outer instanceof PhpArray) return outer.inner(at === undefined ? undefined : keyOf(at))
    if (outer instanceof PhpObject) {
      const inner = yield* php.methodCall(outer, 'offsetGet', [at ?? null])
      return inner instanceof PhpArray || inner instanceof PhpObject ? inner : undefined
    }
    return undefined
  }
  if (place.is === 'property') {
    const object = yield* php.evaluate(place.of)
    if (!(object instanceof PhpObject)) return undefined
    return object.properties.inner(yield* nameOf(php, place.name))
  }
  const ref = yield* refOf(php, place)
  if (ref.value === null) ref.value = new PhpArray()
  else if (ref.value instanceof PhpArray && place.is !== 'variable' && place.is !== 'static') ref.value = ref.value.copy()
  return ref.value instanceof PhpArray || ref.value instanceof PhpObject ? ref.value : undefined
}

/** `$GLOBALS`, whose elements are the variables themselves. */
function globalsOf(php: Php): PhpArray {
  const array = new PhpArray()
  for (const [name, ref] of php.globals) array.bind(name, ref)
  return array
}

export function* assign(php: Php, to: Expression, value: Value): Steps<void> {
  const { frame } = php
  switch (to.is) {
    case 'variable': {
      const ref = yield* refOf(php, to)
      ref.value = value
      return
    }
    case 'index':
      return yield* assignElement(php, to, value)
    case 'property': {
      const object = yield* php.evaluate(to.of)
      const name = yield* nameOf(php, to.name)
      frame.line = to.line
      if (!(object instanceof PhpObject)) php.fail('Error', `Attempt to assign property "${name}" on ${shortType(object)}`)
      if (!object.properties.has(name) && (yield* magic(php, object, '__set', [name, value])) !== undefined) return
      guard(php, object, name)
      object.properties.set(name, value)
      return
    }
    case 'static': {
      const ref = yield* staticRef(php, to)
      ref.value = value
      return
    }
    case 'array':
      return yield* unpack(php, to, value)
    default:
      php.fail('Error', 'Cannot assign to this')
  }
}

function* assignElement(php: Php, to: Expression & { is: 'index' }, value: Value): Steps<void> {
  if (to.of.is === 'variable') {
    const ref = yield* refOf(php, to.of)
    if (typeof ref.value === 'string' && ref.value !== '' && to.at) {
      const at = Number(toInt(yield* php.evaluate(to.at)))
      const text = ref.value.padEnd(Math.min(at, 1e6), ' ')
      const from = at < 0 ? text.length + at : at
      ref.value = php.text(text.slice(0, from) + String(value).charAt(0) + text.slice(from + 1))
      return
    }
  }
  const container = yield* containerOf(php, to.of)
  const at = to.at ? yield* php.evaluate(to.at) : undefined
  php.frame.line = to.line
  if (container instanceof PhpArray) {
    if (at instanceof PhpArray || at instanceof PhpObject) php.fail('TypeError', 'Illegal offset type')
    php.item()
    if (at === undefined) container.push(value)
    else container.set(keyOf(at), value)
    if (to.of.is === 'variable' && to.of.name === 'GLOBALS' && at !== undefined) php.globals.set(String(at), new Ref(value))
  } else if (container instanceof PhpObject) yield* php.methodCall(container, 'offsetSet', [at ?? null, value])
  else php.fail('Error', 'Cannot use a scalar value as an array')
}

function* unpack(php: Php, to: Expression & { is: 'array' }, value: Value): Steps<void> {
  let next = 0
  for (const { key, value: place } of to.items) {
    const at = key ? keyOf(yield* php.evaluate(key)) : next++
    if (!place) continue
    const found = value instanceof PhpArray ? value.get(at) : null
    if (found === undefined) missingKey(php, at)
    yield* assign(php, place, copied(found ?? null))
  }
}

export function missingKey(php: Php, key: Key): void {
  php.warn(typeof key === 'number' ? `Undefined array key ${key}` : `Undefined array key "${key}"`)
}

/** Calls `__get` and its kin, if the class has them. */
export function* magic(php: Php, object: PhpObject, name: string, args: Value[]): Steps<Value | undefined> {
  const method = classOf(object)?.method(name)
  if (!method || php.frames.some((frame) => frame.self === object && frame.function === method.of)) return undefined
  return yield* php.methodCall(object, name, args)
}

/** @throws PhpThrow where a property is not for this code */
export function guard(php: Php, object: PhpObject, name: string): void {
  const type = classOf(object)
  const visibility = type?.property(name)?.visibility
  if (visibility === undefined || visibility === 'public' || !type) return
  const { scope } = php.frame
  const isInside =
    scope !== undefined &&
    (visibility === 'private' ? scope.properties.some((one) => one.name === name) : scope.isA(type.name) || type.isA(scope.name))
  if (!isInside) php.fail('Error', `Cannot access ${visibility} property ${type.name}::$${name}`)
}

export function* unset(php: Php, place: Expression): Steps<void> {
  if (place.is === 'variable') {
    php.frame.variables.delete(yield* nameOf(php, place.name))
    return
  }
  if (place.is === 'property') {
    const object = yield* php.evaluate(place.of)
    if (object instanceof PhpObject) object.properties.delete(yield* nameOf(php, place.name))
    return
  }
  if (place.is !== 'index' || !place.at) return
  const container = yield* containerOf(php, place.of)
  const at = yield* php.evaluate(place.at)
  if (container instanceof PhpArray) container.delete(keyOf(at))
  else if (container instanceof PhpObject) yield* php.methodCall(container, 'offsetUnset', [at])
}

/** Looks without complaint: for isset(), empty() and `??`. */
export function* quiet(php: Php, place: Expression): Steps<Value> {
  switch (place.is) {
    case 'variable': {
      const name = yield* nameOf(php, place.name)
      if (name === 'this') return php.frame.self ?? null
      return name === 'GLOBALS' ? globalsOf(php) : (variable(php, php.frame, name)?.value ?? null)
    }
    case 'index': {
      const of = yield* quiet(php, place.of)
      if (!place.at) return null
      const at = yield* php.evaluate(place.at)
      if (of instanceof PhpArray) return of.get(keyOf(at)) ?? null
      if (of instanceof PhpObject)
        return (yield* magic(php, of, 'offsetExists', [at])) === true ? yield* php.methodCall(of, 'offsetGet', [at]) : null
      return typeof of === 'string' && (typeof at === 'bigint' || (typeof at === 'string' && /^-?\d+$/.test(at)))
        ? (of.at(Number(at)) ?? null)
        : null
    }
    case 'property': {
      const of = yield* quiet(php, place.of)
      const name = yield* nameOf(php, place.name)
      if (!(of instanceof PhpObject)) return null
      const own = of.properties.get(name)
      if (own !== undefined) return own
      return (yield* magic(php, of, '__isset', [name])) === true ? ((yield* magic(php, of, '__get', [name])) ?? null) : null
    }
    case 'static': {
      const type: PhpClass = yield* php.staticClass(place.of)
      return type.static(place.name)?.value ?? null
    }
    default:
      return yield* php.evaluate(place)
  }
}
