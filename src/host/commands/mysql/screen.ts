import type { Process } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { type EditorResult, LineEditor } from '../../terminal/line-editor.ts'

const BOLD = '\x1b(B\x1b[0;1m'
const PLAIN = '\x1b(B\x1b[m'
const REVERSE = '\x1b(B\x1b[0;7m'
const MOST_HISTORY = 1000

/** The client's terminal: what it says is bold there, a mistake rings the bell (vidattr of client/mysql.cc). */
export class ClientScreen {
  readonly #process: Process
  readonly #editor: LineEditor
  readonly #history: string[] = []
  readonly #plain: boolean

  constructor(process: Process) {
    this.#process = process
    const { terminal } = process
    const term = terminal?.term ?? 'dumb'
    this.#plain = !process.stdout.isTerminal || term === 'dumb'
    this.#editor = new LineEditor({
      term: () => term,
      bracketedPaste: false,
      columns: () => terminal?.columns ?? 80,
      rows: () => terminal?.rows ?? 24,
      read: () => process.stdin.read(),
      queued: () => false,
      write: (text) => process.stdout.write(text),
      complete: (_text, cursor) => ({ from: cursor, words: [], shown: [], suffix: '' }),
    })
  }

  readonly info = (text: string): string => (this.#plain ? text : `${BOLD}${text}${PLAIN}`)

  /** What follows the text of a mistake. */
  get alarm(): string {
    return this.#plain ? '' : `\x07${REVERSE}${PLAIN}`
  }

  /** libedit shows the key that ended the input. */
  get endOfInput(): string {
    return this.#plain ? '\n' : '^D'
  }

  async line(prompt: string): Promise<EditorResult> {
    const { terminal } = this.#process
    terminal?.setMode('raw')
    try {
      const line = await this.#editor.edit(prompt, this.#history)
      if (line.kind === 'line' && line.text.trim() !== '' && line.text !== this.#history.at(-1)) this.#history.push(line.text)
      if (this.#history.length > MOST_HISTORY) this.#history.shift()
      return line
    } catch (error) {
      if (error instanceof HostError && error.code === 'EINTR') return { kind: 'interrupt' }
      throw error
    } finally {
      terminal?.setMode('cooked')
    }
  }
}
