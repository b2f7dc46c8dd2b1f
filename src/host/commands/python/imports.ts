import type { Frame } from './frame.ts'
import type { Machine } from './machine.ts'
import { bind } from './scopes.ts'
import type { Statement } from './syntax.ts'
import { exceptionClass, raise } from './types.ts'
import { PyException, PyList, type PyModule, PyTuple, Raised, type Steps, type Value } from './value.ts'

export function* importNames(m: Machine, node: Statement & { type: 'import' }, frame: Frame): Steps<void> {
  for (const { name, as } of node.names) {
    const module = yield* m.importModule(name)
    if (as !== undefined) bind(m, as, module, frame)
    else {
      const top = name.split('.')[0] as string
      bind(m, top, m.modules.get(top) ?? module, frame)
    }
  }
}

export function* importFrom(m: Machine, node: Statement & { type: 'from' }, frame: Frame): Steps<void> {
  let name = node.module
  if (node.level > 0) {
    const home = frame.globals.get('__package__')
    if (typeof home !== 'string' || home === '') throw raise('ImportError', 'attempted relative import with no known parent package')
    const parts = home.split('.')
    const base = parts.slice(0, parts.length - (node.level - 1)).join('.')
    name = name === '' ? base : `${base}.${name}`
  }
  const module = yield* m.importModule(name)
  for (const { name: wanted, as } of node.names) {
    if (wanted === '*') {
      yield* importAll(module, frame, m)
      continue
    }
    bind(m, as ?? wanted, yield* member(m, module, wanted), frame)
  }
}

function* importAll(module: PyModule, frame: Frame, m: Machine): Steps<void> {
  const all = module.attributes.get('__all__')
  const names: string[] =
    all instanceof PyList || all instanceof PyTuple
      ? all.items.map(String)
      : [...module.attributes.keys()].filter((name) => !name.startsWith('_'))
  for (const name of names) bind(m, name, yield* m.getattr(module, name), frame)
}

function* member(m: Machine, module: PyModule, name: string): Steps<Value> {
  const found = module.attributes.get(name)
  if (found !== undefined) return found
  try {
    return yield* m.importModule(`${module.name}.${name}`)
  } catch (error) {
    if (!(error instanceof Raised) || !error.exception.cls.isSubclassOf(exceptionClass('ImportError'))) throw error
  }
  m.demand(module, name)
  throw importError(
    `cannot import name '${name}' from '${module.name}' (${module.file ?? 'unknown location'})`,
    module.name,
    'ImportError',
    module,
    name,
  )
}

/** ImportError with its `name`; `module` and `wanted` are for suggestions. */
export function importError(message: string, name: string, kind = 'ModuleNotFoundError', module?: PyModule, wanted?: string): Raised {
  const exception = new PyException(exceptionClass(kind), [message])
  exception.attributes.set('name', name)
  exception.attributes.set('path', module?.file ?? null)
  exception.attributes.set('msg', message)
  void wanted
  return new Raised(exception)
}
