import { asDict } from './calls.ts'
import type { Machine } from './machine.ts'
import { classOf, dict, exceptionClass, list, native, raise, T, tupleOf, typeError, typeName } from './types.ts'
import {
  isSteps,
  PyBuiltin,
  PyClass,
  PyException,
  PyFunction,
  PyGenerator,
  PyInstance,
  PyMethod,
  PyModule,
  PyObject,
  PyProperty,
  PySuper,
  PyWrapper,
  type Raised,
  type Steps,
  type Value,
} from './value.ts'

/** `object.name`; undefined when there is none. */
export function attribute(m: Machine, object: Value, name: string): Value | undefined | Steps<Value> {
  if (object instanceof PyModule) return ofModule(m, object, name)
  if (object instanceof PyClass) return ofClass(m, object, name)
  if (object instanceof PySuper) return ofSuper(m, object, name)
  const cls = classOf(object)
  const found = cls.find(name)
  if (found instanceof PyProperty) return m.call(found.get, [object])
  if (object instanceof PyObject) {
    const own = object.attributes?.get(name)
    if (own !== undefined) return own
  }
  if (found !== undefined) return bound(m, found, object, cls)
  const special = specials(m, object, name, cls)
  if (special !== undefined) return special
  const fallback = cls.find('__getattr__')
  return fallback === undefined ? undefined : m.call(fallback, [object, name])
}

/** What is found on a class, as seen from an instance. */
function bound(m: Machine, found: Value, self: Value, cls: PyClass): Value | Steps<Value> {
  if (found instanceof PyFunction) return new PyMethod(found, self, T.method)
  if (found instanceof PyBuiltin && found.isMethod) return new PyBuiltin(found.name, found.native, T.builtin, false, self)
  if (found instanceof PyWrapper) return found.cls === T.classmethod ? method(found.function, cls) : found.function
  const get = found instanceof PyInstance ? found.cls.find('__get__') : undefined
  return get === undefined ? found : m.call(get, [found, self, cls])
}

function method(fn: Value, cls: PyClass): Value {
  return fn instanceof PyBuiltin ? new PyBuiltin(fn.name, fn.native, T.builtin, false, cls) : new PyMethod(fn, cls, T.method)
}

function ofModule(m: Machine, module: PyModule, name: string): Value | undefined | Steps<Value> {
  const found = module.attributes.get(name)
  if (found !== undefined) return found
  switch (name) {
    case '__name__':
      return module.name
    case '__dict__':
      return asDict(module.attributes)
    case '__file__':
      return module.file
    case '__doc__':
      return null
    case '__class__':
      return module.cls
    default:
  }
  const fallback = module.attributes.get('__getattr__')
  if (fallback !== undefined) return m.call(fallback, [name])
  m.demand(module, name)
  return undefined
}

function ofClass(m: Machine, cls: PyClass, name: string): Value | undefined | Steps<Value> {
  const found = cls.find(name)
  if (found instanceof PyWrapper) return found.cls === T.classmethod ? method(found.function, cls) : found.function
  if (found !== undefined) {
    const get = found instanceof PyInstance ? found.cls.find('__get__') : undefined
    return get === undefined ? found : m.call(get, [found, null, cls])
  }
  switch (name) {
    case '__name__':
      return cls.name
    case '__qualname__':
      return cls.qualname
    case '__module__':
      return cls.module
    case '__bases__':
      return tupleOf(cls.bases)
    case '__base__':
      return cls.bases[0] ?? null
    case '__mro__':
      return tupleOf(cls.mro)
    case 'mro':
      return native('mro', () => list([...cls.mro]))
    case '__dict__':
      return asDict(cls.dict)
    case '__doc__':
      return null
    case '__class__':
      return T.type
    case '__subclasses__':
      return native('__subclasses__', () => list([]))
    case '__init__':
      return native('__init__', () => null)
    case '__new__':
      return native('__new__', (machine, args) => machine.bare(args[0] as Value, args.slice(1)))
    case '__annotations__':
      return dict()
    case '__getattribute__':
      return native('__getattribute__', (machine, args) => machine.getattr(args[0] as Value, String(args[1])))
    default:
  }
  const general = objectMethod(name)
  return general
}

function ofSuper(m: Machine, { start, self, type }: PySuper, name: string): Value | undefined | Steps<Value> {
  const mro = type.mro
  for (const cls of mro.slice(mro.indexOf(start) + 1)) {
    const found = cls.dict.get(name)
    if (found === undefined) continue
    if (found instanceof PyProperty) return m.call(found.get, [self])
    if (found instanceof PyBuiltin && found.isMethod && self instanceof PyClass) return found
    return bound(m, found, self, type)
  }
  switch (name) {
    case '__init__':
    case '__init_subclass__':
      return native(name, () => null)
    case '__new__':
      return native(name, (machine, args) => machine.bare(args[0] as Value, args.slice(1)))
    case '__setattr__':
      return native(name, (_machine, args) => {
        if (self instanceof PyObject) setOwn(self, String(args[0]), args[1] as Value)
        return null
      })
    case '__class__':
      return T.super
    default: {
      const general = objectMethod(name)
      return general && new PyBuiltin(name, general.native, T.builtin, false, self)
    }
  }
}

/** Methods that every object has. */
function objectMethod(name: string): PyBuiltin | undefined {
  const make = (run: PyBuiltin['native']): PyBuiltin => new PyBuiltin(name, run, T.builtin, true)
  switch (name) {
    case '__repr__':
      return make((m, args) => m.plainRepr(args[0] as Value))
    case '__str__':
      return make((m, args) => m.str(args[0] as Value))
    case '__eq__':
      return make((m, args) => m.equals(args[0] as Value, args[1] as Value))
    case '__ne__':
      return make((m, args) => !m.equals(args[0] as Value, args[1] as Value))
    case '__hash__':
      return make((m, args) => m.hash(args[0] as Value))
    case '__dir__':
      return make((m, args) => list(m.dir(args[0] as Value)))
    case '__sizeof__':
      return make(() => 56n)
    case '__setattr__':
      return make((_m, args) => {
        if (args[0] instanceof PyObject) setOwn(args[0], String(args[1]), args[2] as Value)
        return null
      })
    case '__getattribute__':
      return make((m, args) => m.getattr(args[0] as Value, String(args[1])))
    case '__format__':
      return make((m, args) => m.format(args[0] as Value, String(args[1] ?? '')))
    default:
      return undefined
  }
}

function specials(m: Machine, object: Value, name: string, cls: PyClass): Value | undefined | Steps<Value> {
  if (name === '__class__') return cls
  if (name === '__doc__') return null
  if (name === '__module__')
    return object instanceof PyFunction
      ? (object.closure.globals.get('__name__') ?? null)
      : object instanceof PyBuiltin
        ? (object.module ?? 'builtins')
        : cls.module
  if (name === '__dict__' && object instanceof PyObject && !cls.isBuiltin) return asDict(object.attributes ?? new Map())
  if (object instanceof PyFunction || object instanceof PyBuiltin || object instanceof PyMethod) return ofFunction(m, object, name)
  if (object instanceof PyException) return ofException(m, object, name)
  if (object instanceof PyGenerator && name === '__name__') return object.name
  if (
    /^__(?:add|sub|mul|truediv|floordiv|mod|pow|and|or|xor|lshift|rshift)__$/.test(name) ||
    name === '__len__' ||
    name === '__iter__' ||
    name === '__getitem__' ||
    name === '__contains__' ||
    name === '__next__' ||
    name === '__call__'
  ) {
    const run = m.protocolMethod(object, name)
    if (run) return run
  }
  const general = objectMethod(name)
  return general && new PyBuiltin(name, general.native, T.builtin, false, object)
}

function ofFunction(m: Machine, object: PyFunction | PyBuiltin | PyMethod, name: string): Value | undefined | Steps<Value> {
  if (object instanceof PyMethod) {
    if (name === '__self__') return object.self
    if (name === '__func__') return object.function
    return attribute(m, object.function, name)
  }
  switch (name) {
    case '__name__':
      return object.name
    case '__qualname__':
      return object instanceof PyFunction ? object.qualname : object.name
    case '__self__':
      return object instanceof PyBuiltin ? (object.self ?? null) : undefined
    case '__defaults__':
      if (object instanceof PyFunction) {
        const given = object.defaults.filter((value): value is Value => value !== undefined)
        return given.length > 0 ? tupleOf(given) : null
      }
      return undefined
    case '__globals__':
      return object instanceof PyFunction ? asDict(object.closure.globals) : undefined
    case '__annotations__':
      return dict()
    case '__dict__':
      return object instanceof PyFunction ? asDict(object.attributes ?? new Map()) : undefined
    case '__code__':
      return object instanceof PyFunction ? m.codeOf(object) : undefined
    case '__get__':
      return native('__get__', (_m, args) => (args[0] === null ? object : new PyMethod(object, args[0] as Value, T.method)))
    default:
      return undefined
  }
}

function ofException(m: Machine, exception: PyException, name: string): Value | undefined {
  switch (name) {
    case 'args':
      return tupleOf(exception.args)
    case '__traceback__':
      return m.traceback(exception)
    case '__cause__':
      return exception.cause
    case '__context__':
      return exception.context
    case '__suppress_context__':
      return exception.suppressContext
    case 'with_traceback':
      return native('with_traceback', () => exception)
    case 'add_note':
      return native('add_note', (_m, args) => {
        const notes = exception.attributes.get('__notes__') ?? list([])
        exception.attributes.set('__notes__', notes)
        ;(notes as { items?: Value[] }).items?.push(args[0] as Value)
        return null
      })
    default:
  }
  if (exception.cls.isSubclassOf(exceptionClass('OSError'))) {
    if (name === 'errno') return exception.args.length > 1 ? exception.args[0] : null
    if (name === 'strerror') return exception.args.length > 1 ? exception.args[1] : null
    if (name === 'filename' || name === 'filename2') return null
  }
  if (name === 'value' && exception.cls.name === 'StopIteration') return exception.args[0] ?? null
  if (name === 'code' && exception.cls.name === 'SystemExit')
    return exception.args.length > 1 ? tupleOf(exception.args) : (exception.args[0] ?? null)
  if (name === 'msg' && exception.cls.isSubclassOf(exceptionClass('SyntaxError'))) return exception.args[0] ?? null
  return undefined
}

/** @throws Raised AttributeError */
export function* getattr(m: Machine, object: Value, name: string): Steps<Value> {
  const found = attribute(m, object, name)
  if (found !== undefined) return isSteps(found) ? yield* found : found
  const raised = missing(object, name)
  raised.exception.candidates = () => m.dir(object)
  throw raised
}

export function missing(object: Value, name: string): Raised {
  const message =
    object instanceof PyModule
      ? `module '${object.name}' has no attribute '${name}'`
      : object instanceof PyClass
        ? `type object '${object.name}' has no attribute '${name}'`
        : object instanceof PySuper
          ? `'super' object has no attribute '${name}'`
          : `'${typeName(object)}' object has no attribute '${name}'`
  const raised = raise('AttributeError', message)
  raised.exception.attributes.set('name', name)
  raised.exception.attributes.set('obj', object)
  return raised
}

export function* setattr(m: Machine, object: Value, name: string, value: Value): Steps<void> {
  const cls = classOf(object)
  const found = object instanceof PyClass ? undefined : cls.find(name)
  if (found instanceof PyProperty) {
    if (found.set === null) throw raise('AttributeError', `property '${name}' of '${cls.name}' object has no setter`)
    yield* m.call(found.set, [object, value])
    return
  }
  const own = object instanceof PyClass ? undefined : cls.find('__setattr__')
  if (own !== undefined) {
    yield* m.call(own, [object, name, value])
    return
  }
  const descriptor = found instanceof PyInstance ? found.cls.find('__set__') : undefined
  if (descriptor !== undefined) {
    yield* m.call(descriptor, [found as Value, object, value])
    return
  }
  if (object instanceof PyClass) {
    if (object.isBuiltin) throw typeError(`cannot set '${name}' attribute of immutable type '${object.name}'`)
    object.dict.set(name, value)
    if (name === '__module__' && typeof value === 'string') object.module = value
    return
  }
  if (object instanceof PyFunction && (name === '__name__' || name === '__qualname__') && typeof value === 'string') {
    if (name === '__name__') object.name = value
    else object.qualname = value
    return
  }
  if (object instanceof PyException && name === 'args') {
    object.args = yield* m.toArray(value)
    return
  }
  if (object instanceof PyException && (name === '__cause__' || name === '__context__')) {
    if (value === null || value instanceof PyException) object[name === '__cause__' ? 'cause' : 'context'] = value
    return
  }
  if (object instanceof PyException && name === '__traceback__') return
  if (!(object instanceof PyObject) || !takesAttributes(object)) {
    if (found !== undefined) throw raise('AttributeError', `'${cls.name}' object attribute '${name}' is read-only`)
    throw missing(object, name)
  }
  m.allocate(64)
  setOwn(object, name, value)
}

function takesAttributes(object: PyObject): boolean {
  return !object.cls.isBuiltin || object.attributes !== undefined || object instanceof PyModule || object instanceof PyFunction
}

function setOwn(object: PyObject, name: string, value: Value): void {
  object.attributes ??= new Map()
  object.attributes.set(name, value)
}

export function* delattr(m: Machine, object: Value, name: string): Steps<void> {
  const own = object instanceof PyClass ? undefined : classOf(object).find('__delattr__')
  if (own !== undefined) {
    yield* m.call(own, [object, name])
    return
  }
  const found = object instanceof PyClass ? undefined : classOf(object).find(name)
  if (found instanceof PyProperty) {
    if (found.delete === null) throw raise('AttributeError', `property '${name}' of '${typeName(object)}' object has no deleter`)
    yield* m.call(found.delete, [object])
    return
  }
  const removed =
    object instanceof PyClass
      ? !object.isBuiltin && object.dict.delete(name)
      : object instanceof PyObject && object.attributes?.delete(name)
  if (!removed) throw missing(object, name)
}
