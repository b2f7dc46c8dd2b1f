import { evaluate } from './expressions.ts'
import { Frame } from './frame.ts'
import type { Machine } from './machine.ts'
import { asInteger } from './operators.ts'
import { bind } from './scopes.ts'
import type { Scope, Statement } from './syntax.ts'
import { T, tupleOf, typeError, typeName } from './types.ts'
import {
  Call,
  InconsistentBases,
  type Key,
  PyBuiltin,
  PyClass,
  PyFunction,
  PyProperty,
  PyWrapper,
  type Steps,
  Unsupported,
  type Value,
} from './value.ts'

export function* defineClass(m: Machine, node: Statement & { type: 'class' }, frame: Frame): Steps<void> {
  const decorators: Value[] = []
  for (const decorator of node.decorators) decorators.push(yield* evaluate(m, decorator, frame))
  const bases: PyClass[] = []
  const keywords = new Map<string, Value>()
  for (const arg of node.args) {
    const value = yield* evaluate(m, arg.value, frame)
    if (arg.kind === 'keyword') keywords.set(arg.name as string, value)
    else if (arg.kind !== 'plain') throw new Unsupported('spread bases')
    else if (value instanceof PyClass) bases.push(value)
    else throw new Unsupported(`base ${typeName(value)}`)
  }
  const inner = new Frame({
    name: node.name,
    scope: node.scope as Scope,
    locals: new Map(),
    globals: frame.globals,
    outer: frame,
    source: frame.source,
  })
  const prefix = frame.scope.kind === 'module' ? '' : frame.scope.kind === 'class' ? `${frame.qualname}.` : `${frame.qualname}.<locals>.`
  inner.qualname = prefix + node.name
  inner.locals.set('__module__', frame.globals.get('__name__') ?? '__main__')
  inner.locals.set('__qualname__', inner.qualname)
  const [first] = node.body
  if (first?.type === 'expression' && first.value.type === 'constant' && typeof first.value.value === 'string')
    inner.locals.set('__doc__', first.value.value)
  frame.at = node
  yield new Call(m.inFrame(inner, m.execute(node.body, inner) as Steps<unknown>))
  frame.at = node
  let value: Value = yield* makeClass(m, node.name, bases, inner.locals, keywords)
  for (const decorator of decorators.reverse()) value = yield* m.call(decorator, [value])
  bind(m, node.name, value, frame)
}

/** type(name, bases, dict) */
export function* makeClass(
  m: Machine,
  name: string,
  given: readonly PyClass[],
  dict: Map<string, Value>,
  keywords: ReadonlyMap<string, Value> = new Map(),
): Steps<PyClass> {
  const meta = keywords.get('metaclass')
  if (meta instanceof PyClass && meta !== T.type && meta.name !== 'ABCMeta') throw new Unsupported('metaclass')
  const bases = given.length > 0 ? given : [T.object]
  for (const base of bases) {
    if (FINAL.has(base)) throw typeError(`type '${base.name}' is not an acceptable base type`)
  }
  let cls: PyClass
  try {
    cls = new PyClass(name, bases, dict, false, T.type)
  } catch (error) {
    if (!(error instanceof InconsistentBases)) throw error
    throw typeError(`Cannot create a consistent method resolution\norder (MRO) for bases ${bases.map((base) => base.name).join(', ')}`)
  }
  const qualname = dict.get('__qualname__')
  const module = dict.get('__module__')
  cls.qualname = typeof qualname === 'string' ? qualname : name
  cls.module = typeof module === 'string' ? module : '__main__'
  for (const value of dict.values()) own(value, cls)
  cls.hash = hashOf(m, cls, dict)
  for (const [key, value] of dict) {
    const named = typeof value === 'object' && value !== null ? value.cls?.find('__set_name__') : undefined
    if (named !== undefined) yield* m.call(named, [value, cls, key])
  }
  for (const base of cls.mro.slice(1)) {
    const hook = base.dict.get('__init_subclass__')
    if (hook === undefined) continue
    const rest = new Map([...keywords].filter(([key]) => key !== 'metaclass'))
    yield* m.call(hook instanceof PyWrapper ? hook.function : hook, [cls], rest)
    break
  }
  return cls
}

const FINAL = new Set<PyClass>([T.bool, T.none, T.range, T.slice, T.function, T.builtin, T.generator, T.method])

function own(value: Value, cls: PyClass): void {
  if (value instanceof PyFunction) value.owner ??= cls
  else if (value instanceof PyWrapper) own(value.function, cls)
  else if (value instanceof PyProperty) for (const part of [value.get, value.set, value.delete]) own(part, cls)
}

function hashOf(m: Machine, cls: PyClass, dict: ReadonlyMap<string, Value>): PyClass['hash'] {
  const method = dict.get('__hash__')
  if (method === null || (method === undefined && dict.has('__eq__')))
    return () => {
      throw typeError(`unhashable type: '${cls.name}'`)
    }
  if (method === undefined || method instanceof PyBuiltin) return cls.mro.slice(1).find((base) => base.hash)?.hash
  return (value): Key | undefined => {
    const hash = asInteger(m.runShortly(m.call(method, [value])))
    if (hash === undefined) throw typeError('__hash__ method should return an integer')
    return `\0h${hash}`
  }
}

/** The bases as a tuple, for `__bases__`. */
export function basesOf(cls: PyClass): Value {
  return tupleOf(cls.bases)
}
