import { HostError } from '../contract.ts'
import type { ControllingTerminal } from '../process/controlling-terminal.ts'
import { type Block, OpenFile } from '../process/open-file.ts'

/** Bytes of input that wait for a reader; more is dropped, as by the kernel's tty (N_TTY_BUF_SIZE). */
const MOST_INPUT = 64 * 1024
/** Longest line of the cooked mode, termios(3). */
const LONGEST_LINE = 4095

export type TerminalMode = 'cooked' | 'raw' | 'no-echo' | 'editor'

export interface PtySetup {
  /** `pts/0` */
  name: string
  term: string
  columns: number
  rows: number
  /** Takes what the terminal shows; resolves when there is room. */
  output: (bytes: Uint8Array, block: Block) => Promise<void>
  /** Sends a signal to a process group. */
  signal: (group: number, name: string) => void
}

const CTRL = { C: 3, D: 4, BACKSPACE: 8, NEWLINE: 10, RETURN: 13, R: 18, U: 21, V: 22, W: 23, Z: 26, BACKSLASH: 28, DELETE: 127 }

/**
 * The line discipline of a pseudo terminal: turns keys into lines and signals, and echoes. Line editing with history is
 * the shell's own business (LineEditor), as on a real machine; node:readline is not used for it because its way of
 * painting a line differs from GNU readline's byte by byte and would show on the wire.
 */
export class Pty implements ControllingTerminal {
  readonly name: string
  readonly term: string
  columns: number
  rows: number
  foreground = 0
  /** Time of the last key, UTC milliseconds. */
  lastInput: number
  /** Told of all that is shown, for the transcript. */
  onOutput: ((bytes: Uint8Array) => void) | undefined
  readonly #setup: PtySetup
  #mode: TerminalMode = 'cooked'
  #line: number[] = []
  /** Whole lines in cooked mode; an empty one is Ctrl-D's end of file. */
  #lines: Buffer[] = []
  #raw: Buffer[] = []
  #queued = 0
  #literal = false
  #hungUp = false
  readonly #waiting = new Set<() => void>()

  constructor(setup: PtySetup) {
    this.#setup = setup
    this.name = setup.name
    this.term = setup.term
    this.columns = setup.columns
    this.rows = setup.rows
    this.lastInput = Date.now()
  }

  get mode(): TerminalMode {
    return this.#mode
  }

  setMode(mode: TerminalMode): void {
    const before = this.#mode
    this.#mode = mode
    const lineWise = (m: TerminalMode) => m === 'cooked' || m === 'no-echo'
    if (lineWise(before) && !lineWise(mode)) {
      // What was typed ahead is now read key by key.
      const typed = Buffer.concat([...this.#lines, Buffer.from(this.#line)])
      this.#lines = []
      this.#line = []
      this.#queued = 0
      if (typed.length > 0) this.#push(typed)
    } else if (!lineWise(before) && lineWise(mode)) {
      const typed = Buffer.concat(this.#raw)
      this.#raw = []
      this.#queued = 0
      for (const byte of typed) this.#cook(byte)
    }
  }

  /** Keys from the attacker. */
  input(bytes: Uint8Array): void {
    if (this.#hungUp || bytes.length === 0) return
    this.lastInput = Date.now()
    if (this.#mode === 'raw' || this.#mode === 'editor') this.#push(Buffer.from(bytes))
    else for (const byte of bytes) this.#cook(byte)
  }

  resize(columns: number, rows: number): void {
    this.columns = columns
    this.rows = rows
    this.#signal('WINCH')
  }

  hangup(): void {
    this.#hungUp = true
    this.#wake()
  }

  get hungUp(): boolean {
    return this.#hungUp
  }

  file(): OpenFile {
    return new TerminalFile(this)
  }

  get hasInput(): boolean {
    return this.#hungUp || this.#raw.length > 0 || this.#lines.length > 0
  }

  /** Some bytes of keys or one line, as the mode gives them; undefined at end of file. */
  async take(max: number, block: Block): Promise<Uint8Array | undefined> {
    for (;;) {
      const queue = this.#raw.length > 0 ? this.#raw : this.#lines
      const first = queue[0]
      if (first) {
        const part = first.subarray(0, max)
        if (part.length < first.length) queue[0] = first.subarray(max)
        else queue.shift()
        this.#queued -= part.length
        return part.length === 0 ? undefined : part
      }
      if (this.#hungUp) return undefined
      await block<void>((done) => {
        this.#waiting.add(done)
        return () => this.#waiting.delete(done)
      })
    }
  }

  /** Shows bytes; newlines get their carriage return (ONLCR). */
  async write(bytes: Uint8Array, block: Block): Promise<void> {
    if (this.#hungUp) throw new HostError('EIO', 'Input/output error')
    const cooked = withReturns(bytes)
    this.onOutput?.(bytes)
    await this.#setup.output(cooked, block)
  }

  #cook(byte: number): void {
    if (this.#literal) {
      this.#literal = false
      this.#type(byte)
      return
    }
    switch (byte) {
      case CTRL.C:
        this.#interrupt('INT', '^C')
        return
      case CTRL.BACKSLASH:
        this.#interrupt('QUIT', '^\\')
        return
      case CTRL.Z:
        this.#interrupt('TSTP', '^Z')
        return
      case CTRL.D:
        if (this.#line.length === 0) this.#finish([])
        else this.#finish(this.#line)
        return
      case CTRL.DELETE:
      case CTRL.BACKSPACE:
        this.#erase(1)
        return
      case CTRL.U:
        this.#erase(this.#line.length)
        return
      case CTRL.W:
        this.#eraseWord()
        return
      case CTRL.V:
        this.#literal = true
        return
      case CTRL.RETURN:
      case CTRL.NEWLINE:
        this.#echo('\r\n')
        this.#finish([...this.#line, CTRL.NEWLINE])
        return
      default:
        this.#type(byte)
    }
  }

  #type(byte: number): void {
    if (this.#line.length >= LONGEST_LINE) {
      this.#echo('\x07')
      return
    }
    this.#line.push(byte)
    if (byte >= 32 || byte === 9) this.#echo(Buffer.of(byte))
    else this.#echo(`^${String.fromCharCode(byte + 64)}`)
  }

  #erase(count: number): void {
    for (let i = 0; i < count && this.#line.length > 0; i++) {
      const byte = this.#line.pop() as number
      if ((byte & 0xc0) === 0x80) {
        i--
        continue
      }
      this.#echo(byte < 32 && byte !== 9 ? '\b \b\b \b' : '\b \b')
    }
  }

  #eraseWord(): void {
    const last = () => this.#line.at(-1)
    while (last() === 32) this.#erase(1)
    while (this.#line.length > 0 && last() !== 32) this.#erase(1)
  }

  #interrupt(signal: string, shown: string): void {
    this.#line = []
    this.#lines = []
    this.#queued = 0
    this.#echo(shown, true)
    this.#signal(signal)
  }

  #finish(line: number[]): void {
    this.#lines.push(Buffer.from(line))
    this.#queued += line.length
    this.#line = []
    this.#wake()
  }

  #push(bytes: Buffer): void {
    if (this.#queued + bytes.length > MOST_INPUT) return
    this.#raw.push(bytes)
    this.#queued += bytes.length
    this.#wake()
  }

  #signal(name: string): void {
    if (this.foreground > 0) this.#setup.signal(this.foreground, name)
  }

  #echo(shown: string | Uint8Array, always = false): void {
    if (this.#mode !== 'cooked' && !(always && this.#mode === 'no-echo')) return
    const bytes = typeof shown === 'string' ? Buffer.from(shown) : shown
    this.#setup.output(bytes, unblocked).catch(ignoreGone)
  }

  #wake(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const done of waiting) done()
  }
}

/** An echo waits for nobody. */
const unblocked: Block = (start) => new Promise((resolve) => void start(resolve))

/** Nobody is there to see an echo any more. */
function ignoreGone(error: unknown): void {
  if (!(error instanceof HostError)) throw error
}

function withReturns(bytes: Uint8Array): Uint8Array {
  let newlines = 0
  for (const byte of bytes) if (byte === 10) newlines++
  if (newlines === 0) return bytes
  const out = Buffer.alloc(bytes.length + newlines)
  let at = 0
  for (const byte of bytes) {
    if (byte === 10) out[at++] = 13
    out[at++] = byte
  }
  return out
}

class TerminalFile extends OpenFile {
  readonly #pty: Pty
  override readonly isTerminal = true

  constructor(pty: Pty) {
    super()
    this.#pty = pty
  }

  get name(): string {
    return `/dev/${this.#pty.name}`
  }

  protected override get hasInput(): boolean {
    return this.#pty.hasInput
  }

  protected override take(max: number, block: Block): Promise<Uint8Array | undefined> {
    return this.#pty.take(max, block)
  }

  override write(bytes: Uint8Array, block: Block): Promise<void> {
    return this.#pty.write(bytes, block)
  }
}
