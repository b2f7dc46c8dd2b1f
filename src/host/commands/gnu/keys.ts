import type { Process } from '../../command.ts'

/** A key as an interactive program sees it: one character, or the name of an escape sequence. */
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
  '\x1b[1~': 'home',
  '\x1b[4~': 'end',
  '\x1b[3~': 'delete',
  '\x1b[5~': 'pageup',
  '\x1b[6~': 'pagedown',
}

/** Reads keys of the raw terminal, with or without a limit of time. {@link close} gives the terminal back. */
export class Keys {
  readonly #process: Process
  readonly #waiting: Key[] = []
  #pending: Promise<void> | undefined
  #ended = false

  constructor(process: Process) {
    this.#process = process
    process.terminal?.setMode('raw')
  }

  close(): void {
    this.#process.terminal?.setMode('cooked')
  }

  /** The next key; undefined when `ms` have passed or the input has ended (see {@link ended}). */
  async next(ms?: number): Promise<Key | undefined> {
    if (this.#waiting.length) return this.#waiting.shift()
    if (this.#ended) return undefined
    this.#pending ??= this.#read()
    if (ms === undefined) await this.#pending
    else await Promise.race([this.#pending, this.#process.sleep(ms)])
    return this.#waiting.shift()
  }

  get ended(): boolean {
    return this.#ended && this.#waiting.length === 0
  }

  async #read(): Promise<void> {
    const chunk = await this.#process.stdin.read(4096)
    this.#pending = undefined
    if (!chunk) {
      this.#ended = true
      return
    }
    const text = Buffer.from(chunk).toString('utf8')
    for (let at = 0; at < text.length; ) {
      const sequence = Object.keys(SEQUENCES).find((candidate) => text.startsWith(candidate, at))
      if (sequence) {
        this.#waiting.push(SEQUENCES[sequence] as string)
        at += sequence.length
      } else this.#waiting.push(text[at++] as string)
    }
  }
}
