import { classOf, type PhpClass } from '../classes.ts'
import { knownConstant } from '../constants.ts'
import type { Php } from '../php.ts'
import {
  isNumeric,
  isTrue,
  keyOf,
  numberOf,
  PhpArray,
  PhpObject,
  PhpResource,
  shortType,
  textOf,
  toInt,
  typeOf,
  type Value,
} from '../value.ts'
import type { Native, Natives } from './native.ts'

const is =
  (test: (value: Value) => boolean): Native =>
  ([value = null]) =>
    test(value)

function classNamed(php: Php, value: Value): PhpClass | undefined {
  return value instanceof PhpObject ? classOf(value) : php.classes.get(textOf(value).replace(/^\\/, '').toLowerCase())
}

const isObject = (value: Value): value is PhpObject => value instanceof PhpObject && !(value instanceof PhpResource)

export const TYPES: Natives = {
  gettype: ([value = null]) => typeOf(value),
  get_debug_type: ([value = null]) => shortType(value),
  is_string: is((value) => typeof value === 'string'),
  is_int: is((value) => typeof value === 'bigint'),
  is_integer: is((value) => typeof value === 'bigint'),
  is_long: is((value) => typeof value === 'bigint'),
  is_float: is((value) => typeof value === 'number'),
  is_double: is((value) => typeof value === 'number'),
  is_bool: is((value) => typeof value === 'boolean'),
  is_null: is((value) => value === null),
  is_array: is((value) => value instanceof PhpArray),
  is_object: is(isObject),
  is_resource: is((value) => value instanceof PhpResource && value.isOpen),
  is_numeric: is(isNumeric),
  is_scalar: is((value) => value !== null && typeof value !== 'object'),
  is_iterable: is((value) => value instanceof PhpArray || (value instanceof PhpObject && value.isA('Traversable'))),
  is_countable: is((value) => value instanceof PhpArray || (value instanceof PhpObject && value.isA('Countable'))),
  is_callable: ([value = null], php) => php.interpreter.isCallable(php, value),
  strval: ([value = null]) => textOf(value),
  boolval: ([value = null]) => isTrue(value),
  settype: ([value = null, type = 'string'], _php, refs) => {
    if (!refs[0]) return false
    const name = textOf(type)
    refs[0].value = /^int/.test(name)
      ? toInt(value)
      : /^(float|double)/.test(name)
        ? numberOf(value)
        : /^bool/.test(name)
          ? isTrue(value)
          : /^array/.test(name)
            ? value instanceof PhpArray
              ? value
              : PhpArray.of([value])
            : textOf(value)
    return true
  },
  get_class: ([value = null], php) => (value instanceof PhpObject ? value.type.name : (php.frames.at(-2)?.scope?.name ?? false)),
  get_parent_class: ([value = null], php) => classNamed(php, value)?.parent?.name ?? false,
  get_object_vars: ([value = null]) => (value instanceof PhpObject ? value.properties.copy() : null),
  get_class_methods: ([value = null], php) => PhpArray.of([...(classNamed(php, value)?.methods.values() ?? [])].map(({ name }) => name)),
  method_exists: ([value = null, name = ''], php) => classNamed(php, value)?.method(textOf(name)) !== undefined,
  property_exists: ([value = null, name = ''], php) =>
    (value instanceof PhpObject && value.properties.has(textOf(name))) || classNamed(php, value)?.property(textOf(name)) !== undefined,
  class_exists: ([name = ''], php) => classNamed(php, textOf(name))?.kind === 'class',
  interface_exists: ([name = ''], php) => classNamed(php, textOf(name))?.kind === 'interface',
  is_a: ([value = null, name = ''], php) =>
    value instanceof PhpObject ? value.isA(textOf(name)) : (classNamed(php, value)?.isA(textOf(name)) ?? false),
  is_subclass_of: ([value = null, name = ''], php) => {
    const type = classNamed(php, value)
    return type !== undefined && type.name.toLowerCase() !== textOf(name).toLowerCase() && type.isA(textOf(name))
  },
  spl_object_id: ([value = null]) => (value instanceof PhpObject ? BigInt(value.id) : 0n),
  spl_object_hash: ([value = null]) => (value instanceof PhpObject ? value.id.toString(16).padStart(32, '0') : ''),
  spl_autoload_register: () => true,
  function_exists: ([name = ''], php) =>
    php.functions.has(textOf(name).toLowerCase()) ||
    php.interpreter.native.has(textOf(name).toLowerCase()) ||
    Object.hasOwn(php.machine.functions ?? {}, textOf(name).toLowerCase()),
  get_defined_functions: (_, php) =>
    new PhpArray([
      ['internal', PhpArray.of([...php.interpreter.native])],
      ['user', PhpArray.of([...php.functions.keys()])],
    ]),
  define: ([name = '', value = null], php) => {
    php.constants.set(textOf(name), value)
    return true
  },
  defined: ([name = ''], php) => knownConstant(php, textOf(name)) !== undefined,
  constant: ([name = ''], php) => knownConstant(php, textOf(name)) ?? php.fail('Error', `Undefined constant "${textOf(name)}"`),
  get_defined_vars: (_, php) => new PhpArray([...(php.frames.at(-2)?.variables ?? [])].map(([name, ref]) => [name, ref.value])),
  compact: (names, php) => {
    const variables = php.frames.at(-2)?.variables
    const wanted = names.flatMap((one) => (one instanceof PhpArray ? one.values() : [one])).map((one) => textOf(one))
    return new PhpArray(wanted.filter((name) => variables?.has(name)).map((name) => [name, variables?.get(name)?.value ?? null]))
  },
  extract: ([list], php) => {
    const frame = php.frames.at(-2)
    if (!(list instanceof PhpArray) || !frame) return 0n
    for (const [name, value] of list.entries()) php.extractInto(frame, String(name), value)
    return BigInt(list.size)
  },
  iterator_count: ([list]) => (list instanceof PhpArray ? BigInt(list.size) : 0n),
  array_key_exists: ([key = null, list]) =>
    list instanceof PhpArray ? list.has(keyOf(key)) : list instanceof PhpObject && list.properties.has(keyOf(key)),
  key_exists: ([key = null, list]) => list instanceof PhpArray && list.has(keyOf(key)),
}
