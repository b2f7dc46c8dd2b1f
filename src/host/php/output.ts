import { PhpExit } from './outcome.ts'

/** A script prints no more than that where all is given back at the end, characters. */
const LONGEST = 512 * 1024
/** What is printed is handed on in pieces of about that. */
const PIECE = 8 * 1024

/** What a script prints: through the buffers of ob_start(), to the machine or kept. */
export class Output {
  readonly #print: ((text: string) => Promise<void> | void) | undefined
  readonly buffers: string[] = []
  kept = ''

  constructor(print: ((text: string) => Promise<void> | void) | undefined) {
    this.#print = print
  }

  /** @returns whether so much is waiting that it must go out */
  write(text: string): boolean {
    const last = this.buffers.length - 1
    if (last >= 0) {
      this.buffers[last] += text
      if ((this.buffers[last] as string).length > LONGEST) throw new PhpExit(255)
      return false
    }
    this.kept += text
    if (this.#print) return this.kept.length >= PIECE
    if (this.kept.length > LONGEST) throw new PhpExit()
    return false
  }

  /** What waits for the machine, if the machine takes it. */
  take(): string {
    if (!this.#print) return ''
    const text = this.kept
    this.kept = ''
    return text
  }

  /** At the end all buffers go out. */
  close(): void {
    const all = this.buffers.splice(0).join('')
    this.kept += all
  }
}
