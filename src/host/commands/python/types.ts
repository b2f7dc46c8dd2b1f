import {
  type Key,
  type Native,
  PyBuiltin,
  PyBytes,
  PyClass,
  PyDict,
  PyException,
  PyIterator,
  PyList,
  PySet,
  PyTuple,
  Raised,
  type Steps,
  type Value,
} from './value.ts'

const objectClass = new PyClass('object', [], new Map(), true)
const typeClass = new PyClass('type', [objectClass], new Map(), true)
objectClass.cls = typeClass
typeClass.cls = typeClass

function builtin(name: string, base: PyClass = objectClass): PyClass {
  return new PyClass(name, [base], new Map(), true, typeClass)
}

const intClass = builtin('int')

/** The classes of CPython's own. They are shared by all programs and cannot be changed by them. */
export const T = {
  object: objectClass,
  type: typeClass,
  int: intClass,
  bool: builtin('bool', intClass),
  float: builtin('float'),
  complex: builtin('complex'),
  str: builtin('str'),
  bytes: builtin('bytes'),
  bytearray: builtin('bytearray'),
  memoryview: builtin('memoryview'),
  list: builtin('list'),
  tuple: builtin('tuple'),
  dict: builtin('dict'),
  set: builtin('set'),
  frozenset: builtin('frozenset'),
  range: builtin('range'),
  slice: builtin('slice'),
  none: builtin('NoneType'),
  ellipsis: builtin('ellipsis'),
  notImplemented: builtin('NotImplementedType'),
  function: builtin('function'),
  builtin: builtin('builtin_function_or_method'),
  methodDescriptor: builtin('method_descriptor'),
  method: builtin('method'),
  module: builtin('module'),
  generator: builtin('generator'),
  coroutine: builtin('coroutine'),
  property: builtin('property'),
  staticmethod: builtin('staticmethod'),
  classmethod: builtin('classmethod'),
  super: builtin('super'),
  code: builtin('code'),
  dictKeys: builtin('dict_keys'),
  dictValues: builtin('dict_values'),
  dictItems: builtin('dict_items'),
  listIterator: builtin('list_iterator'),
  tupleIterator: builtin('tuple_iterator'),
  strIterator: builtin('str_ascii_iterator'),
  rangeIterator: builtin('range_iterator'),
  setIterator: builtin('set_iterator'),
  dictKeyIterator: builtin('dict_keyiterator'),
  dictItemIterator: builtin('dict_itemiterator'),
  bytesIterator: builtin('bytes_iterator'),
  callableIterator: builtin('callable_iterator'),
  enumerate: builtin('enumerate'),
  zip: builtin('zip'),
  map: builtin('map'),
  filter: builtin('filter'),
  reversed: builtin('reversed'),
  mappingproxy: builtin('mappingproxy'),
} as const

/** Exceptions: each line a base and what derives from it. */
const HIERARCHY = `BaseException: Exception SystemExit KeyboardInterrupt GeneratorExit BaseExceptionGroup
Exception: ArithmeticError AssertionError AttributeError BufferError EOFError ImportError LookupError MemoryError NameError OSError ReferenceError RuntimeError StopIteration StopAsyncIteration SyntaxError SystemError TypeError ValueError Warning
ArithmeticError: FloatingPointError OverflowError ZeroDivisionError
ImportError: ModuleNotFoundError
LookupError: IndexError KeyError
NameError: UnboundLocalError
OSError: BlockingIOError ChildProcessError ConnectionError FileExistsError FileNotFoundError InterruptedError IsADirectoryError NotADirectoryError PermissionError ProcessLookupError TimeoutError
ConnectionError: BrokenPipeError ConnectionAbortedError ConnectionRefusedError ConnectionResetError
RuntimeError: NotImplementedError RecursionError
SyntaxError: IndentationError
IndentationError: TabError
ValueError: UnicodeError
UnicodeError: UnicodeDecodeError UnicodeEncodeError UnicodeTranslateError
Warning: BytesWarning DeprecationWarning EncodingWarning FutureWarning ImportWarning PendingDeprecationWarning ResourceWarning RuntimeWarning SyntaxWarning UnicodeWarning UserWarning`

export const EXCEPTIONS = new Map<string, PyClass>()
EXCEPTIONS.set('BaseException', builtin('BaseException'))
for (const line of HIERARCHY.split('\n')) {
  const [base, names] = line.split(': ') as [string, string]
  for (const name of names.split(' ')) EXCEPTIONS.set(name, builtin(name, EXCEPTIONS.get(base)))
}
EXCEPTIONS.set('ExceptionGroup', builtin('ExceptionGroup', EXCEPTIONS.get('Exception')))

export function exceptionClass(name: string): PyClass {
  return EXCEPTIONS.get(name) as PyClass
}

/** Makes a Python exception to be thrown. */
export function raise(name: string | PyClass, ...args: Value[]): Raised {
  return new Raised(new PyException(typeof name === 'string' ? exceptionClass(name) : name, args))
}

export function typeError(message: string): Raised {
  return raise('TypeError', message)
}

export function valueError(message: string): Raised {
  return raise('ValueError', message)
}

export function list(items: Value[]): PyList {
  return new PyList(items, T.list)
}

export function tuple(...items: Value[]): PyTuple {
  return new PyTuple(items, T.tuple)
}

export function tupleOf(items: readonly Value[]): PyTuple {
  return new PyTuple(items, T.tuple)
}

export function bytes(data: Uint8Array | string): PyBytes {
  return new PyBytes(typeof data === 'string' ? Buffer.from(data, 'latin1') : data, T.bytes)
}

export function dict(entries: Iterable<readonly [Value, Value]> = [], cls: PyClass = T.dict): PyDict {
  const made = new PyDict(cls)
  for (const [key, value] of entries) made.map.set(keyOf(key), { key, value })
  return made
}

export function set(items: Iterable<Value>, cls: PyClass = T.set): PySet {
  const made = new PySet(cls)
  for (const item of items) made.map.set(keyOf(item), item)
  return made
}

export function iterator(next: () => Value | undefined | Steps<Value | undefined>, cls: PyClass = T.callableIterator): PyIterator {
  return new PyIterator(next, cls)
}

/** An iterator over values that are there. */
export function iteratorOf(items: Iterable<Value>, cls: PyClass = T.listIterator): PyIterator {
  const inner = items[Symbol.iterator]()
  return new PyIterator(() => {
    const turn = inner.next()
    return turn.done ? undefined : turn.value
  }, cls)
}

export function native(name: string, run: Native): PyBuiltin {
  return new PyBuiltin(name, run, T.builtin)
}

export const NOT_IMPLEMENTED = new PyBuiltin('NotImplemented', () => null, T.notImplemented)
export const ELLIPSIS_VALUE = new PyBuiltin('Ellipsis', () => null, T.ellipsis)

export function classOf(value: Value): PyClass {
  if (value === null) return T.none
  switch (typeof value) {
    case 'string':
      return T.str
    case 'bigint':
      return T.int
    case 'number':
      return T.float
    case 'boolean':
      return T.bool
    default:
      return value.cls
  }
}

export function typeName(value: Value): string {
  return classOf(value).name
}

/** A key that is the same for values that are equal and hash alike. @throws Raised TypeError for what cannot be hashed */
export function keyOf(value: Value, depth = 0): Key {
  switch (typeof value) {
    case 'string':
      return value.charCodeAt(0) === 0 ? `\0s${value}` : value
    case 'bigint':
      return value
    case 'number':
      return Number.isInteger(value) ? BigInt(value) : value
    case 'boolean':
      return value ? 1n : 0n
    default:
  }
  if (value === null) return null
  if (depth > 200) throw raise('RecursionError', 'maximum recursion depth exceeded while calling a Python object')
  if (value instanceof PyTuple) {
    return `\0t${value.items.map((item) => part(keyOf(item, depth + 1))).join('')}`
  }
  if (value instanceof PyBytes && value.cls.isSubclassOf(T.bytes)) return `\0b${value.data.toString('latin1')}`
  if (value instanceof PySet && value.cls === T.frozenset) return `\0f${[...value.map.keys()].map(part).sort().join('')}`
  if (value instanceof PyList || value instanceof PyDict || value instanceof PySet || value instanceof PyBytes)
    throw typeError(`unhashable type: '${value.cls.name}'`)
  return value.cls.hash?.(value) ?? value
}

const numbers = new WeakMap<object, number>()
let lastNumber = 0

function part(key: Key): string {
  if (typeof key === 'string') return `s${key.length}:${key}`
  if (typeof key === 'object' && key !== null) {
    let number = numbers.get(key)
    if (number === undefined) {
      number = ++lastNumber
      numbers.set(key, number)
    }
    return `o${number};`
  }
  return `${typeof key}${key};`
}
