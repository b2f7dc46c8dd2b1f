import { HostError } from '../../contract.ts'
import type { KernelProcess } from '../../process/kernel-process.ts'
import { assign } from './assignment.ts'
import { attribute, delattr, getattr, setattr } from './attributes.ts'
import { call, instantiate } from './calls.ts'
import { decode, encode } from './codecs.ts'
import { compare, equals } from './compare.ts'
import { drive, runShortly } from './driver.ts'
import { evaluate, formatted } from './expressions.ts'
import type { PyFile } from './file.ts'
import type { Frame } from './frame.ts'
import type { Importer } from './importer.ts'
import { isIterable, iterate, next, resume, resumeGenerator, toArray } from './iteration.ts'
import { libraryLines } from './library-frames.ts'
import { Memory } from './memory.ts'
import { asFloat, asInteger } from './operators.ts'
import { raisedFrom } from './os-error.ts'
import type { Shows } from './percent.ts'
import { remove } from './scopes.ts'
import { namesOf, plainRepr, repr, str } from './show.ts'
import { type Completion, execute } from './statements.ts'
import { delitem, getitem, setitem } from './subscript.ts'
import type { Expression, Statement } from './syntax.ts'
import { traceLine } from './traceback.ts'
import * as truthiness from './truth.ts'
import { exceptionClass, keyOf, raise, T, tupleOf } from './types.ts'
import {
  type Key,
  type Keywords,
  NO_KEYWORDS,
  PyBuiltin,
  PyClass,
  PyCode,
  PyDict,
  type PyException,
  type PyFunction,
  PyGenerator,
  PyInstance,
  type PyIterator,
  PyModule,
  type PyObject,
  Raised,
  type Steps,
  Unsupported,
  type Value,
} from './value.ts'

/** sys.getrecursionlimit() */
export const RECURSION_LIMIT = 1000

/** One running interpreter: the state of a program, and what the parts of the evaluator need of each other. */
export class Machine {
  readonly process: KernelProcess
  readonly modules = new Map<string, PyModule>()
  readonly builtins = new Map<string, Value>()
  readonly memory: Memory
  /** Objects whose repr is being made, so that one that holds itself ends. */
  readonly showing = new Set<PyObject>()
  readonly shows: Shows
  readonly evaluate = (node: Expression, frame: Frame): Steps<Value> => evaluate(this, node, frame)
  readonly argv: readonly string[]
  /** sys.path[0] */
  firstPath = ''
  isInteractive = false
  /** Whether the program has changed something or shown something that cannot be taken back. */
  hasActed = false
  exits = false
  /** Ctrl-C is a child's business while this is above zero. */
  ignoresInterrupts = 0
  frame: Frame | undefined
  /** Shows the value of an expression statement of {@link echoFrame}, in the interactive interpreter. */
  echo: ((value: Value) => Steps<void>) | undefined
  echoFrame: Frame | undefined
  stdin!: PyFile
  stdout!: PyFile
  stderr!: PyFile
  importer!: Importer
  recursionLimit = RECURSION_LIMIT
  readonly openFiles = new Set<PyFile>()
  /** Told of source that the program makes and runs. */
  noteSource: (source: string) => void = () => {}
  /** Dicts that stand for namespaces: what globals() gave, and what exec() was given. */
  readonly #namespaces = new WeakMap<PyDict, Map<string, Value>>()
  readonly #dicts = new WeakMap<Map<string, Value>, PyDict>()
  /** A Ctrl-C that has not been noticed yet. */
  interrupted = false
  /** What runs at exit, last first. */
  readonly atExit: (() => Steps<Value>)[] = []
  readonly #addresses = new WeakMap<object, bigint>()
  #nextAddress: bigint

  constructor(process: KernelProcess, argv: readonly string[]) {
    this.process = process
    this.argv = argv
    this.memory = new Memory(process)
    this.#nextAddress = 0x7f0000000000n + BigInt(Math.floor(Math.random() * 2 ** 28)) * 0x1000n
    this.shows = {
      str: (value) => str(this, value),
      repr: (value) => repr(this, value),
      integer: asInteger,
      float: asFloat,
    }
  }

  /** Runs steps to their end; waits for what they wait for. */
  run<R>(steps: Steps<R>): Promise<R> {
    return drive(steps) as Promise<R>
  }

  /** Runs steps that should be short without waiting: hashes and comparisons by a program's own methods. */
  runShortly<R>(steps: Steps<R>): R {
    return runShortly(steps) as R
  }

  /** Accounts for a step; gives what to wait for. @throws Raised KeyboardInterrupt */
  spend(steps = 1): Promise<void> | undefined {
    if (this.interrupted) {
      this.interrupted = false
      throw raise('KeyboardInterrupt')
    }
    return this.process.spend(steps)
  }

  /* ---- memory ---- */

  allocate(bytes: number): void {
    this.memory.allocate(bytes)
  }

  allocated(text: string): string {
    if (text.length > 512) this.memory.allocate(text.length)
    return text
  }

  growing(bytes: number): void {
    this.memory.growing(bytes)
  }

  grown(bytes: number): void {
    this.memory.grown(bytes)
  }

  /* ---- frames ---- */

  push(frame: Frame): void {
    frame.back = this.frame
    frame.depth = (this.frame?.depth ?? 0) + 1
    if (frame.depth > this.recursionLimit) throw raise('RecursionError', 'maximum recursion depth exceeded')
    this.frame = frame
  }

  pop(frame: Frame): void {
    this.frame = frame.back
  }

  /** Runs steps in a frame; an exception that leaves it has its line. */
  *inFrame<R>(frame: Frame, steps: Steps<R>): Steps<R> {
    this.push(frame)
    try {
      return yield* steps
    } catch (error) {
      throw this.caught(error, frame) ?? error
    } finally {
      this.pop(frame)
    }
  }

  /** A Python exception that has come to a frame, with the frame's line in its traceback; undefined for what is none. */
  caught(error: unknown, frame: Frame): Raised | undefined {
    const raised = this.asRaised(error)
    if (!raised) return undefined
    const { exception } = raised
    if (exception.lastFrame !== frame) {
      exception.lastFrame = frame
      if (frame.source.isLibrary) exception.library = `${frame.globals.get('__name__')}.${frame.qualname}`
      else {
        this.enterLibrary(exception)
        exception.trace.unshift(traceLine(frame))
      }
    }
    if (frame.handled && frame.handled !== exception) setContext(exception, frame.handled)
    return raised
  }

  /** Puts in the lines of CPython's library for the function of ours that an exception has come out of. */
  enterLibrary(exception: PyException): void {
    if (exception.library === undefined) return
    exception.trace.unshift(...libraryLines(exception.library, exception.cls.name, exception.args[0]))
    exception.library = undefined
  }

  /** An exception raised while another was handled. */
  chained(error: unknown, handled: PyException, frame: Frame): unknown {
    this.enterLibrary(handled)
    const raised = this.caught(error, frame)
    if (!raised) return error
    setContext(raised.exception, handled)
    return raised
  }

  /** What is thrown as a Python exception: faults of the host's system calls and of our own limits too. */
  asRaised(error: unknown): Raised | undefined {
    if (error instanceof Raised) return error
    if (error instanceof HostError && !this.process.status) {
      if (error.code === 'EINTR' && this.interrupted) {
        this.interrupted = false
        return raise('KeyboardInterrupt')
      }
      return raisedFrom(error)
    }
    if (error instanceof RangeError)
      return /stack/.test(error.message) ? raise('RecursionError', 'maximum recursion depth exceeded') : raise('MemoryError')
    return undefined
  }

  /** The exception that is being handled by whoever calls. */
  handling(): PyException | undefined {
    for (let frame = this.frame; frame; frame = frame.back) if (frame.handled) return frame.handled
    return undefined
  }

  /** @throws Raised NameError, UnboundLocalError */
  missingName(node: Expression & { type: 'name' }, frame: Frame): never {
    const { name } = node
    const isLocal = frame.scope.kind === 'function' && node.where === 'local'
    const raised = isLocal
      ? raise('UnboundLocalError', `cannot access local variable '${name}' where it is not associated with a value`)
      : node.where === 'free'
        ? raise('NameError', `cannot access free variable '${name}' where it is not associated with a value in enclosing scope`)
        : raise('NameError', `name '${name}' is not defined`)
    if (!isLocal) {
      raised.exception.attributes.set('name', name)
      raised.exception.candidates = () => [...frame.locals.keys(), ...frame.globals.keys(), ...this.builtins.keys()]
    }
    throw raised
  }

  unbind(name: Expression & { type: 'name' }, frame: Frame): void {
    remove(this, name, frame)
  }

  /** Says that a program is not for us when CPython's module has a name that ours lacks. @throws Unsupported */
  demand(module: PyModule, name: string): void {
    if (module.lacks?.has(name)) throw new Unsupported(`${module.name}.${name}`)
  }

  /* ---- operations ---- */

  execute(body: readonly Statement[], frame: Frame): Steps<Completion> {
    return execute(this, body, frame)
  }

  call(fn: Value, args: Value[], keywords: Keywords = NO_KEYWORDS): Steps<Value> {
    return call(this, fn, args, keywords)
  }

  instantiate(cls: PyClass, args: Value[], keywords: Keywords): Steps<Value> {
    return instantiate(this, cls, args, keywords)
  }

  /** object.__new__(cls), with the value for classes that derive from int, float or str. */
  *bare(cls: Value, args: Value[] = []): Steps<Value> {
    if (!(cls instanceof PyClass)) throw raise('TypeError', 'object.__new__(X): X is not a type object')
    const maker = cls.mro.find((base) => base.make !== undefined)
    if (!maker?.make) return new PyInstance(cls)
    return (yield* this.call(
      new PyBuiltin('__new__', (m) => (maker.make as NonNullable<PyClass['make']>)(m, cls, args, NO_KEYWORDS), T.builtin),
      [],
    )) as Value
  }

  getattr(object: Value, name: string): Steps<Value> {
    return getattr(this, object, name)
  }

  /** An attribute without an error when it is missing. */
  attribute(object: Value, name: string): Value | undefined | Steps<Value> {
    return attribute(this, object, name)
  }

  setattr(object: Value, name: string, value: Value): Steps<void> {
    return setattr(this, object, name, value)
  }

  delattr(object: Value, name: string): Steps<void> {
    return delattr(this, object, name)
  }

  getitem(object: Value, index: Value): Steps<Value> {
    return getitem(this, object, index)
  }

  setitem(object: Value, index: Value, value: Value): Steps<void> {
    return setitem(this, object, index, value)
  }

  delitem(object: Value, index: Value): Steps<void> {
    return delitem(this, object, index)
  }

  assign(target: Expression, value: Value, frame: Frame): Steps<void> {
    return assign(this, target, value, frame)
  }

  isIterable(value: Value): boolean {
    return isIterable(value)
  }

  iterate(value: Value): Steps<PyIterator | PyGenerator> {
    return iterate(this, value)
  }

  next(iterator: PyIterator | PyGenerator): Steps<Value | undefined> {
    return next(this, iterator)
  }

  resume(iterator: PyIterator | PyGenerator, sent: Value): Steps<{ done: boolean; value: Value }> {
    return resume(this, iterator, sent)
  }

  resumeGenerator(generator: PyGenerator, sent: Value, thrown?: Raised): Steps<{ done: boolean; value: Value }> {
    return resumeGenerator(this, generator, sent, thrown)
  }

  toArray(value: Value): Steps<Value[]> {
    return toArray(this, value)
  }

  truth(value: Value): Steps<boolean> {
    return truthiness.truth(this, value)
  }

  same(a: Value, b: Value): boolean {
    return truthiness.same(a, b)
  }

  equals(a: Value, b: Value): boolean {
    return equals(this, a, b)
  }

  compare(operator: string, a: Value, b: Value): Steps<Value> {
    return compare(this, operator, a, b)
  }

  str(value: Value): Steps<string> {
    return str(this, value)
  }

  repr(value: Value): Steps<string> {
    return repr(this, value)
  }

  plainRepr(value: Value): Steps<string> {
    return plainRepr(this, value)
  }

  format(value: Value, spec: string): Steps<string> {
    return formatted(this, value, spec)
  }

  dir(value: Value): string[] {
    return namesOf(this, value)
  }

  typeNames(_cls: PyClass): readonly string[] {
    return truthiness.OBJECT_NAMES
  }

  hash(value: Value): bigint {
    return truthiness.hashNumber(this, keyOf(value))
  }

  exception(name: string): PyClass {
    return exceptionClass(name)
  }

  importModule(name: string): Steps<PyModule> {
    return this.importer.load(name)
  }

  tuple(items: readonly Value[]): Value {
    return tupleOf(items)
  }

  get hasShown(): boolean {
    return this.stdout.hasWritten || this.stderr.hasWritten
  }

  nativeModule(name: string, attributes: Iterable<readonly [string, Value]>): PyModule {
    const module = new PyModule(name, new Map<string, Value>([['__name__', name], ...attributes]), T.module)
    this.modules.set(name, module)
    return module
  }

  protocolMethod(object: Value, name: string): PyBuiltin | undefined {
    return truthiness.protocolMethod(object, name)
  }

  /** A name's annotation in a class or module, for dataclasses; what it says is not kept. */
  annotate(name: string, frame: Frame): void {
    const known = frame.locals.get('__annotations__')
    const all = known instanceof PyDict ? known : new PyDict(T.dict)
    frame.locals.set('__annotations__', all)
    all.map.set(name, { key: name, value: null })
  }

  /** The result of a coroutine. Only those that need no event loop come here. */
  *awaited(value: Value): Steps<Value> {
    if (!(value instanceof PyGenerator)) throw new Unsupported('await')
    const { done, value: result } = yield* this.resumeGenerator(value, null)
    if (!done) throw new Unsupported('await')
    return result
  }

  complex(_value: { imaginary: number }): Value {
    throw new Unsupported('complex numbers')
  }

  codeOf(fn: PyFunction): PyCode {
    return new PyCode('', fn.closure.source.name, fn.name, T.code)
  }

  /** A traceback as sys.exc_info and `__exit__` hand it out: the exception stands for it. */
  traceback(exception: PyException): Value {
    const object = new PyInstance(TRACEBACK)
    object.attributes.set('tb_lineno', BigInt(exception.trace.at(0)?.line ?? 1))
    object.attributes.set('tb_next', null)
    return object
  }

  /** id() of an object, and where its repr says that it is. */
  id(value: object): bigint {
    let address = this.#addresses.get(value)
    if (address === undefined) {
      this.#nextAddress += 48n + 16n * BigInt(Math.floor(Math.random() * 8))
      address = this.#nextAddress
      this.#addresses.set(value, address)
    }
    return address
  }

  address(value: object): string {
    return `0x${this.id(value).toString(16)}`
  }

  /** A namespace as a dict that a program may change. */
  namespace(map: Map<string, Value>): PyDict {
    const known = this.#dicts.get(map)
    if (known) return known
    const made = new Namespace(T.dict, map)
    this.#namespaces.set(made, map)
    this.#dicts.set(map, made)
    return made
  }

  /** A dict as a namespace. */
  mapOf(dict: PyDict): Map<string, Value> {
    const known = this.#namespaces.get(dict)
    if (known) return known
    const made = new Map<string, Value>()
    for (const { key, value } of dict.map.values()) if (typeof key === 'string') made.set(key, value)
    return made
  }

  /** Puts what code has bound into the dict that it was given. */
  writeBack(dict: PyDict, map: ReadonlyMap<string, Value>): void {
    if (dict instanceof Namespace) return
    for (const [key, value] of map) dict.map.set(keyOf(key), { key, value })
  }

  decode(bytes: Buffer, encoding: string, errors: string): string {
    return decode(bytes, encoding, errors)
  }

  encode(text: string, encoding: string, errors: string): Buffer {
    return encode(text, encoding, errors)
  }

  /** io.UnsupportedOperation */
  unsupportedOperation(): PyClass {
    return UNSUPPORTED
  }

  /** Counts what is alive, when enough has come since. */
  countMemory(): Steps<void> {
    return this.memory.count(this.#roots())
  }

  *#roots(): Iterable<Iterable<Value>> {
    for (const module of this.modules.values()) yield module.attributes.values()
    for (let frame = this.frame; frame; frame = frame.back) yield frame.locals.values()
  }

  /** The error of an augmented assignment names its own operator. */
  inPlace(error: unknown, operator: string): unknown {
    if (!(error instanceof Raised)) return error
    const [message] = error.exception.args
    if (typeof message === 'string' && message.startsWith('unsupported operand'))
      error.exception.args = [message.replace(/for .*?: '/, `for ${operator}=: '`)]
    return error
  }
}

/** globals(): what is set in it is a name of the module. */
class Namespace extends PyDict {
  override readonly map: PyDict['map']

  constructor(cls: PyClass, names: Map<string, Value>) {
    super(cls)
    this.map = new NameMap(names)
  }
}

/** Entries of a namespace, always those of the moment. */
class NameMap extends Map<Key, { key: Value; value: Value }> {
  readonly #names: Map<string, Value>

  constructor(names: Map<string, Value>) {
    super()
    this.#names = names
  }

  override get size(): number {
    return this.#names?.size ?? 0
  }

  override get(key: Key): { key: Value; value: Value } | undefined {
    const value = typeof key === 'string' ? this.#names.get(key) : undefined
    return value === undefined ? undefined : { key: key as string, value }
  }

  override has(key: Key): boolean {
    return typeof key === 'string' && this.#names.has(key)
  }

  override set(key: Key, entry: { key: Value; value: Value }): this {
    if (typeof key === 'string') this.#names.set(key, entry.value)
    return this
  }

  override delete(key: Key): boolean {
    return typeof key === 'string' && this.#names.delete(key)
  }

  override clear(): void {
    this.#names.clear()
  }

  override *entries(): MapIterator<[Key, { key: Value; value: Value }]> {
    for (const [key, value] of this.#names) yield [key, { key, value }]
  }

  override *keys(): MapIterator<Key> {
    yield* this.#names.keys()
  }

  override *values(): MapIterator<{ key: Value; value: Value }> {
    for (const [key, value] of this.#names) yield { key, value }
  }

  override [Symbol.iterator](): MapIterator<[Key, { key: Value; value: Value }]> {
    return this.entries()
  }
}

const TRACEBACK = new PyClass('traceback', [T.object], new Map(), true, T.type)

const UNSUPPORTED = new PyClass('UnsupportedOperation', [exceptionClass('OSError'), exceptionClass('ValueError')], new Map(), true, T.type)
UNSUPPORTED.module = 'io'

function setContext(exception: PyException, handled: PyException): void {
  if (exception === handled || exception.context) return
  // A chain that would come back to itself is cut.
  for (let at: PyException | null = handled; at; at = at.context) {
    if (at.context === exception) {
      at.context = null
      break
    }
  }
  exception.context = handled
}
