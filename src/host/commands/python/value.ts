import type { Frame } from './frame.ts'
import type { Machine } from './machine.ts'
import type { Expression, Parameters, Scope, Statement } from './syntax.ts'

/**
 * Values of Python. None is null, int is bigint, float is number, str is a host text (lone surrogates U+DC80… stand for bytes,
 * as with Python's own surrogateescape); all else is an object of ours.
 */
export type Value = null | boolean | bigint | number | string | PyObject

/** What evaluation hands to the driver: something to wait for, a call to make, or a generator to go on with. */
export type Steps<T> = Generator<unknown, T, unknown>

/** Code of ours that Python may call. It may compute at once, wait for the host, or call Python in its turn. */
export type Native = (machine: Machine, args: Value[], keywords: Keywords) => Value | Steps<Value> | Promise<Value>

export type Keywords = ReadonlyMap<string, Value>
export const NO_KEYWORDS: Keywords = new Map()

export class PyObject {
  cls: PyClass
  attributes: Map<string, Value> | undefined

  constructor(cls: PyClass) {
    this.cls = cls
  }
}

export class PyClass extends PyObject {
  readonly name: string
  readonly bases: readonly PyClass[]
  readonly mro: readonly PyClass[]
  /** Its own attributes. */
  readonly dict: Map<string, Value>
  /** A type of CPython's own: its attributes cannot be set. */
  readonly isBuiltin: boolean
  /** As repr shows it; `builtins` is left out there. */
  module: string
  qualname: string
  /** Makes an instance; found along the mro. */
  make: ((machine: Machine, cls: PyClass, args: Value[], keywords: Keywords) => Value | Steps<Value> | Promise<Value>) | undefined

  /** Of its instances, where the class says so itself; undefined when an object is its own key. @throws Raised TypeError */
  hash: ((value: Value) => Key | undefined) | undefined

  constructor(name: string, bases: readonly PyClass[], dict: Map<string, Value>, isBuiltin: boolean, meta?: PyClass) {
    super(meta as PyClass)
    this.name = name
    this.qualname = name
    this.bases = bases
    this.dict = dict
    this.isBuiltin = isBuiltin
    this.module = 'builtins'
    this.mro = [this, ...merge([...bases.map((base) => [...base.mro]), [...bases]])]
  }

  find(name: string): Value | undefined {
    for (const cls of this.mro) {
      const value = cls.dict.get(name)
      if (value !== undefined) return value
    }
    return undefined
  }

  isSubclassOf(other: PyClass): boolean {
    return this.mro.includes(other)
  }
}

/** An order of bases that C3 cannot merge. */
export class InconsistentBases extends Error {}

/** C3 linearisation. */
function merge(lists: PyClass[][]): PyClass[] {
  const order: PyClass[] = []
  for (;;) {
    const left = lists.filter((list) => list.length > 0)
    if (left.length === 0) return order
    const next = left.map((list) => list[0] as PyClass).find((head) => left.every((list) => !list.slice(1).includes(head)))
    if (!next) throw new InconsistentBases()
    order.push(next)
    for (const list of left) if (list[0] === next) list.shift()
  }
}

/** An instance of a class that a program made. */
export class PyInstance extends PyObject {
  override attributes = new Map<string, Value>()
  /** The value of an instance of a class that derives from int, float or str. */
  payload: Value | undefined
}

export class PyList extends PyObject {
  items: Value[]

  constructor(items: Value[], cls: PyClass) {
    super(cls)
    this.items = items
  }
}

export class PyTuple extends PyObject {
  readonly items: readonly Value[]

  constructor(items: readonly Value[], cls: PyClass) {
    super(cls)
    this.items = items
  }
}

export type Key = string | bigint | number | null | boolean | PyObject

export class PyDict extends PyObject {
  readonly map = new Map<Key, { key: Value; value: Value }>()
}

export class PySet extends PyObject {
  readonly map = new Map<Key, Value>()
}

/** bytes, and bytearray by its class. */
export class PyBytes extends PyObject {
  data: Buffer

  constructor(data: Uint8Array, cls: PyClass) {
    super(cls)
    this.data = Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  }
}

export class PySlice extends PyObject {
  readonly from: Value
  readonly to: Value
  readonly step: Value

  constructor(from: Value, to: Value, step: Value, cls: PyClass) {
    super(cls)
    this.from = from
    this.to = to
    this.step = step
  }
}

export class PyRange extends PyObject {
  readonly start: bigint
  readonly stop: bigint
  readonly step: bigint
  readonly length: bigint

  constructor(start: bigint, stop: bigint, step: bigint, cls: PyClass) {
    super(cls)
    this.start = start
    this.stop = stop
    this.step = step
    const span = step > 0n ? stop - start : start - stop
    const size = step > 0n ? step : -step
    this.length = span > 0n ? (span + size - 1n) / size : 0n
  }
}

/** An iterator: `next` gives undefined at its end. */
export class PyIterator extends PyObject {
  next: () => Value | undefined | Steps<Value | undefined>

  constructor(next: PyIterator['next'], cls: PyClass) {
    super(cls)
    this.next = next
  }
}

export class PyGenerator extends PyObject {
  readonly name: string
  readonly frame: Frame
  readonly body: Steps<Value>
  state: 'new' | 'suspended' | 'running' | 'done' = 'new'

  constructor(name: string, frame: Frame, body: Steps<Value>, cls: PyClass) {
    super(cls)
    this.name = name
    this.frame = frame
    this.body = body
  }
}

export class PyFunction extends PyObject {
  name: string
  qualname: string
  readonly parameters: Parameters
  readonly defaults: readonly (Value | undefined)[]
  readonly keywordDefaults: ReadonlyMap<string, Value>
  readonly body: Statement[] | Expression
  readonly scope: Scope
  readonly closure: Frame
  readonly isAsync: boolean
  /** The class whose body defines it, for super(). */
  owner: PyClass | undefined

  constructor(
    facts: Pick<PyFunction, 'name' | 'qualname' | 'parameters' | 'defaults' | 'keywordDefaults' | 'body' | 'scope' | 'closure' | 'isAsync'>,
    cls: PyClass,
  ) {
    super(cls)
    this.name = facts.name
    this.qualname = facts.qualname
    this.parameters = facts.parameters
    this.defaults = facts.defaults
    this.keywordDefaults = facts.keywordDefaults
    this.body = facts.body
    this.scope = facts.scope
    this.closure = facts.closure
    this.isAsync = facts.isAsync
  }
}

export class PyBuiltin extends PyObject {
  readonly name: string
  readonly native: Native
  /** What it is bound to. */
  readonly self: Value | undefined
  /** Whether it takes the object that it is found on as its first argument. */
  readonly isMethod: boolean
  module: string | undefined

  constructor(name: string, native: Native, cls: PyClass, isMethod = false, self?: Value) {
    super(cls)
    this.name = name
    this.native = native
    this.isMethod = isMethod
    this.self = self
  }
}

export class PyMethod extends PyObject {
  readonly function: Value
  readonly self: Value

  constructor(fn: Value, self: Value, cls: PyClass) {
    super(cls)
    this.function = fn
    this.self = self
  }
}

export class PyModule extends PyObject {
  readonly name: string
  override attributes: Map<string, Value>
  file: string | undefined
  /** Names of CPython's module that ours does not have: a program that needs one is not for us. */
  lacks: ReadonlySet<string> | undefined

  constructor(name: string, attributes: Map<string, Value>, cls: PyClass) {
    super(cls)
    this.name = name
    this.attributes = attributes
  }
}

export class PyProperty extends PyObject {
  readonly get: Value
  readonly set: Value
  readonly delete: Value

  constructor(get: Value, set: Value, remove: Value, cls: PyClass) {
    super(cls)
    this.get = get
    this.set = set
    this.delete = remove
  }
}

/** staticmethod and classmethod. */
export class PyWrapper extends PyObject {
  readonly function: Value

  constructor(fn: Value, cls: PyClass) {
    super(cls)
    this.function = fn
  }
}

export class PySuper extends PyObject {
  readonly start: PyClass
  readonly self: Value
  readonly type: PyClass

  constructor(start: PyClass, self: Value, type: PyClass, cls: PyClass) {
    super(cls)
    this.start = start
    this.self = self
    this.type = type
  }
}

/** Compiled source: of compile(), and of code objects that tracebacks name. */
export class PyCode extends PyObject {
  readonly source: string
  readonly file: string
  readonly mode: string

  constructor(source: string, file: string, mode: string, cls: PyClass) {
    super(cls)
    this.source = source
    this.file = file
    this.mode = mode
  }
}

/** A line of a traceback. */
export interface TraceLine {
  file: string
  line: number
  name: string
  /** Source, when it can be read, and the columns that are marked. */
  text?: string | undefined
  marks?: string | undefined
}

export class PyException extends PyObject {
  args: readonly Value[]
  /** Outermost first. */
  trace: TraceLine[] = []
  /** The frame that has put its line in last. */
  lastFrame: object | undefined
  cause: PyException | null = null
  context: PyException | null = null
  suppressContext = false
  /** The library's function that it has come out of, whose lines are still to be put in. */
  library: string | undefined
  /** Names that may have been meant, for NameError and AttributeError. */
  candidates: (() => Iterable<string>) | undefined
  /** Where the source is wrong, for SyntaxError. */
  syntax: { file: string; line: number; column: number; endLine: number; endColumn: number; text: string | undefined } | undefined
  override attributes = new Map<string, Value>()

  constructor(cls: PyClass, args: readonly Value[]) {
    super(cls)
    this.args = args
  }
}

/** A Python exception on its way. */
export class Raised extends Error {
  readonly exception: PyException

  constructor(exception: PyException) {
    super(exception.cls.name)
    this.exception = exception
  }
}

/** The program needs something that the interpreter does not have. */
export class Unsupported extends Error {}

/** A call that the driver makes, so that the depth of Python's stack is not that of ours. */
export class Call {
  readonly steps: Steps<unknown>

  constructor(steps: Steps<unknown>) {
    this.steps = steps
  }
}

/** A generator's body hands out a value. */
export class Yielded {
  readonly value: Value

  constructor(value: Value) {
    this.value = value
  }
}

/** Asks the driver to go on with a generator's body. Gives `{ done, value }`. */
export class Resume {
  readonly body: Steps<Value>
  readonly sent: Value
  readonly thrown: Raised | undefined

  constructor(body: Steps<Value>, sent: Value, thrown?: Raised) {
    this.body = body
    this.sent = sent
    this.thrown = thrown
  }
}

export function isSteps(value: unknown): value is Steps<Value> {
  return typeof value === 'object' && value !== null && !(value instanceof PyObject) && 'next' in value
}
