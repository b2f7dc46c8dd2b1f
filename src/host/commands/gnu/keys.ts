import type { Process, ProcessInput } from '../../command.ts'
import { toText } from '../../text.ts'

/** A key as an interactive program sees it: one character, or the name of an escape sequence; `resize` when the window has changed. */
export type Key = string

const SEQUENCES: Record<string, string> = {
  '\x1b[A': 'up',
  '\x1b[B': 'down',
  '\x1b[C': 'right',
  '\x1b[D': 'left',
  '\x1bOA': 'up',
  '\x1bOB': 'down',
  '\x1bOC': 'right',
  '\x1bOD': 'left',
  '\x1b[H': 'home',
  '\x1b[F': 'end',
  '\x1bOH': 'home',
  '\x1bOF': 'end',
  '\x1b[1~': 'home',
  '\x1b[4~': 'end',
  '\x1b[2~': 'insert',
  '\x1b[3~': 'delete',
  '\x1b[5~': 'pageup',
  '\x1b[6~': 'pagedown',
  '\x1b[1;5C': 'word-right',
  '\x1b[1;5D': 'word-left',
  '\x1b[200~': 'paste',
  '\x1b[201~': 'paste-end',
}
const BY_LENGTH = Object.keys(SEQUENCES).sort((a, b) => b.length - a.length)

export interface KeysOptions {
  /** Ctrl-C and Ctrl-\ and Ctrl-Z are signals, as for programs that leave ISIG on. */
  signals?: boolean
}

/**
 * Reads keys of the raw terminal, with or without a limit of time; where stdin is no terminal (`… | less`) from /dev/tty.
 * {@link close} gives the terminal back.
 */
export class Keys {
  readonly #process: Process
  readonly #input: ProcessInput
  readonly #signals: boolean
  readonly #waiting: Key[] = []
  #pending: Promise<void> | undefined
  #rest = Buffer.alloc(0)
  #ended = false
  #wake: (() => void) | undefined

  constructor(process: Process, options: KeysOptions = {}) {
    this.#process = process
    this.#signals = options.signals ?? false
    this.#input = process.stdin.isTerminal ? process.stdin : process.openInput('/dev/tty')
    process.terminal?.setMode('raw')
    process.onSignal('WINCH', () => {
      if (this.#waiting.at(-1) !== 'resize') this.#waiting.push('resize')
      this.#wake?.()
    })
  }

  close(): void {
    this.#process.terminal?.setMode('cooked')
    this.#process.onSignal('WINCH', () => undefined)
  }

  /** The next key; undefined when `ms` have passed or the input has ended (see {@link ended}). */
  async next(ms?: number): Promise<Key | undefined> {
    if (this.#waiting.length) return this.#waiting.shift()
    if (this.#ended) return undefined
    this.#pending ??= this.#read()
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    await Promise.race([this.#pending, woken, ...(ms === undefined ? [] : [this.#process.sleep(ms)])])
    return this.#waiting.shift()
  }

  get ended(): boolean {
    return this.#ended && this.#waiting.length === 0
  }

  /** Stops the program as Ctrl-Z does; resolves when it is in the foreground again. */
  async suspend(): Promise<void> {
    this.#process.terminal?.setMode('cooked')
    this.#process.world.processes.signal(this.#process.pid, 'TSTP', { uid: 0 })
    await this.#process.sleep(0)
    this.#process.terminal?.setMode('raw')
  }

  /** For programs that are run in between: the terminal is theirs until the promise is done. */
  async lend(run: () => Promise<unknown>): Promise<void> {
    this.#process.terminal?.setMode('cooked')
    await run()
    this.#process.terminal?.setMode('raw')
  }

  async #read(): Promise<void> {
    const chunk = await this.#input.read(4096)
    this.#pending = undefined
    if (!chunk) {
      this.#ended = true
      return
    }
    const bytes = Buffer.concat([this.#rest, chunk])
    const whole = bytes.length - unfinished(bytes)
    this.#rest = bytes.subarray(whole)
    const text = toText(bytes.subarray(0, whole))
    for (let at = 0; at < text.length; ) {
      const sequence = BY_LENGTH.find((candidate) => text.startsWith(candidate, at))
      if (sequence) {
        this.#waiting.push(SEQUENCES[sequence] as string)
        at += sequence.length
        continue
      }
      const char = String.fromCodePoint(text.codePointAt(at) as number)
      at += char.length
      if (this.#signals && char === '\x03') this.#process.world.processes.signal(this.#process.pid, 'INT', { uid: 0 })
      this.#waiting.push(char)
    }
  }
}

/** Bytes at the end that begin a character of UTF-8 without ending it. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number
    if (byte < 0x80) return 0
    if (byte >= 0xc2) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0
  }
  return 0
}
