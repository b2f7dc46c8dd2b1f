import { BUILT_IN_INTERFACES, Closure, classOf, type Method, PhpClass } from './classes.ts'
import { ARRAY_FIRST, NATIVE, OBJECT_AWARE, REFERENCES } from './functions/index.ts'
import { PhpGenerator } from './generator.ts'
import { PhpFatal, type Steps } from './outcome.ts'
import { type Frame, mayCall, type Php, traceText } from './php.ts'
import { magic, nameOf, refOf } from './places.ts'
import type { Argument, ClassSyntax, Expression, FunctionSyntax, Parameter } from './syntax.ts'
import { copied, isNumeric, keyOf, PhpArray, PhpObject, PhpResource, Ref, shortType, textOf, toInt, toNumber, type Value } from './value.ts'

type Given = Value | Ref

/** Arguments as the function takes them: a place where it wants a reference. */
function* given(
  php: Php,
  args: readonly Argument[],
  isReference: (n: number, name: string | undefined) => boolean,
): Steps<{ values: Given[]; named: Map<string, Given> }> {
  const values: Given[] = []
  const named = new Map<string, Given>()
  for (const { value, spread, name } of args) {
    if (spread) {
      const all = yield* php.evaluate(value)
      if (all instanceof PhpArray)
        for (const [key, one] of all.entries()) typeof key === 'number' ? values.push(copied(one)) : named.set(key, copied(one))
      continue
    }
    const isPlace = value.is === 'variable' || value.is === 'index' || value.is === 'property' || value.is === 'static'
    const one = isPlace && isReference(values.length, name) ? yield* refOf(php, value) : copied(yield* php.evaluate(value))
    if (name === undefined) values.push(one)
    else named.set(name, one)
  }
  return { values, named }
}

/** Arguments of a callee that is a value. */
export function* argumentsOf(php: Php, callee: Value, args: readonly Argument[]): Steps<Given[]> {
  const parameters = callee instanceof Closure && typeof callee.of !== 'string' ? callee.of.parameters : []
  const { values } = yield* given(php, args, (n) => parameters[n]?.byReference ?? false)
  return values
}

const plain = (value: Given): Value => (value instanceof Ref ? value.value : value)

/** Calls a function by its name. */
export function* callFunction(php: Php, name: string, args: readonly Argument[] | readonly Value[], line = php.frame.line): Steps<Value> {
  const { frame } = php
  const bare = name.replace(/^.*\\/, '')
  const lower = bare.toLowerCase()
  const own = php.functions.get(lower)
  if (own) {
    const { values, named } = yield* evaluated(php, args, (n, key) => parameterAt(own, n, key)?.byReference ?? false)
    frame.line = line
    return yield* invoke(php, own, values, { label: own.name, named })
  }
  const ours = php.machine.functions
  const isOurs = ours !== undefined && Object.hasOwn(ours, lower)
  const native = Object.hasOwn(NATIVE, lower) ? NATIVE[lower] : undefined
  if (!isOurs && !native) {
    frame.line = line
    return php.fail('Error', `Call to undefined function ${name}()`)
  }
  const references = REFERENCES[lower]
  const { values } = yield* evaluated(
    php,
    args,
    (n) => references !== undefined && (references.includes(n) || (references.includes(-1) && n >= 2)),
  )
  frame.line = line
  const simple: Value[] = values.map(plain)
  if (!OBJECT_AWARE.has(lower)) {
    for (const [n, value] of simple.entries()) {
      if (value instanceof PhpObject && !(value instanceof PhpResource) && (value.type as PhpClass).method?.('__toString'))
        simple[n] = yield* methodCall(php, value, '__toString', [])
    }
  }
  if (isOurs) return (ours[lower] as (...args: Value[]) => Value)(...simple)
  const refs = values.map((value) => (value instanceof Ref ? value : undefined))
  const array = ARRAY_FIRST.has(lower) ? simple[0] : undefined
  php.enter({ ...frame, label: lower, function: undefined, args: simple })
  if (array !== undefined && !(array instanceof PhpArray) && !(array instanceof PhpObject)) {
    php.fail('TypeError', `${lower}(): Argument #1 ($array) must be of type array, ${shortType(array)} given`)
  }
  const result = (native as NonNullable<typeof native>)(simple, php, refs)
  const value = isSteps(result) ? yield* result : result
  php.frames.pop()
  return value
}

function* evaluated(
  php: Php,
  args: readonly Argument[] | readonly Value[],
  isReference: (n: number, name: string | undefined) => boolean,
): Steps<{ values: Given[]; named: Map<string, Given> }> {
  const isSyntax = (list: readonly Argument[] | readonly Value[]): list is readonly Argument[] =>
    typeof list[0] === 'object' && list[0] !== null && 'spread' in list[0]
  if (args.length === 0) return { values: [], named: new Map() }
  return isSyntax(args) ? yield* given(php, args, isReference) : { values: [...(args as readonly Value[])], named: new Map() }
}

export function isSteps(value: unknown): value is Steps<Value> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value && 'throw' in value
}

function parameterAt({ parameters }: FunctionSyntax, n: number, name?: string): Parameter | undefined {
  if (name !== undefined) return parameters.find((one) => one.name === name)
  return parameters[n] ?? (parameters.at(-1)?.variadic ? parameters.at(-1) : undefined)
}

interface Call {
  label: string
  named?: ReadonlyMap<string, Given>
  self?: PhpObject | undefined
  scope?: PhpClass | undefined
  called?: PhpClass | undefined
  bound?: ReadonlyMap<string, Ref>
  file?: string
}

/** Runs a function of the script. */
export function* invoke(
  php: Php,
  of: FunctionSyntax,
  args: readonly Given[],
  { label, named, self, scope, called, bound }: Call,
): Steps<Value> {
  const caller = php.frame
  const frame: Frame = {
    variables: new Map(of.isArrow ? caller.variables : []),
    label,
    function: of,
    self,
    scope,
    called: called ?? scope,
    file: caller.file,
    line: of.line,
    result: null,
    args: args.map(plain),
  }
  for (const [name, ref] of bound ?? []) frame.variables.set(name, ref)
  php.enter(frame)
  yield* bindParameters(php, of, args, named, caller)
  if (of.yields) {
    php.frames.pop()
    return new PhpGenerator(php.classes.get('generator') as PhpClass, php.runAll(of.body), frame)
  }
  yield* php.runAll(of.body)
  php.frames.pop()
  return frame.result
}

function* bindParameters(
  php: Php,
  of: FunctionSyntax,
  args: readonly Given[],
  named: ReadonlyMap<string, Given> | undefined,
  caller: Frame,
): Steps<void> {
  const { frame } = php
  const needed = of.parameters.filter(({ preset, variadic }) => !preset && !variadic).length
  for (const [n, { name, preset, byReference, variadic, type, promoted }] of of.parameters.entries()) {
    if (variadic) {
      frame.variables.set(name, new Ref(PhpArray.of(args.slice(n).map((one) => copied(plain(one))))))
      continue
    }
    const one = named?.get(name) ?? args[n]
    if (one === undefined && !preset) {
      const [file, line] = [caller.file, caller.line]
      php.fail(
        'ArgumentCountError',
        `Too few arguments to function ${frame.label.replace('->', '::')}(), ${args.length} passed in ${file} on line ${line} and ${needed === of.parameters.length ? 'exactly' : 'at least'} ${needed} expected`,
      )
    }
    if (byReference && one instanceof Ref) frame.variables.set(name, one)
    else {
      const value = one === undefined ? yield* php.evaluate(preset as Expression) : copied(plain(one))
      frame.variables.set(name, new Ref(type === undefined ? value : typed(php, type, value, n, name, caller)))
    }
    if (promoted && frame.self) frame.self.properties.set(name, frame.variables.get(name)?.value ?? null)
  }
}

/** A value as a parameter's scalar type takes it. */
function typed(php: Php, type: string, value: Value, n: number, name: string, caller: Frame): Value {
  const types = type.replace(/^\?/, 'null|').toLowerCase().split('|')
  if (types.some((one) => fits(one, value))) return value
  if (types.includes('float') && typeof value === 'bigint') return Number(value)
  if (types.includes('int') && isNumeric(value)) return toInt(value)
  if (types.includes('float') && isNumeric(value)) return Number(toNumber(value))
  if (types.includes('string') && (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean'))
    return textOf(value)
  if (types.includes('int') && typeof value === 'boolean') return value ? 1n : 0n
  if (types.includes('bool') && value !== null && typeof value !== 'object')
    return Boolean(toNumber(value)) || (typeof value === 'string' && value !== '' && value !== '0')
  return php.fail(
    'TypeError',
    `${php.frame.label.replace('->', '::')}(): Argument #${n + 1} ($${name}) must be of type ${type}, ${shortType(value)} given, called in ${caller.file} on line ${caller.line} and defined`,
  )
}

function fits(type: string, value: Value): boolean {
  switch (type) {
    case 'mixed':
      return true
    case 'callable':
      return typeof value === 'string' || value instanceof PhpArray || value instanceof PhpObject
    case 'iterable':
      return value instanceof PhpArray || value instanceof PhpObject
    case 'object':
      return value instanceof PhpObject
    case 'self':
    case 'static':
      return value instanceof PhpObject
    default:
      return value instanceof PhpObject ? value.isA(type) : shortType(value) === type || (type === 'false' && value === false)
  }
}

/** The function that an expression makes. */
export function closureOf(php: Php, { of, uses, isStatic }: Expression & { is: 'closure' }): Closure {
  const { frame } = php
  const bound = new Map<string, Ref>()
  if (of.isArrow) for (const [name, ref] of frame.variables) bound.set(name, new Ref(copied(ref.value)))
  for (const { name, byReference } of uses) {
    const there = frame.variables.get(name)
    if (byReference) {
      const ref = there ?? new Ref()
      frame.variables.set(name, ref)
      bound.set(name, ref)
    } else bound.set(name, new Ref(copied(there?.value ?? null)))
  }
  return new Closure(php.classes.get('closure') as PhpClass, of, bound, isStatic ? undefined : frame.self, frame.scope)
}

/** Calls what is callable: a name, a closure, `[object, method]`, an object with `__invoke`. */
export function* callValue(php: Php, callee: Value, args: readonly Given[]): Steps<Value> {
  if (callee instanceof Closure) {
    if (typeof callee.of === 'string') return yield* callFunction(php, callee.of, args.map(plain))
    const called = callee.self ? (callee.self.type as PhpClass) : callee.scope
    return yield* invoke(php, callee.of, args, { label: '{closure}', self: callee.self, scope: callee.scope, called, bound: callee.bound })
  }
  if (callee instanceof PhpObject) return yield* methodCall(php, callee, '__invoke', args.map(plain))
  if (callee instanceof PhpArray && callee.size === 2) {
    const [of = null, name = null] = callee.values()
    if (of instanceof PhpObject) return yield* methodCall(php, of, textOf(name), args.map(plain))
    return yield* callStatic(php, yield* staticClass(php, textOf(of)), textOf(name), args)
  }
  if (typeof callee === 'string') {
    const [type, method] = callee.split('::')
    if (method !== undefined) return yield* callStatic(php, yield* staticClass(php, type as string), method, args)
    const own = php.functions.get(callee.toLowerCase())
    return own ? yield* invoke(php, own, args, { label: own.name }) : yield* callFunction(php, callee, args.map(plain))
  }
  return php.fail('Error', 'Value not callable')
}

export function isCallable(php: Php, value: Value): boolean {
  if (value instanceof Closure) return true
  if (value instanceof PhpObject) return classOf(value)?.method('__invoke') !== undefined
  if (value instanceof PhpArray && value.size === 2) {
    const [of = null, name = null] = value.values()
    const type = of instanceof PhpObject ? classOf(of) : php.classes.get(textOf(of).toLowerCase())
    return type?.method(textOf(name)) !== undefined
  }
  const name = typeof value === 'string' ? value.toLowerCase() : ''
  return php.functions.has(name) || Object.hasOwn(NATIVE, name) || Object.hasOwn(php.machine.functions ?? {}, name)
}

export function* methodCall(php: Php, object: PhpObject, name: string, args: readonly Argument[] | readonly Value[]): Steps<Value> {
  const { line } = php.frame
  const method = classOf(object)?.method(name)
  const { values, named } = yield* evaluated(php, args, (n, key) =>
    method ? (parameterAt(method.of, n, key)?.byReference ?? false) : false,
  )
  php.frame.line = line
  if (method && mayCall(method, php.frame.scope)) {
    const self = method.isStatic ? undefined : object
    return yield* invoke(php, method.of, values, {
      label: `${method.owner.name}->${method.name}`,
      named,
      self,
      scope: method.owner,
      called: object.type as PhpClass,
    })
  }
  const simple = values.map(plain)
  const own = yield* builtInMethod(php, object, name, simple)
  if (own !== undefined) return own
  const property = object.properties.get(name)
  if (property instanceof Closure && method === undefined) php.fail('Error', `Call to undefined method ${object.type.name}::${name}()`)
  const made = yield* magic(php, object, '__call', [name, PhpArray.of(simple)])
  if (made !== undefined) return made
  if (method)
    php.fail(
      'Error',
      `Call to ${method.visibility} method ${object.type.name}::${name}() from ${php.frame.scope ? `scope ${php.frame.scope.name}` : 'global scope'}`,
    )
  if (name === '__toString') php.fail('Error', `Object of class ${object.type.name} could not be converted to string`)
  return php.fail(
    'Error',
    name === 'offsetGet' || name === 'offsetSet'
      ? `Cannot use object of type ${object.type.name} as array`
      : `Call to undefined method ${object.type.name}::${name}()`,
  )
}

/** Methods of PHP's own classes. */
function* builtInMethod(php: Php, object: PhpObject, name: string, args: Value[]): Steps<Value | undefined> {
  const { properties } = object
  if (object instanceof PhpGenerator) return yield* object.call(php, name, args)
  if (object instanceof Closure) {
    if (name === '__invoke' || name.toLowerCase() === 'call')
      return yield* callValue(php, object, name === '__invoke' ? args : args.slice(1))
    if (/^bind(to)?$/i.test(name)) {
      const self = args[0] instanceof PhpObject ? args[0] : undefined
      return new Closure(object.type, object.of, object.bound, self, self ? classOf(self) : object.scope)
    }
    return undefined
  }
  if (object.isA('Throwable')) {
    const field = { getmessage: 'message', getcode: 'code', getfile: 'file', getline: 'line', getprevious: 'previous', gettrace: 'trace' }[
      name.toLowerCase()
    ]
    if (field !== undefined) return properties.get(field) ?? null
    if (/^gettraceasstring$/i.test(name)) return traceText(object)
    if (name === '__toString') return exceptionText(object)
    if (name === '__construct') {
      for (const [n, key] of ['message', 'code', 'previous'].entries()) if (args[n] !== undefined) properties.set(key, args[n])
      return null
    }
  }
  if (object.isA('ArrayIterator') || object.isA('ArrayObject')) return arrayMethod(object, name.toLowerCase(), args)
  return name === '__construct' ? null : undefined
}

function arrayMethod({ properties }: PhpObject, name: string, [first = null, second = null]: Value[]): Value | undefined {
  const storage = properties.get('storage')
  const array = storage instanceof PhpArray ? storage : new PhpArray()
  const keys = array.keys()
  if (name === '__construct') properties.set('storage', copied(first))
  else if (name === 'count') return BigInt(array.size)
  else if (name === 'rewind') array.position = 0
  else if (name === 'next') array.position++
  else if (name === 'valid') return array.position < keys.length
  else if (name === 'current') return array.get(keys[array.position] ?? '') ?? null
  else if (name === 'key')
    return typeof keys[array.position] === 'number' ? BigInt(keys[array.position] as number) : (keys[array.position] ?? null)
  else if (name === 'offsetget') return array.get(keyOf(first)) ?? null
  else if (name === 'offsetset') first === null ? array.push(second) : array.set(keyOf(first), second)
  else if (name === 'offsetexists') return array.has(keyOf(first))
  else if (name === 'offsetunset') array.delete(keyOf(first))
  else if (name === 'getarraycopy') return array.copy()
  else return undefined
  return null
}

export function exceptionText(object: PhpObject): string {
  const field = (name: string): string => textOf(object.properties.get(name) ?? null)
  const previous = object.properties.get('previous')
  const before = previous instanceof PhpObject ? `${exceptionText(previous)}\n\nNext ` : ''
  return `${before}${object.type.name}${field('message') === '' ? '' : `: ${field('message')}`} in ${field('file')}:${field('line')}\nStack trace:\n${traceText(object)}`
}

/** The class that a name or value stands for where the code is. */
export function* staticClass(php: Php, of: string | Expression): Steps<PhpClass> {
  const { frame } = php
  const value = typeof of === 'string' ? of : yield* php.evaluate(of)
  if (value instanceof PhpObject) return value.type as PhpClass
  const name = textOf(value).replace(/^\\/, '')
  if (name === 'self' && frame.scope) return frame.scope
  if (name === 'static' && frame.called) return frame.called
  if (name === 'parent' && frame.scope?.parent) return frame.scope.parent
  return php.classes.get(name.replace(/^.*\\/, '').toLowerCase()) ?? php.fail('Error', `Class "${name}" not found`)
}

export function* staticCall(php: Php, { of, name: called, args, line }: Expression & { is: 'static-call' }): Steps<Value> {
  const type = yield* staticClass(php, of)
  const name = yield* nameOf(php, called)
  const method = type.method(name)
  const { values } = yield* evaluated(php, args, (n) => (method ? (parameterAt(method.of, n)?.byReference ?? false) : false))
  php.frame.line = line
  return yield* callStatic(php, type, name, values, of === 'parent' || of === 'self')
}

function* callStatic(php: Php, type: PhpClass, name: string, args: readonly Given[], keepsCalled = false): Steps<Value> {
  const method: Method | undefined = type.method(name)
  const { self, called } = php.frame
  if (!method) {
    if (self && name === '__construct') return (yield* builtInMethod(php, self, name, args.map(plain))) ?? null
    if (self && type.isA('Throwable')) return (yield* builtInMethod(php, self, name, args.map(plain))) ?? null
    if (type.kind === 'enum') return enumMethod(php, type, name, plain(args[0] ?? null))
    if (type.name === 'Closure' && /^fromCallable$/i.test(name))
      return new Closure(type, textOf(plain(args[0] ?? '')), new Map(), undefined, undefined)
    const magicStatic = type.method('__callStatic')
    if (magicStatic)
      return yield* invoke(php, magicStatic.of, [name, PhpArray.of(args.map(plain))], {
        label: `${type.name}::${name}`,
        scope: magicStatic.owner,
        called: type,
      })
    return php.fail('Error', `Call to undefined method ${type.name}::${name}()`)
  }
  if (!mayCall(method, php.frame.scope))
    php.fail(
      'Error',
      `Call to ${method.visibility} method ${type.name}::${name}() from ${php.frame.scope ? `scope ${php.frame.scope.name}` : 'global scope'}`,
    )
  if (!method.isStatic && !self?.isA(type.name))
    php.fail('Error', `Non-static method ${type.name}::${method.name}() cannot be called statically`)
  return yield* invoke(php, method.of, args, {
    label: `${type.name}::${method.name}`,
    self: method.isStatic ? undefined : self,
    scope: method.owner,
    called: keepsCalled ? called : type,
  })
}

function enumMethod(php: Php, type: PhpClass, name: string, value: Value): Value {
  const cases = [...type.constants.values()].flatMap((one) => ('value' in one && one.value instanceof PhpObject ? [one.value] : []))
  if (name === 'cases') return PhpArray.of(cases)
  const found = cases.find((one) => one.properties.get('value') === value)
  if (found) return found
  if (name === 'tryFrom') return null
  return php.fail(
    name === 'from' ? 'ValueError' : 'Error',
    name === 'from'
      ? `${typeof value === 'string' ? `"${value}"` : textOf(value)} is not a valid backing value for enum ${type.name}`
      : `Call to undefined method ${type.name}::${name}()`,
  )
}

export function* instantiate(php: Php, { of, args, line }: Expression & { is: 'new' }): Steps<Value> {
  php.frame.line = line
  const type = typeof of === 'object' && 'kind' in of ? declareClass(php, of) : yield* staticClass(php, of)
  php.frame.line = line
  if (type.kind !== 'class') php.fail('Error', `Cannot instantiate ${type.kind} ${type.name}`)
  if (type.isAbstract) php.fail('Error', `Cannot instantiate abstract class ${type.name}`)
  const object = type.isA('Throwable') ? php.exception(type) : new PhpObject(type)
  for (let one: PhpClass | undefined = type; one; one = one.parent) {
    for (const { name, value, isTyped } of one.properties)
      if (!object.properties.has(name) || type.isA('Throwable'))
        if (value || !isTyped) object.properties.set(name, value ? yield* php.evaluate(value) : null)
  }
  const made = type.method('__construct')
  if (made || args.length > 0 || type.isA('Throwable')) yield* methodCall(php, object, '__construct', args)
  return object
}

export function* classConstant(php: Php, { of, name, line }: Expression & { is: 'class-constant' }): Steps<Value> {
  if (name.toLowerCase() === 'class' && typeof of === 'string' && !/^(self|static|parent)$/i.test(of)) return of
  const type = yield* staticClass(php, of)
  php.frame.line = line
  if (name.toLowerCase() === 'class') return type.name
  const constant = type.constant(name)
  if (!constant) return php.fail('Error', `Undefined constant ${type.name}::${name}`)
  const { owner, found } = constant
  if ('value' in found) return found.value
  php.enter({ ...php.frame, scope: owner, called: owner })
  const value = yield* php.evaluate(found.of)
  php.frames.pop()
  owner.constants.set(name, { value })
  return value
}

/** Makes a class known. @throws PhpFatal as PHP does when it cannot */
export function declareClass(php: Php, syntax: ClassSyntax): PhpClass {
  php.frame.line = syntax.line
  const lower = syntax.name.toLowerCase()
  if (php.classes.has(lower) && lower !== 'class@anonymous')
    throw new PhpFatal(`Cannot declare class ${syntax.name}, because the name is already in use`)
  const parent = syntax.parent === undefined ? undefined : php.classes.get(syntax.parent.toLowerCase())
  if (syntax.parent !== undefined && !parent) php.fail('Error', `Class "${syntax.parent}" not found`)
  for (const name of syntax.interfaces)
    if (!php.classes.has(name.toLowerCase()) && !BUILT_IN_INTERFACES.has(name.toLowerCase()))
      php.fail('Error', `Interface "${name}" not found`)
  const inherited = syntax.interfaces.flatMap((name) => [name, ...(php.classes.get(name.toLowerCase())?.interfaces ?? [])])
  const traversable = inherited.some((name) => /^iterator(aggregate)?$/i.test(name)) ? ['Traversable'] : []
  const type = new PhpClass(syntax, parent, [...inherited, ...traversable])
  for (const name of syntax.traits) {
    const trait = php.classes.get(name.toLowerCase())
    if (!trait) return php.fail('Error', `Trait "${name}" not found`)
    for (const [key, method] of trait.methods) type.methods.set(key, { ...method, owner: type })
    type.properties.push(...trait.properties)
  }
  for (const name of type.interfaces)
    for (const [key, constant] of php.classes.get(name.toLowerCase())?.constants ?? []) type.constants.set(key, constant)
  for (const { name, value } of syntax.constants) type.constants.set(name, { of: value })
  for (const { name, value, isStatic, visibility, isTyped } of syntax.properties) {
    if (isStatic) type.statics.set(name, new Ref(value ? constantValue(php, value, type) : null))
    else type.properties.push({ name, value, visibility, isTyped })
  }
  for (const { of, isStatic, isAbstract, visibility } of syntax.methods)
    type.methods.set(of.name.toLowerCase(), { name: of.name, of, isStatic, isAbstract, visibility, owner: type })
  for (const { name, value } of syntax.cases) {
    const object = new PhpObject(type)
    object.properties.set('name', name)
    if (value) object.properties.set('value', constantValue(php, value, type))
    type.constants.set(name, { value: object })
  }
  php.classes.set(lower, type)
  return type
}

/** A constant expression waits for nothing. */
function constantValue(php: Php, of: Expression, scope: PhpClass): Value {
  php.enter({ ...php.frame, scope, called: scope })
  const { value } = php.evaluate(of).next()
  php.frames.pop()
  return (value ?? null) as Value
}
