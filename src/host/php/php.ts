import { builtInClasses, type Method, type PhpClass } from './classes.ts'
import type { PhpMachine } from './machine.ts'
import { type Completion, PhpExit, PhpFatal, PhpThrow, type Steps } from './outcome.ts'
import { Output } from './output.ts'
import type { Argument, Expression, FunctionSyntax, Statement } from './syntax.ts'
import { PhpArray, PhpObject, type PhpResource, Ref, textOf, type Value } from './value.ts'

/** The parts that run a script. They call each other, and what they share lies before them: so each is reached by way of the state. */
export interface Interpreter {
  evaluate(php: Php, expression: Expression): Steps<Value>
  runAll(php: Php, statements: readonly Statement[]): Steps<Completion>
  /** Declares what is there before the first statement runs. */
  hoist(php: Php, statements: readonly Statement[]): void
  /** Calls what is callable. */
  callValue(php: Php, callee: Value, args: readonly (Value | Ref)[]): Steps<Value>
  methodCall(php: Php, object: PhpObject, name: string, args: readonly Argument[] | readonly Value[]): Steps<Value>
  /** The class that a name or value stands for where the code is. */
  staticClass(php: Php, of: string | Expression): Steps<PhpClass>
  isCallable(php: Php, value: Value): boolean
  /** Names of the functions that PHP has itself. */
  readonly native: ReadonlySet<string>
}

/** What runs of a function: its variables and where it is. */
export interface Frame {
  variables: Map<string, Ref>
  /** As a stack trace names it: `f`, `A->f`; empty in the main script. */
  label: string
  function: FunctionSyntax | undefined
  self: PhpObject | undefined
  /** The class that the code was written in, and the one that it was called for. */
  scope: PhpClass | undefined
  called: PhpClass | undefined
  file: string
  line: number
  result: Value
  args: readonly Value[]
}

/** Steps between two looks at the machine. */
const SLICE = 256
/** Calls within calls; PHP itself has no bound and dies of the machine's. */
const DEEPEST = 400
/** Values that arrays of a script may hold, and characters of its long texts: memory of ours. */
const MOST_ITEMS = 400_000
const MOST_CHARACTERS = 48 * 1024 * 1024
const LONGEST_TEXT = 8 * 1024 * 1024
/** Messages that are kept until the machine takes them. */
const MOST_WAITING = 20_000

/** The state of a script that runs. */
export class Php {
  readonly machine: PhpMachine
  readonly interpreter: Interpreter
  readonly output: Output
  readonly globals = new Map<string, Ref>()
  readonly functions = new Map<string, FunctionSyntax>()
  readonly classes = builtInClasses()
  readonly constants = new Map<string, Value>()
  readonly statics = new WeakMap<object, Map<string, Ref>>()
  readonly settings = new Map<string, string>()
  readonly resources = new Map<number, PhpResource>()
  readonly included = new Set<string>()
  /** Functions that run at the end, with their arguments. */
  readonly atEnd: { callee: Value; args: Value[] }[] = []
  readonly main: Frame
  readonly frames: Frame[]
  errorHandler: Value = null
  exceptionHandler: Value = null
  lastError: PhpArray | undefined
  /** Messages that wait for the machine to take them. */
  readonly #waiting: { text: string; to: 'print' | 'complain' }[] = []
  /** Above 0 inside of `@`. */
  silent = 0
  cwd: string
  resourceNumber = 5
  /** Number of the last object that was made. */
  lastObject = 0
  jsonError = 0n
  evals = 0
  #steps = 0
  #items = 0
  #characters = 0

  constructor(machine: PhpMachine, interpreter: Interpreter) {
    this.machine = machine
    this.interpreter = interpreter
    this.cwd = machine.cwd ?? '/'
    this.output = new Output(machine.print)
    for (const [name, value] of machine.variables ?? []) this.globals.set(name, new Ref(value))
    for (const [name, value] of machine.settings ?? []) this.settings.set(name, value)
    this.main = {
      variables: this.globals,
      label: '',
      function: undefined,
      self: undefined,
      scope: undefined,
      called: undefined,
      file: machine.file ?? 'Command line code',
      line: 1,
      result: null,
      args: [],
    }
    this.frames = [this.main]
  }

  evaluate(expression: Expression): Steps<Value> {
    return this.interpreter.evaluate(this, expression)
  }

  runAll(statements: readonly Statement[]): Steps<Completion> {
    return this.interpreter.runAll(this, statements)
  }

  callValue(callee: Value, args: readonly (Value | Ref)[]): Steps<Value> {
    return this.interpreter.callValue(this, callee, args)
  }

  methodCall(object: PhpObject, name: string, args: readonly Argument[] | readonly Value[]): Steps<Value> {
    return this.interpreter.methodCall(this, object, name, args)
  }

  staticClass(of: string | Expression): Steps<PhpClass> {
    return this.interpreter.staticClass(this, of)
  }

  get frame(): Frame {
    return this.frames.at(-1) as Frame
  }

  get isCli(): boolean {
    return this.machine.sapi === 'cli'
  }

  /** Counts a step of work. @returns what is to be waited for */
  step(): Promise<void> | undefined {
    if (++this.#steps % SLICE !== 0) return undefined
    if (this.#steps > (this.machine.mostSteps ?? Number.POSITIVE_INFINITY)) throw new PhpExit(255)
    return this.machine.spend?.(SLICE)
  }

  /** Counts a value that an array takes up. */
  item(): void {
    if (++this.#items > MOST_ITEMS) this.outOfMemory(20_480)
  }

  /** Looks at a text that a script has made. */
  text(text: string): string {
    if (text.length < 4096) return text
    this.#characters += text.length
    if (text.length > LONGEST_TEXT || this.#characters > MOST_CHARACTERS) this.outOfMemory(text.length + 32)
    return text
  }

  outOfMemory(bytes: number): never {
    throw new PhpFatal(`Allowed memory size of 134217728 bytes exhausted (tried to allocate ${bytes} bytes)`)
  }

  enter(frame: Frame): void {
    if (this.frames.length >= DEEPEST) throw new PhpExit(139)
    this.frames.push(frame)
  }

  /** As extract() does: by a name that is one. */
  extractInto({ variables }: Frame, name: string, value: Value): void {
    if (!/^[a-zA-Z_]\w*$/.test(name) || name === 'this') return
    const there = variables.get(name)
    if (there) there.value = value
    else variables.set(name, new Ref(value))
  }

  *print(text: string): Steps<void> {
    if (this.output.write(text)) yield* this.flush()
  }

  /** All that was printed and told goes out, before something else prints or time passes. */
  *flush(): Steps<void> {
    this.#waiting.push({ text: this.output.take(), to: 'print' })
    yield this.#send()
  }

  async #send(): Promise<void> {
    for (const { text, to } of this.#waiting.splice(0)) if (text !== '') await this.machine[to]?.(text)
  }

  /** A line for the log. */
  told(line: string): void {
    if (this.#waiting.length > MOST_WAITING) return
    this.#waiting.push({ text: this.output.take(), to: 'print' }, { text: line, to: 'complain' })
  }

  warn(text: string): void {
    this.report('Warning', text)
  }

  /** As a message of PHP at this line, unless `@` or error_reporting() hush it. */
  report(
    level: 'Warning' | 'Notice' | 'Deprecated' | 'Fatal error' | 'Parse error',
    text: string,
    file = this.frame.file,
    line = this.frame.line,
  ): void {
    const isFatal = level === 'Fatal error' || level === 'Parse error'
    const entries: [string, Value][] = [
      ['type', { Warning: 2n, Notice: 8n, Deprecated: 8192n, 'Fatal error': 1n, 'Parse error': 4n }[level]],
      ['message', text],
      ['file', file],
      ['line', BigInt(line)],
    ]
    this.lastError = new PhpArray(entries)
    if (!isFatal && this.#handled(text, file, line)) return
    if ((this.silent > 0 && !isFatal) || level === 'Deprecated') return
    const mask = this.settings.get('error_reporting')
    if (mask !== undefined && (Number(mask) & Number(this.lastError.get('type') as bigint)) === 0) return
    if (isOn(this.settings.get('log_errors') ?? '1')) this.told(`PHP ${level}:  ${text} in ${file} on line ${line}\n`)
    if (isOn(this.settings.get('display_errors') ?? '0')) this.output.write(`\n${level}: ${text} in ${file} on line ${line}\n`)
  }

  /** Leaves a message to the script's own handler, which waits for nothing. */
  #handled(text: string, file: string, line: number): boolean {
    const handler = this.errorHandler
    if (handler === null || this.lastError === undefined) return false
    this.errorHandler = null
    const steps = this.callValue(handler, [this.lastError.get('type') as Value, text, file, BigInt(line)])
    let result = steps.next()
    while (!result.done) result = steps.next()
    this.errorHandler = handler
    return result.value !== false
  }

  /** Throws an exception of one of PHP's own classes. */
  fail(type: string, text: string): never {
    throw new PhpThrow(this.exception(this.classes.get(type.toLowerCase()) as PhpClass, text))
  }

  exception(type: PhpClass, message: Value = '', code: Value = 0n, previous: Value = null): PhpObject {
    const object = new PhpObject(type)
    const { properties } = object
    properties.set('message', message)
    properties.set('code', code)
    this.place(object, previous)
    return object
  }

  /** Where an exception was made. */
  place(object: PhpObject, previous: Value = null): void {
    const { properties } = object
    properties.set('file', this.frame.file)
    properties.set('line', BigInt(this.frame.line))
    properties.set('trace', PhpArray.of([...this.#trace()]))
    properties.set('previous', previous)
  }

  *#trace(): Generator<Value> {
    for (let at = this.frames.length - 1; at > 0; at--) {
      const { label } = this.frames[at] as Frame
      const { file, line } = this.frames[at - 1] as Frame
      yield new PhpArray([
        ['file', file],
        ['line', BigInt(line)],
        ['function', label],
      ])
    }
  }
}

function isOn(value: string): boolean {
  return !['', '0', 'off', 'no', 'false', 'stderr'].includes(value.toLowerCase())
}

/** `#0 file(1): f()` and so on, down to `{main}`. */
export function traceText(exception: PhpObject): string {
  const trace = exception.properties.get('trace')
  const calls = trace instanceof PhpArray ? trace.values() : []
  const lines = calls.flatMap((call, n) =>
    call instanceof PhpArray
      ? [`#${n} ${textOf(call.get('file') ?? '')}(${textOf(call.get('line') ?? '')}): ${textOf(call.get('function') ?? '')}()`]
      : [],
  )
  return [...lines, `#${lines.length} {main}`].join('\n')
}

/** A method that this code may call, or what PHP says of it. */
export function mayCall({ visibility, owner }: Method, scope: PhpClass | undefined): boolean {
  if (visibility === 'public') return true
  if (visibility === 'private') return scope === owner
  return scope !== undefined && (scope.isA(owner.name) || owner.isA(scope.name))
}
