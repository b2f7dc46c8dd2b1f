import { Frame } from './frame.ts'
import type { Machine } from './machine.ts'
import type { Expression, Statement } from './syntax.ts'
import { classOf, raise, T, tupleOf, typeError, typeName } from './types.ts'
import {
  Call,
  isSteps,
  type Keywords,
  NO_KEYWORDS,
  PyBuiltin,
  PyClass,
  PyDict,
  PyFunction,
  PyGenerator,
  PyInstance,
  PyMethod,
  PyWrapper,
  type Steps,
  type Value,
} from './value.ts'

/** Evaluates a call node. */
export function* callNode(m: Machine, node: Expression & { type: 'call' }, frame: Frame): Steps<Value> {
  const fn = yield* m.evaluate(node.function, frame)
  const args: Value[] = []
  let keywords: Map<string, Value> | undefined
  for (const arg of node.args) {
    const value = yield* m.evaluate(arg.value, frame)
    if (arg.kind === 'plain') args.push(value)
    else if (arg.kind === 'star') {
      frame.at = node
      if (!m.isIterable(value)) throw typeError(`${shownName(fn)} argument after * must be an iterable, not ${typeName(value)}`)
      for (const item of yield* m.toArray(value)) args.push(item)
    } else {
      keywords ??= new Map()
      if (arg.kind === 'keyword') keywords.set(arg.name as string, value)
      else spread(fn, value, keywords)
    }
  }
  frame.at = node
  return yield* call(m, fn, args, keywords ?? NO_KEYWORDS)
}

function spread(fn: Value, value: Value, keywords: Map<string, Value>): void {
  if (!(value instanceof PyDict)) throw typeError(`${shownName(fn)} argument after ** must be a mapping, not ${typeName(value)}`)
  for (const { key, value: content } of value.map.values()) {
    if (typeof key !== 'string') throw typeError('keywords must be strings')
    if (keywords.has(key)) throw typeError(`${shownName(fn)} got multiple values for keyword argument '${key}'`)
    keywords.set(key, content)
  }
}

function shownName(fn: Value): string {
  if (fn instanceof PyFunction) return `__main__.${fn.qualname}()`
  if (fn instanceof PyMethod) return shownName(fn.function)
  if (fn instanceof PyBuiltin || fn instanceof PyClass) return `${fn.name}()`
  return `${typeName(fn)} object`
}

/** Calls whatever can be called. @throws Raised */
export function* call(m: Machine, fn: Value, args: Value[], keywords: Keywords = NO_KEYWORDS): Steps<Value> {
  if (fn instanceof PyFunction) {
    const frame = enter(m, fn, args, keywords)
    if (fn.scope.yields) return new PyGenerator(fn.name, frame, functionBody(m, fn, frame), T.generator)
    if (fn.isAsync) return new PyGenerator(fn.name, frame, functionBody(m, fn, frame), T.coroutine)
    return (yield new Call(m.inFrame(frame, functionBody(m, fn, frame)))) as Value
  }
  if (fn instanceof PyBuiltin) {
    const pause = m.spend()
    if (pause) yield pause
    if (fn.module?.startsWith('py:')) return yield* inLibrary(m, fn, args, keywords)
    const result = fn.native(m, fn.self === undefined ? args : [fn.self, ...args], keywords)
    if (isSteps(result)) return yield* result
    return result instanceof Promise ? ((yield result) as Value) : result
  }
  if (fn instanceof PyMethod) return yield* call(m, fn.function, [fn.self, ...args], keywords)
  if (fn instanceof PyClass) return yield* m.instantiate(fn, args, keywords)
  if (fn instanceof PyWrapper) return yield* call(m, fn.function, args, keywords)
  const own = fn instanceof PyInstance || (typeof fn === 'object' && fn !== null) ? classOf(fn).find('__call__') : undefined
  if (own === undefined) throw typeError(`'${typeName(fn)}' object is not callable`)
  return yield* call(m, own, [fn, ...args], keywords)
}

/** What CPython has in Python: an exception from it shows the library's lines. */
function* inLibrary(m: Machine, fn: PyBuiltin, args: Value[], keywords: Keywords): Steps<Value> {
  try {
    const result = fn.native(m, args, keywords)
    if (isSteps(result)) return yield* result
    return result instanceof Promise ? ((yield result) as Value) : result
  } catch (error) {
    const raised = m.asRaised(error)
    if (!raised) throw error
    raised.exception.library = `${fn.module?.slice(3)}.${fn.name}`
    throw raised
  }
}

function* functionBody(m: Machine, fn: PyFunction, frame: Frame): Steps<Value> {
  const { body } = fn
  if (!Array.isArray(body)) return yield* m.evaluate(body as Expression, frame)
  yield* m.execute(body as Statement[], frame)
  return frame.returned
}

/** A function's frame with its arguments bound. */
function enter(m: Machine, fn: PyFunction, args: readonly Value[], keywords: Keywords): Frame {
  const { closure } = fn
  const frame = new Frame({
    name: fn.name,
    scope: fn.scope,
    locals: new Map(),
    globals: closure.globals,
    outer: closure,
    source: closure.source,
  })
  frame.qualname = fn.qualname
  frame.definedIn = fn.owner
  frame.self = args[0]
  frame.at = Array.isArray(fn.body) ? (fn.body[0] as Statement) : (fn.body as Expression)
  bindArguments(fn, args, keywords, frame.locals)
  void m
  return frame
}

function bindArguments(fn: PyFunction, args: readonly Value[], keywords: Keywords, locals: Map<string, Value>): void {
  const { positional, positionalOnly, rest, keywordOnly, keywords: others } = fn.parameters
  for (let i = 0; i < positional.length && i < args.length; i++) locals.set((positional[i] as { name: string }).name, args[i] as Value)
  if (rest !== undefined) locals.set(rest, tupleOf(args.slice(positional.length)))
  else if (args.length > positional.length) throw tooMany(fn, args.length, keywords)
  const extra = others === undefined ? undefined : new Map<string, Value>()
  for (const [name, value] of keywords) {
    const index = positional.findIndex((parameter) => parameter.name === name)
    if (index >= positionalOnly || (index < 0 && keywordOnly.some((parameter) => parameter.name === name))) {
      if (locals.has(name) && index >= 0) throw typeError(`${fn.qualname}() got multiple values for argument '${name}'`)
      locals.set(name, value)
    } else if (extra) extra.set(name, value)
    else if (index >= 0) throw typeError(`${fn.qualname}() got some positional-only arguments passed as keyword arguments: '${name}'`)
    else throw typeError(`${fn.qualname}() got an unexpected keyword argument '${name}'`)
  }
  if (others !== undefined) locals.set(others, asDict(extra as Map<string, Value>))
  const missing: string[] = []
  for (const [i, { name }] of positional.entries()) {
    if (locals.has(name)) continue
    const value = fn.defaults[i]
    if (value === undefined) missing.push(name)
    else locals.set(name, value)
  }
  if (missing.length > 0) throw lacking(fn, missing, 'positional')
  for (const { name } of keywordOnly) {
    if (locals.has(name)) continue
    const value = fn.keywordDefaults.get(name)
    if (value === undefined) missing.push(name)
    else locals.set(name, value)
  }
  if (missing.length > 0) throw lacking(fn, missing, 'keyword-only')
}

export function asDict(entries: ReadonlyMap<string, Value>): PyDict {
  const made = new PyDict(T.dict)
  for (const [key, value] of entries) made.map.set(key.charCodeAt(0) === 0 ? `\0s${key}` : key, { key, value })
  return made
}

function lacking(fn: PyFunction, names: readonly string[], kind: string): Error {
  const quoted = names.map((name) => `'${name}'`)
  const last = quoted.pop() as string
  const shown = quoted.length === 0 ? last : quoted.length === 1 ? `${quoted[0]} and ${last}` : `${quoted.join(', ')}, and ${last}`
  return typeError(`${fn.qualname}() missing ${names.length} required ${kind} argument${names.length === 1 ? '' : 's'}: ${shown}`)
}

function tooMany(fn: PyFunction, given: number, keywords: Keywords): Error {
  const { positional, keywordOnly } = fn.parameters
  const required = fn.defaults.filter((value) => value === undefined).length
  const most = positional.length
  const takes = required < most ? `from ${required} to ${most} positional arguments` : `${most} positional argument${most === 1 ? '' : 's'}`
  const extra = keywordOnly.filter(({ name }) => keywords.has(name)).length
  const were = given === 1 && extra === 0 ? 'was' : 'were'
  const also =
    extra > 0 ? ` positional argument${given === 1 ? '' : 's'} (and ${extra} keyword-only argument${extra === 1 ? '' : 's'})` : ''
  return typeError(`${fn.qualname}() takes ${takes} but ${given}${also} ${were} given`)
}

const MUTABLE: readonly PyClass[] = [T.list, T.dict, T.set]

/** Makes an instance of a class. */
export function* instantiate(m: Machine, cls: PyClass, args: Value[], keywords: Keywords): Steps<Value> {
  const maker = cls.mro.find((base) => base.make !== undefined || base.dict.has('__new__'))
  let made: Value
  const own = maker?.dict.get('__new__')
  if (own !== undefined && maker?.make === undefined)
    made = yield* call(m, own instanceof PyWrapper ? own.function : own, [cls, ...args], keywords)
  else if (maker?.make) {
    // A container that has an __init__ of the program's own is filled there.
    const isLate = MUTABLE.some((base) => cls.isSubclassOf(base)) && cls.find('__init__') instanceof PyFunction
    const result = isLate ? maker.make(m, cls, [], NO_KEYWORDS) : maker.make(m, cls, args, keywords)
    made = isSteps(result) ? yield* result : result instanceof Promise ? ((yield result) as Value) : result
  } else {
    made = new PyInstance(cls)
    if ((args.length > 0 || keywords.size > 0) && cls.find('__init__') === undefined) throw typeError(`${cls.name}() takes no arguments`)
  }
  if (!classOf(made).isSubclassOf(cls)) return made
  const init = cls.find('__init__')
  if (init === undefined) return made
  const result = yield* call(m, init, [made, ...args], keywords)
  if (result !== null) throw raise('TypeError', `__init__() should return None, not '${typeName(result)}'`)
  return made
}
