import type { HostText } from '../command.ts'
import type { LineEditor } from '../terminal/line-editor.ts'
import { Turn } from '../turns.ts'
import { expandAliases } from './aliases.ts'
import { loadHistory, saveHistory } from './builtins/history.ts'
import { Abandon, FunctionReturn, Interrupted, LoopJump, ShellExit } from './control.ts'
import { expandLikeHereDocument } from './expand/arithmetic-text.ts'
import { parseText, type Refusal, type ScriptNode } from './grammar.ts'
import { History } from './history.ts'
import { expandHistory } from './history-expansion.ts'
import { describeJob, stateOf } from './jobs.ts'
import { lineEditor } from './keyboard.ts'
import { expandPrompt } from './prompt.ts'
import type { Shell } from './shell.ts'
import { complainOfSyntax } from './syntax-error.ts'
import { runPendingTraps } from './traps.ts'

/** What the loop needs of the file that starts shells. */
export interface InteractiveParts {
  run: (shell: Shell, script: ScriptNode, text: HostText) => Promise<void>
  startup: (shell: Shell) => Promise<void>
  /** Files that a login shell reads at its end. */
  logout: (shell: Shell) => Promise<void>
}

type Line =
  | { kind: 'line'; text: HostText; edits?: ReadonlyMap<number, string> }
  | { kind: 'eof' }
  | { kind: 'interrupt' }
  | { kind: 'gone' }

/** The loop of an interactive shell: prompt, line, command. Gives the status with which the shell ends. */
export async function interact(shell: Shell, parts: InteractiveParts): Promise<number> {
  setUp(shell)
  const session = new Interaction(shell, parts)
  let status: number
  try {
    await guarded(shell, () => parts.startup(shell))
    loadSettings(shell)
    status = await session.loop()
  } catch (error) {
    if (!(error instanceof ShellExit)) throw error
    status = error.status
  }
  shell.status = status
  if (shell.login && !shell.process.status && !shell.process.controllingTerminal?.hungUp) await guarded(shell, () => parts.logout(shell))
  shell.status = status
  await leave(shell)
  return shell.status
}

function setUp(shell: Shell): void {
  const { process, options, vars } = shell
  const bash = shell.dialect.name === 'bash'
  for (const name of bash ? ['monitor', 'histexpand', 'history', 'emacs'] : ['monitor']) options.set(name, true)
  options.setShopt('expand_aliases', true)
  if (shell.login) options.setShopt('login_shell', true)
  const defaults: Record<string, string> = bash
    ? {
        PS1: '\\s-\\v\\$ ',
        PS2: '> ',
        HISTFILE: `${shell.parameters.get('HOME') ?? ''}/.bash_history`,
        HISTSIZE: '500',
        HISTFILESIZE: '500',
      }
    : { PS1: plainPrompt(shell), PS2: '> ' }
  for (const [name, value] of Object.entries(defaults)) if (vars.find(name) === undefined) vars.makeGlobal(name).value = value
  const terminal = process.controllingTerminal
  if (terminal) {
    process.pgid = process.pid
    terminal.foreground = process.pgid
    vars.makeGlobal('COLUMNS').value = String(terminal.columns)
    vars.makeGlobal('LINES').value = String(terminal.rows)
  }
  shell.signalDefaults = (name) => handleSignal(shell, name)
  for (const name of ['INT', 'QUIT', 'TERM', 'TSTP', 'TTIN', 'TTOU', 'HUP']) handleSignal(shell, name)
  if (bash) shell.history = new History()
}

/** An interactive shell lives through the keyboard's signals; Ctrl-C gives up what it runs itself. */
function handleSignal(shell: Shell, name: string): void {
  if (name === 'INT') {
    shell.process.onSignal('INT', () => {
      shell.interrupted = true
      shell.process.interrupt()
    })
  } else if (name === 'HUP') {
    shell.process.onSignal('HUP', () => {
      hangUpJobs(shell)
      shell.process.end({ code: 129, signal: 'HUP' })
    })
  } else if (name === 'QUIT' || name === 'TERM' || name.startsWith('T')) shell.process.onSignal(name, () => undefined)
}

function hangUpJobs(shell: Shell): void {
  for (const job of shell.jobs?.all ?? []) {
    if (job.keepsRunning) continue
    for (const process of job.processes) {
      if (process.stopped) process.deliver('CONT')
      process.deliver('HUP')
    }
  }
}

function loadSettings(shell: Shell): void {
  const { history } = shell
  if (!history) return
  const size = shell.parameters.get('HISTSIZE')
  if (size !== undefined && /^-?\d+$/.test(size)) history.limit = Number(size) < 0 ? 100_000 : Math.min(100_000, Number(size))
  const file = shell.parameters.get('HISTFILE')
  if (file) loadHistory(shell, file)
}

async function leave(shell: Shell): Promise<void> {
  const { process } = shell
  if (process.status) return
  const file = shell.parameters.get('HISTFILE')
  if (file && shell.history && shell.parameters.get('HISTSIZE') !== '0') saveHistory(shell, file, 'new')
  if (shell.options.shopt('huponexit') && shell.login) hangUpJobs(shell)
}

/** Runs something and takes what would end the line; the end of the shell passes. */
async function guarded(shell: Shell, body: () => Promise<void>): Promise<void> {
  try {
    await body()
  } catch (error) {
    if (error instanceof Interrupted || isInterrupt(shell, error)) {
      shell.status = 130
      if (shell.interrupted) await shell.process.stderr.write('\n')
    } else if (error instanceof Abandon || error instanceof FunctionReturn) shell.status = error.status
    else if (!(error instanceof LoopJump)) throw error
  } finally {
    shell.interrupted = false
    shell.conditionDepth = 0
    shell.loopDepth = 0
    if (shell.process.controllingTerminal) shell.process.controllingTerminal.foreground = shell.process.pgid
  }
}

/** Ctrl-C ended a wait of the shell itself. */
function isInterrupt(shell: Shell, error: unknown): boolean {
  return shell.interrupted && !shell.process.status && error instanceof Error && 'code' in error && error.code === 'EINTR'
}

class Interaction {
  readonly #shell: Shell
  readonly #parts: InteractiveParts
  readonly #editor: LineEditor | undefined

  constructor(shell: Shell, parts: InteractiveParts) {
    this.#shell = shell
    this.#parts = parts
    const terminal = shell.process.controllingTerminal
    // dash reads lines as the terminal gives them.
    if (!terminal || shell.dialect.name === 'dash') return
    this.#editor = lineEditor(shell, terminal)
  }

  async loop(): Promise<number> {
    const shell = this.#shell
    for (;;) {
      await notifyOfJobs(shell)
      await this.#promptCommand()
      const line = await this.#line('PS1')
      if (line.kind === 'gone') {
        hangUpJobs(shell)
        return 129
      }
      if (line.kind === 'interrupt') {
        shell.status = 130
        await guarded(shell, () => runPendingTraps(shell))
        continue
      }
      if (line.kind === 'eof') {
        if (await this.#mayLeave()) return shell.status
        continue
      }
      await this.#command(line.text)
    }
  }

  async #mayLeave(): Promise<boolean> {
    const shell = this.#shell
    const { stderr } = shell.process
    if (shell.options.has('ignoreeof') || shell.parameters.get('IGNOREEOF') !== undefined) {
      await stderr.write(`Use "${shell.login ? 'logout' : 'exit'}" to leave the shell.\n`)
      return false
    }
    if (shell.dialect.name === 'bash') await stderr.write(shell.login ? 'logout\n' : 'exit\n')
    else if (shell.login || shell.dialect.name === 'dash') await stderr.write('\n')
    const stopped = shell.jobs?.all.some((job) => stateOf(job).kind === 'stopped')
    if (!stopped || shell.warnedOfJobs) return true
    shell.warnedOfJobs = true
    await stderr.write('There are stopped jobs.\n')
    return false
  }

  async #promptCommand(): Promise<void> {
    const shell = this.#shell
    for (const command of shell.parameters.list('PROMPT_COMMAND') ?? []) {
      const { status } = shell
      await guarded(shell, async () => void (await shell.machinery.source(shell, command, 'PROMPT_COMMAND')))
      shell.status = status
    }
  }

  /** Reads the rest of a command over as many lines as it needs, and runs it. */
  async #command(first: HostText): Promise<void> {
    const shell = this.#shell
    let text = await this.#withHistory(first)
    if (text === undefined) return
    let turn = this.#begin(text)
    const warned = shell.warnedOfJobs
    const lines = [text]
    try {
      for (;;) {
        const parsed = goesOn(text) ? OPEN_LINE : parseText(expandAliases(text, shell))
        if (parsed.script) {
          this.#keep(lines)
          const { script } = parsed
          if (script.statements.length > 0) shell.commandNumber++
          if (script.statements.length > 0) await guarded(shell, () => this.#parts.run(shell, script, text as string))
          return
        }
        if (parsed.refusal.kind !== 'incomplete') {
          this.#keep(lines)
          await this.#refuse(parsed.refusal, text)
          return
        }
        const more = await this.#line('PS2')
        if (more.kind === 'line') {
          lines.push(more.text)
          text = goesOn(text) ? text.slice(0, -1) + more.text : `${text}\n${more.text}`
          turn.discard()
          turn = this.#begin(text)
          continue
        }
        if (more.kind === 'eof') await this.#refuse(parsed.refusal, text)
        shell.status = more.kind === 'interrupt' ? 130 : 2
        return
      }
    } finally {
      turn.end()
      // Two ends in a row mean it.
      if (warned) shell.warnedOfJobs = false
    }
  }

  async #refuse(refusal: Refusal, text: HostText): Promise<void> {
    this.#shell.status = 2
    await complainOfSyntax(this.#shell, refusal, text, 1, '')
  }

  /** `!!` and its like. Undefined when there is no such event, and for an empty line. */
  async #withHistory(line: HostText): Promise<HostText | undefined> {
    const shell = this.#shell
    if (!shell.options.has('histexpand') || !shell.history) return line
    const expanded = expandHistory(line, shell.history.lines, shell.options.shopt('extglob'))
    if (expanded.kind === 'wrong') {
      await shell.complain(expanded.complaint)
      return undefined
    }
    if (expanded.kind === 'print') {
      await shell.process.stderr.write(`${expanded.text}\n`)
      this.#keep([expanded.text])
      return undefined
    }
    if (expanded.kind === 'changed') await shell.process.stderr.write(`${expanded.text}\n`)
    return expanded.text
  }

  #keep(lines: readonly HostText[]): void {
    const shell = this.#shell
    const { history } = shell
    if (!history || !shell.options.has('history')) return
    const size = shell.parameters.get('HISTSIZE')
    history.limit =
      size === undefined || !/^-?\d+$/.test(size) ? history.limit : Number(size) < 0 ? 100_000 : Math.min(100_000, Number(size))
    const patterns = (shell.parameters.get('HISTIGNORE') ?? '').split(':').filter(Boolean)
    history.add(joinLines(lines), shell.parameters.get('HISTCONTROL') ?? '', (text) => patterns.includes(text), shell.process.world.now())
  }

  #begin(text: HostText): RunningTurn {
    return new RunningTurn(this.#shell, text)
  }

  async #line(prompt: 'PS1' | 'PS2'): Promise<Line> {
    const shell = this.#shell
    const shown = await promptText(shell, prompt)
    const terminal = shell.process.controllingTerminal
    if (!this.#editor) {
      await shell.process.stderr.write(shown.replace(/[\x01\x02]/g, ''))
      return readPlainLine(shell)
    }
    terminal?.setMode('editor')
    try {
      const line = await this.#editor.edit(shown, shell.history?.lines ?? [])
      if (line.kind === 'line') for (const [index, text] of line.edits) shell.history?.change(index, text)
      return line
    } catch (error) {
      // A trapped signal while the line was being typed.
      if (!isInterrupt(shell, error) && shell.pendingTraps.length === 0) throw error
      return { kind: 'interrupt' }
    } finally {
      terminal?.setMode('cooked')
      shell.interrupted = false
    }
  }
}

async function readPlainLine(shell: Shell): Promise<Line> {
  try {
    const line = await shell.process.stdin.line()
    return line === undefined
      ? { kind: shell.process.controllingTerminal?.hungUp ? 'gone' : 'eof' }
      : { kind: 'line', text: line.replace(/\n$/, '') }
  } catch (error) {
    if (!isInterrupt(shell, error)) throw error
    shell.interrupted = false
    await shell.process.stderr.write('\n')
    return { kind: 'interrupt' }
  }
}

/** Android's mkshrc has the prompt name device and folder, and before them the status of what failed. */
function plainPrompt({ dialect, process }: Shell): string {
  const sign = process.uid === 0 ? '# ' : '$ '
  return dialect.name === 'mksh' ? `$HOSTNAME:\${PWD:-?} ${sign}` : sign
}

/** Decodes and expands a prompt. */
async function promptText(shell: Shell, name: 'PS1' | 'PS2'): Promise<HostText> {
  const raw = shell.parameters.get(name) ?? ''
  const decoded = shell.dialect.name === 'dash' || shell.dialect.name === 'mksh' ? raw : expandPrompt(shell, raw)
  if (!/[$`]/.test(decoded)) return decoded
  const { status } = shell
  let text = decoded
  await guarded(shell, async () => {
    text = await expandLikeHereDocument(shell, decoded)
  })
  shell.status = status
  return shell.dialect.name === 'mksh' && status !== 0 && name === 'PS1' ? `${status}|${text}` : text
}

async function notifyOfJobs(shell: Shell): Promise<void> {
  const { jobs } = shell
  if (!jobs) return
  const ended = jobs.all.filter((job) => stateOf(job).kind === 'done' && !job.processes.some((process) => shell.killed.has(process.pid)))
  shell.killed.clear()
  for (const job of ended) {
    await shell.process.stderr.write(describeJob(jobs, job, 'notice'))
  }
  for (const job of ended) jobs.remove(job)
}

/** A backslash at the end of a line, outside quotes and comments, joins the next line to it. */
function goesOn(text: HostText): boolean {
  if (!/(^|[^\\])(\\\\)*\\$/.test(text)) return false
  const last = text.slice(text.lastIndexOf('\n') + 1)
  return !/(^|[\s;&|])#/.test(last) && (last.match(/'/g)?.length ?? 0) % 2 === 0
}

const OPEN_LINE: ReturnType<typeof parseText> = { refusal: { kind: 'incomplete', open: 'list', mark: '' } }

/** One entry of the history for a command typed over several lines: `; ` where that means the same (cmdhist). */
function joinLines(lines: readonly HostText[]): HostText {
  let text = lines[0] ?? ''
  let document = false
  for (const line of lines.slice(1)) {
    if (goesOn(text)) {
      text = text.slice(0, -1) + line
      continue
    }
    const { refusal } = parseText(text)
    const open = refusal?.kind === 'incomplete' && refusal.open !== 'list'
    document = refusal?.kind === 'incomplete' && refusal.open === 'here-document'
    if (open) text += `\n${line}`
    else if (/(^|[\s;&|({])(then|do|else|elif|in)$|[;{(|&]$|&&$|\|\|$|\)$/.test(text.trimEnd())) text += ` ${line}`
    else text += `; ${line}`
  }
  // The newline behind the mark of a here-document belongs to it.
  return document ? `${text}\n` : text
}

/** The transcript of one line while it runs. */
class RunningTurn {
  readonly #shell: Shell
  readonly #turn: Turn
  readonly #before: ((bytes: Uint8Array) => void) | undefined
  #discarded = false

  constructor(shell: Shell, text: HostText) {
    this.#shell = shell
    const { process } = shell
    const terminal = process.controllingTerminal
    this.#turn = new Turn(process.session, text, { cwd: process.cwd, user: process.user, tty: process.tty })
    this.#before = terminal?.onOutput
    if (terminal) terminal.onOutput = (bytes) => this.#turn.output(bytes)
  }

  discard(): void {
    this.#discarded = true
    this.#restore()
  }

  end(): void {
    if (this.#discarded) return
    this.#restore()
    this.#turn.end(this.#shell.process.status?.code ?? this.#shell.status)
    this.#shell.process.session.collect()
  }

  #restore(): void {
    const terminal = this.#shell.process.controllingTerminal
    if (terminal) terminal.onOutput = this.#before
  }
}
