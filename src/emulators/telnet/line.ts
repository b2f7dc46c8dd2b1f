import type { ReadOptions } from '../../sensor/visit.ts'
import type { TelnetStream } from './stream.ts'

/** termios(3): a terminal in canonical mode keeps no more of a line; what is longer is dropped. */
const LONGEST = 1024

const Key = { INTERRUPT: 3, END: 4, NEWLINE: 10, RETURN: 13, KILL: 21, SUSPEND: 26, QUIT: 28, ERASE: 127 } as const

/** The terminal on which login asks: canonical mode with echo, as the kernel's line discipline has it. */
export class LoginLine {
  readonly #stream: TelnetStream

  constructor(stream: TelnetStream) {
    this.#stream = stream
  }

  /** A line without its end; undefined when the client gave up: closed, ^C, or ^D on an empty line. */
  async read(echo: 'echo' | 'silent', options: () => ReadOptions): Promise<Buffer | undefined> {
    const line: number[] = []
    for (;;) {
      const text = await this.#stream.read(options())
      if (!text) return undefined
      const { shown, end } = this.#type(line, text)
      if (echo === 'echo' && shown) await this.#stream.write(shown)
      if (end === undefined) continue
      this.#stream.unread(text.subarray(end + 1))
      if (isGivingUp(text[end] as number)) return undefined
      if (echo === 'silent') await this.#stream.write('\r\n')
      return Buffer.from(line)
    }
  }

  /** Applies keys to the line: what they show, and where the key is that ends it. */
  #type(line: number[], keys: Buffer): { shown: string; end?: number } {
    let shown = ''
    for (const [at, key] of keys.entries()) {
      if (key === Key.RETURN || key === Key.NEWLINE) return { shown: `${shown}\r\n`, end: at }
      if (isGivingUp(key) && !(key === Key.END && line.length)) return { shown: `${shown}${caret(key)}`, end: at }
      if (key === Key.ERASE) {
        if (line.pop() !== undefined) shown += '\b \b'
      } else if (key === Key.KILL) shown += '\b \b'.repeat(line.splice(0).length)
      else if (key !== Key.END && line.length < LONGEST) {
        line.push(key)
        shown += key < 0x20 ? caret(key) : String.fromCharCode(key)
      }
    }
    return { shown }
  }
}

function isGivingUp(key: number): boolean {
  return key === Key.INTERRUPT || key === Key.END || key === Key.QUIT
}

/** ECHOCTL: `^C`; the end of file is not shown. */
function caret(key: number): string {
  return key === Key.END ? '' : `^${String.fromCharCode(key + 0x40)}`
}
