import { HostError } from '../contract.ts'
import type { ControllingTerminal } from '../process/controlling-terminal.ts'
import { type Block, OpenFile } from '../process/open-file.ts'

/** Bytes of input that wait for a reader; more is dropped, as by the kernel's tty (N_TTY_BUF_SIZE). */
const MOST_INPUT = 64 * 1024
/** Echoes kept while the output is stopped. */
const MOST_HELD = 1024
/** Longest line of the cooked mode, termios(3). */
const LONGEST_LINE = 4095

/**
 * `cbreak` gives each key at once, echoed and with the keyboard's signals; `quiet` the same without echo (`read -s -n 1`);
 * `editor` is the shell's own, which keeps flow control; `raw` gives every byte.
 */
export type TerminalMode = 'cooked' | 'raw' | 'no-echo' | 'editor' | 'cbreak' | 'quiet'

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

const CTRL = {
  C: 3,
  D: 4,
  BACKSPACE: 8,
  NEWLINE: 10,
  RETURN: 13,
  Q: 17,
  R: 18,
  S: 19,
  U: 21,
  V: 22,
  W: 23,
  Z: 26,
  BACKSLASH: 28,
  DELETE: 127,
}

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
  /** What was typed before there was an echo is not echoed later. */
  #silent = false
  /** Ctrl-S was pressed: output waits for Ctrl-Q. */
  #stopped = false
  /** Echoes that wait for it. */
  #held: Buffer[] = []
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
      this.#silent = true
      for (const byte of typed) this.#cook(byte)
      this.#silent = false
    }
  }

  /** Keys from the attacker. */
  input(bytes: Uint8Array): void {
    if (this.#hungUp || bytes.length === 0) return
    this.lastInput = Date.now()
    if (this.#mode === 'raw') {
      this.#push(Buffer.from(bytes))
      return
    }
    const rest = this.#withoutFlowControl(bytes)
    if (this.#mode === 'editor') {
      if (rest.length > 0) this.#push(Buffer.from(rest))
    } else if (this.#mode === 'cbreak' || this.#mode === 'quiet') for (const byte of rest) this.#breakIn(byte)
    else for (const byte of rest) this.#cook(byte)
  }

  /** Ctrl-S stops what is shown until Ctrl-Q. */
  #withoutFlowControl(bytes: Uint8Array): Uint8Array {
    if (!bytes.includes(CTRL.S) && !this.#stopped) return bytes
    return bytes.filter((byte) => {
      if (byte !== CTRL.S && byte !== CTRL.Q) return true
      this.#stopped = byte === CTRL.S
      if (!this.#stopped) this.#goOn()
      return false
    })
  }

  #goOn(): void {
    for (const bytes of this.#held.splice(0)) this.#setup.output(bytes, unblocked).catch(ignoreGone)
    this.#wake()
  }

  /** A key of the cbreak mode. */
  #breakIn(byte: number): void {
    if (byte === CTRL.C) this.#interrupt('INT', '^C')
    else if (byte === CTRL.BACKSLASH) this.#interrupt('QUIT', '^\\')
    else if (byte === CTRL.Z) this.#interrupt('TSTP', '^Z')
    else if (byte === CTRL.RETURN || byte === CTRL.NEWLINE) {
      this.#echo('\r\n')
      this.#push(Buffer.of(CTRL.NEWLINE))
    } else {
      this.#echo(shown(byte))
      this.#push(Buffer.of(byte))
    }
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
    while (this.#stopped && !this.#hungUp)
      await block<void>((done) => {
        this.#waiting.add(done)
        return () => this.#waiting.delete(done)
      })
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
        this.#echo('^\b')
        return
      case CTRL.R:
        this.#echo('^R\r\n')
        for (const typed of this.#line) this.#echo(shown(typed))
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
    this.#echo(shown(byte))
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
    let inWord = false
    for (;;) {
      const last = this.#line.at(-1)
      if (last === undefined) return
      const alphanumeric = /[\w\x80-\xff]/.test(String.fromCharCode(last))
      if (inWord && !alphanumeric) return
      inWord ||= alphanumeric
      this.#erase(1)
    }
  }

  #interrupt(signal: string, text: string): void {
    this.#line = []
    this.#lines = []
    this.#raw = []
    this.#queued = 0
    this.#stopped = false
    this.#held = []
    this.#echo(text)
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

  #echo(text: string | Uint8Array): void {
    if (this.#silent || (this.#mode !== 'cooked' && this.#mode !== 'cbreak')) return
    const bytes = Buffer.from(text as Uint8Array)
    if (this.#stopped) {
      if (this.#held.length < MOST_HELD) this.#held.push(bytes)
      return
    }
    this.#setup.output(bytes, unblocked).catch(ignoreGone)
  }

  #wake(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const done of waiting) done()
  }
}

/** How a key is echoed (ECHOCTL). */
function shown(byte: number): Uint8Array {
  if (byte === CTRL.DELETE) return Buffer.from('^?')
  return byte >= 32 || byte === 9 ? Buffer.of(byte) : Buffer.from(`^${String.fromCharCode(byte + 64)}`)
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
