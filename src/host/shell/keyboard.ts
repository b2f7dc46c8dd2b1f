import type { ControllingTerminal } from '../process/controlling-terminal.ts'
import { LineEditor } from '../terminal/line-editor.ts'
import { toBytes } from '../text.ts'
import { complete } from './completion.ts'
import type { Shell } from './shell.ts'

/** The editor of a shell's terminal; none where its input is no terminal. */
export function lineEditor(shell: Shell, terminal: ControllingTerminal): LineEditor | undefined {
  const file = shell.process.descriptors.get(0)
  if (!file?.isTerminal) return undefined
  const size = new WindowSize(shell, terminal)
  let reading: Promise<Uint8Array | undefined> | undefined
  return new LineEditor({
    term: () => shell.parameters.get('TERM') ?? terminal.term,
    bracketedPaste: shell.dialect.name === 'bash',
    columns: () => terminal.columns,
    rows: () => terminal.rows,
    // Key by key, as readline reads: what is typed behind an Enter belongs to the command that the line starts.
    read: async () => {
      reading ??= file.read(1, shell.process.block)
      try {
        const outcome = await Promise.race([reading, size.changed()])
        if (outcome !== 'resized') reading = undefined
        return outcome
      } catch (error) {
        reading = undefined
        throw error
      }
    },
    queued: () => file.ready,
    write: (text) => shell.process.stderr.write(toBytes(text)),
    complete: (text, cursor) => complete(shell, text, cursor),
  })
}

/** Tells of new sizes of the window, which COLUMNS and LINES follow (checkwinsize). */
class WindowSize {
  #tell: (() => void) | undefined
  /** Whether the size changed at the prompt while nobody waited for it. */
  #missed = false

  constructor(shell: Shell, terminal: ControllingTerminal) {
    shell.process.onSignal('WINCH', () => {
      shell.vars.makeGlobal('COLUMNS').value = String(terminal.columns)
      shell.vars.makeGlobal('LINES').value = String(terminal.rows)
      if (this.#tell) this.#tell()
      else this.#missed = terminal.mode === 'editor'
    })
  }

  changed(): Promise<'resized'> {
    if (this.#missed) {
      this.#missed = false
      return Promise.resolve('resized')
    }
    return new Promise((resolve) => {
      this.#tell = () => {
        this.#tell = undefined
        resolve('resized')
      }
    })
  }
}
