import { define } from './signature.ts'
import { getter } from './types/others.ts'
import { T } from './types.ts'
import { PyClass, PyInstance, PyTuple, type Value } from './value.ts'

/** A tuple with named fields, as os.stat_result and its like. */
export function recordClass(name: string, module: string, fields: readonly string[]): PyClass {
  const cls = new PyClass(name, [T.tuple], new Map(), true, T.type)
  cls.module = module
  for (const [i, field] of fields.entries()) getter(cls, field, (self: PyTuple) => self.items[i] as Value)
  cls.dict.set(
    '__repr__',
    define(
      '__repr__',
      'self',
      function* (m, self: PyTuple) {
        const parts: string[] = []
        for (const [i, field] of fields.entries()) parts.push(`${field}=${yield* m.repr(self.items[i] as Value)}`)
        return `${module === 'builtins' || module === '' ? '' : `${module}.`}${name}(${parts.join(', ')})`
      },
      true,
    ),
  )
  return cls
}

export function record(cls: PyClass, ...items: Value[]): PyTuple {
  return new PyTuple(items, cls)
}

/** An object that is only its attributes. */
export function plainObject(name: string, attributes: Iterable<readonly [string, Value]>, module = 'builtins'): PyInstance {
  const cls = new PyClass(name, [T.object], new Map(), true, T.type)
  cls.module = module
  const made = new PyInstance(cls)
  for (const [key, value] of attributes) made.attributes.set(key, value)
  return made
}
