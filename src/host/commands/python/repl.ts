import { HostError } from '../../contract.ts'
import type { KernelProcess } from '../../process/kernel-process.ts'
import { type EditorResult, LineEditor } from '../../terminal/line-editor.ts'
import { parseSource } from './builtins/source.ts'
import { type Ending, type PythonProgram, settle } from './program.ts'
import { Raised, type Steps, type Value } from './value.ts'

const MOST_HISTORY = 1000

/** The interactive interpreter: reads statements from the terminal, runs each, and shows what expressions give. */
export async function interactive(process: KernelProcess, program: PythonProgram, banner: string): Promise<number> {
  const m = program.machine
  if (banner) await process.stderr.write(banner)
  m.isInteractive = true
  const { attributes } = m.modules.get('builtins') as { attributes: Map<string, Value> }
  m.echo = function* (value: Value): Steps<void> {
    if (value === null) return
    attributes.set('_', value)
    m.builtins.set('_', value)
    yield m.stdout.writeText(`${yield* m.repr(value)}\n`)
  }
  const reader = new StatementReader(process)
  let ending: Ending | undefined
  for (;;) {
    await m.stdout.flush()
    const read = await reader.next((source) => isIncomplete(source))
    if (read.kind === 'end') {
      await process.stdout.write('\n')
      break
    }
    if (read.kind === 'interrupt') {
      m.interrupted = false
      await process.stderr.write('KeyboardInterrupt\n')
      continue
    }
    if (read.text.trim() === '') continue
    program.note(read.text)
    ending = await program.attempt(() =>
      program.module(parseSource(`${read.text}\n`, '<stdin>', 'exec'), { name: '<stdin>', lines: undefined }),
    )
    if (ending?.kind === 'exit' && m.exits) break
    if (ending?.kind === 'unsupported') await m.stdout.flush()
    ending = undefined
    m.interrupted = false
  }
  return settle(process, program, await program.finish(ending))
}

/** Whether more lines must come before the source can run. */
function isIncomplete(source: string): boolean {
  const lines = source.split('\n')
  const last = lines.at(-1) as string
  try {
    parseSource(`${source}\n`, '<stdin>', 'exec')
  } catch (error) {
    if (!(error instanceof Raised)) throw error
    return error.exception.attributes.get('incomplete') === true
  }
  // A block goes on until an empty line.
  const first = lines.find((line) => line.trim() !== '') ?? ''
  const isBlock = /^(?:if|for|while|def|class|try|with|async|@)\b|^@/.test(first.trim())
  return isBlock && last.trim() !== '' && (lines.length > 1 || first.trimEnd().endsWith(':') || isBlock)
}

type Read = { kind: 'source'; text: string } | { kind: 'end' } | { kind: 'interrupt' }

/** Lines of one statement, by readline's editor where there is a terminal that can do it. */
class StatementReader {
  readonly #process: KernelProcess
  readonly #editor: LineEditor
  readonly #history: string[] = []

  constructor(process: KernelProcess) {
    this.#process = process
    this.#editor = new LineEditor({
      term: () => process.terminal?.term ?? 'dumb',
      bracketedPaste: true,
      columns: () => process.terminal?.columns ?? 80,
      rows: () => process.terminal?.rows ?? 24,
      queued: () => false,
      read: () => process.stdin.read(),
      write: (text) => process.stdout.write(text),
      complete: (_text, cursor) => ({ from: cursor, words: ['\t'], shown: [], suffix: '' }),
    })
  }

  async next(isIncomplete: (source: string) => boolean): Promise<Read> {
    const lines: string[] = []
    for (;;) {
      const line = await this.#line(lines.length === 0 ? '>>> ' : '... ')
      if (line.kind === 'interrupt') return { kind: 'interrupt' }
      if (line.kind !== 'line') {
        if (lines.length === 0) return { kind: 'end' }
        return { kind: 'source', text: lines.join('\n') }
      }
      if (line.text !== '' && line.text !== this.#history.at(-1)) this.#history.push(line.text)
      if (this.#history.length > MOST_HISTORY) this.#history.shift()
      lines.push(line.text)
      const source = lines.join('\n')
      if (source.trim() === '' || !isIncomplete(source)) return { kind: 'source', text: source }
    }
  }

  async #line(prompt: string): Promise<EditorResult> {
    const { terminal } = this.#process
    if (!this.#process.stdin.isTerminal || !terminal) {
      await this.#process.stdout.write(prompt)
      const line = await this.#process.stdin.line()
      return line === undefined ? { kind: 'eof' } : { kind: 'line', edits: new Map(), text: line.replace(/\r?\n$/, '') }
    }
    terminal.setMode('raw')
    try {
      return await this.#editor.edit(prompt, this.#history)
    } catch (error) {
      if (error instanceof HostError && error.code === 'EINTR' && !this.#process.status) return { kind: 'interrupt' }
      throw error
    } finally {
      terminal.setMode('cooked')
    }
  }
}
