import type { HostText, Process } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { toBytes } from '../../text.ts'
import { Died, Exited } from './control.ts'
import type { Node } from './syntax.ts'
import { Unsupported } from './syntax.ts'
import { Box, Code, Handle, PerlArray, PerlHash, Scope, type Slot, text, type Value } from './value.ts'

/** More than this in one text or list is more than the machine has. */
const MOST_TEXT = 32 * 1024 * 1024
const MOST_ITEMS = 2_000_000
const DEEPEST_CALL = 5000

/** What of the last match `$1`, `$&` and their kind show. */
export interface LastMatch {
  subject: string
  offsets: number[]
}

/** A running Perl: variables, files, functions, and what its errors say of the place. */
export class Machine {
  readonly process: Process
  readonly file: string
  readonly globals = new Map<string, Slot>()
  readonly subs = new Map<string, Code>()
  readonly handles = new Map<string, Handle>()
  readonly endBlocks: Code[] = []
  /** Modules that `use` has brought in. */
  readonly modules = new Set<string>()
  package = 'main'
  line = 1
  strict = false
  warnings = false
  match: LastMatch | undefined
  /** Whether the function that runs was called for a list. */
  wantsList: boolean | undefined
  /** The handle that was read last, for `$.` and messages. */
  lastRead: Handle | undefined
  selected: Handle
  readonly stdin: Handle
  readonly stderr: Handle
  /** Files of the command line that `<>` has still to read. */
  inputs: HostText[] | undefined
  current: Handle | undefined
  /** `-i`: where each file is written back, with the ending of its copy. */
  inPlace: string | undefined
  /** Whether something was shown or changed that cannot be taken back. */
  hasActed = false
  #pending = ''
  #depth = 0

  constructor(process: Process, file: string) {
    this.process = process
    this.file = file
    this.stdin = new Handle('STDIN')
    this.stdin.input = process.stdin
    this.selected = new Handle('STDOUT')
    this.selected.output = process.stdout
    this.stderr = new Handle('STDERR')
    this.stderr.output = process.stderr
    for (const handle of [this.stdin, this.selected, this.stderr]) this.handles.set(handle.name, handle)
    const environment = new PerlHash(new Map([...process.env].map(([name, value]) => [name, bytesOf(value)])))
    this.globals.set('%ENV', environment)
    for (const [name, value] of [
      ['0', file],
      ['"', ' '],
      ['/', '\n'],
      ['$', process.pid],
      ['^T', Math.floor(process.world.now() / 1000)],
      ['^O', 'linux'],
      ['^W', 0],
      [']', '5.036000'],
      ['^V', 'v5.36.0'],
      [';', '\x1c'],
      ['@', ''],
      ['|', 0],
      ['~', 'STDOUT'],
      ['^', 'STDOUT_TOP'],
      ['<', process.uid],
      ['>', process.uid],
      ['(', process.gid],
      [')', process.gid],
    ] as const)
      this.globals.set(`$${name}`, new Box(value))
  }

  spend(steps = 1): Promise<void> | undefined {
    return this.process.spend(steps)
  }

  bounded(value: string): string {
    if (value.length > MOST_TEXT) this.outOfMemory()
    if (value.length > 65_536) this.process.hold(value.length)
    return value
  }

  boundedList(items: readonly unknown[]): void {
    if (items.length > MOST_ITEMS) this.outOfMemory()
  }

  outOfMemory(): never {
    throw new Died('Out of memory!\n')
  }

  /** A variable outside of any block; `sigil` and name are its key. */
  global(key: string): Slot {
    const plain = key.replace(/^(.)(?:::)?(?:main::)?/, '$1')
    const slot = this.globals.get(plain)
    if (slot) return slot
    const made = plain[0] === '@' ? new PerlArray() : plain[0] === '%' ? new PerlHash() : new Box()
    this.globals.set(plain, made)
    return made
  }

  slot(key: string, scope: Scope, node: Node): Slot {
    const lexical = scope.find(key)
    if (lexical) return lexical
    const name = key.slice(1)
    if (this.strict && /^[A-Za-z]\w*$/.test(name) && !/^(?:a|b|ENV|ARGV|INC|STDIN|STDOUT|STDERR|_)$/.test(name))
      throw new Died(
        `Global symbol "${key}" requires explicit package name (did you forget to declare "my ${key}"?) at ${this.file} line ${node.line}.\nExecution of ${this.file} aborted due to compilation errors.\n`,
      )
    return this.global(
      /^[A-Za-z]\w*$/.test(name) && this.package !== 'main' && !/^(?:a|b|ENV|ARGV|INC|_)$/.test(name)
        ? `${key[0]}${this.package}::${name}`
        : key,
    )
  }

  scalarOf(name: string): Value {
    return (this.global(`$${name}`) as Box).value
  }

  setScalar(name: string, value: Value): void {
    ;(this.global(`$${name}`) as Box).value = value
  }

  array(name: string): PerlArray {
    return this.global(`@${name}`) as PerlArray
  }

  /** ` at FILE line N.`, with the line of the input when some was read. */
  get place(): string {
    const read = this.lastRead
    return ` at ${this.file} line ${this.line}${read?.line ? `, <${read.name.startsWith('$') ? read.name : read.name}> ${this.scalarOf('/') === '\n' ? 'line' : 'chunk'} ${read.line}` : ''}.\n`
  }

  die(message: string): never {
    throw new Died(message + this.place)
  }

  async warn(message: string): Promise<void> {
    const handler = (this.global('%SIG') as PerlHash).map.get('__WARN__')
    const code =
      handler !== undefined && typeof handler === 'object' && 'to' in handler && handler.to instanceof Code ? handler.to : undefined
    if (code) await this.callCode(code, [message], false)
    else await this.write(this.stderr, message)
  }

  /** Output is gathered a little, so that ten thousand prints are not ten thousand writes. */
  async write(handle: Handle, value: string): Promise<boolean> {
    if (!handle.output) return false
    this.hasActed = true
    if (handle.output === this.process.stdout) {
      this.#pending += value
      if (this.#pending.length > 4096 || this.scalarOf('|')) await this.flush()
      return true
    }
    await handle.output.write(await this.encoded(value))
    return true
  }

  async flush(): Promise<void> {
    const waiting = this.#pending
    this.#pending = ''
    if (waiting !== '') await this.process.stdout.write(await this.encoded(waiting))
  }

  async encoded(value: string): Promise<Uint8Array> {
    return /[^\x00-\xff]/.test(value) ? Buffer.from(value, 'utf8') : Buffer.from(value, 'latin1')
  }

  /** Runs a function; `@_` are its arguments. */
  async callCode(code: Code, args: Value[], wantsList: boolean): Promise<Value[]> {
    if (code.native) return code.native(args, wantsList)
    if (++this.#depth > DEEPEST_CALL) this.outOfMemory()
    // A call of calls would else grow the engine's own stack.
    if (this.#depth % 20 === 0) await Promise.resolve()
    const scope = new Scope(code.scope)
    scope.slots.set('@_', new PerlArray(args))
    const [outer, home] = [this.wantsList, this.package]
    this.wantsList = wantsList
    this.package = code.home
    try {
      return await this.runBody(code.body as Node, scope, wantsList)
    } finally {
      this.#depth--
      this.wantsList = outer
      this.package = home
    }
  }

  /** Set by the interpreter: runs the body of a function to its value. */
  runBody: (body: Node, scope: Scope, wantsList: boolean) => Promise<Value[]> = async () => {
    throw new Unsupported('functions')
  }

  /** `$!` after a call that failed; gives the empty value of failure. */
  failed(error: unknown): undefined {
    if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
    this.setScalar('!', error.message)
    return undefined
  }

  exit(status: number): never {
    throw new Exited(status)
  }

  name(value: Value): HostText {
    return hostName(text(value))
  }
}

/** A text of the host as Perl has it: bytes. */
export function bytesOf(value: HostText): string {
  return Buffer.from(toBytes(value)).toString('latin1')
}

/** The other way: bytes as the host names files and arguments. */
export function hostName(value: string): HostText {
  return /[^\x00-\x7f]/.test(value) && !/[^\x00-\xff]/.test(value) ? Buffer.from(value, 'latin1').toString('utf8') : value
}
