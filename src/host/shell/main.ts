import type { CommandFile, HostText } from '../command.ts'
import { HostError } from '../contract.ts'
import type { KernelProcess } from '../process/kernel-process.ts'
import { toText } from '../text.ts'
import { BUILTINS } from './builtins/index.ts'
import { Abandon, FunctionReturn, isJump, LoopJump, ShellExit } from './control.ts'
import { ash, bash, type Dialect, dash, mksh } from './dialect.ts'
import { expandParts, expandToText, expandWords } from './expand/expander.ts'
import { firstLineOf, hereDocuments, lastLineOf, type ScriptNode } from './grammar.ts'
import { interact } from './interactive.ts'
import { type Invocation, takeInvocation } from './invocation.ts'
import { Jobs } from './jobs.ts'
import type { Machinery } from './machinery.ts'
import { TextReader, type Unit } from './reader.ts'
import { runCompound } from './run/compound.ts'
import { isBinary, runExternal } from './run/external.ts'
import { runList } from './run/list.ts'
import { callFunction } from './run/simple.ts'
import { Shell, type ShellFacts } from './shell.ts'
import { complainOfSyntax } from './syntax-error.ts'
import { runExitTrap } from './traps.ts'

function machineryFor(dialect: Dialect): Machinery {
  return {
    words: expandWords,
    text: expandToText,
    parts: expandParts,
    list: runList,
    compound: runCompound,
    source: sourceText,
    command: runWords,
    script: runScriptFile,
    builtins: BUILTINS[dialect.name],
  }
}

const MACHINERY = { bash: machineryFor(bash), dash: machineryFor(dash), ash: machineryFor(ash), mksh: machineryFor(mksh) }

/** The shells of the host as commands: `/bin/bash`, `/bin/sh`, and BusyBox's ash. */
export const shells: readonly CommandFile[] = [
  { name: 'bash', paths: ['/usr/bin/bash', '/usr/bin/rbash'], package: 'bash', run: (process) => main(process as KernelProcess, bash) },
  { name: 'dash', paths: ['/usr/bin/dash', '/usr/bin/sh'], package: 'dash', run: (process) => main(process as KernelProcess, dash) },
  { name: 'ash', paths: [], applet: true, run: (process) => main(process as KernelProcess, ash) },
]

/** Android's shell; it is installed as `/system/bin/sh`. */
export const androidShell: CommandFile = { name: 'sh', paths: [], run: (process) => main(process as KernelProcess, mksh) }

/** Runs a shell as its command line says. */
async function main(process: KernelProcess, dialect: Dialect): Promise<number> {
  const invocation = await takeInvocation(process, dialect)
  if (typeof invocation === 'number') return invocation
  const shell = newShell(process, dialect, invocation)
  for (const [name, on] of invocation.options) shell.options.set(name, on)
  for (const [name, on] of invocation.shopts) shell.options.setShopt(name, on)
  if (invocation.interactive)
    return untilEnd(shell, () => interact(shell, { run: runTyped, startup: (s) => startupFiles(s, invocation), logout: logoutFile }))
  return untilEnd(shell, () => runInvocation(shell, invocation))
}

function newShell(
  process: KernelProcess,
  dialect: Dialect,
  invocation: Pick<Invocation, 'name' | 'args' | 'source' | 'interactive' | 'login'>,
): Shell {
  const facts: ShellFacts = { process, machinery: MACHINERY[dialect.name], dialect, positional: invocation.args, ...invocation }
  const shell = new Shell(facts)
  shell.jobs = new Jobs()
  setUpVariables(shell)
  return shell
}

/** Variables that a shell sets when it starts. */
function setUpVariables(shell: Shell): void {
  const { vars, parameters, process } = shell
  const missing = (name: string, value: string) => {
    if (vars.find(name) === undefined) vars.makeGlobal(name).value = value
  }
  missing(
    'PATH',
    shell.dialect.name === 'bash'
      ? '/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin:.'
      : '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  )
  Object.assign(vars.makeGlobal('PWD'), { value: process.cwd, exported: true })
  vars.makeGlobal('IFS').value = ' \t\n'
  vars.makeGlobal('OPTIND').value = '1'
  missing('PS4', '+ ')
  if (shell.dialect.name !== 'bash') return
  const level = Number(parameters.get('SHLVL') ?? 0)
  Object.assign(vars.makeGlobal('SHLVL'), { value: String((Number.isInteger(level) ? level : 0) + 1), exported: true })
  const { machine } = process.world.persona.os.kernel
  for (const [name, value] of Object.entries({
    BASH: '/bin/bash',
    HOSTNAME: process.world.hostname,
    HOSTTYPE: machine,
    MACHTYPE: `${machine}-pc-linux-gnu`,
    OSTYPE: 'linux-gnu',
    OPTERR: '1',
  }))
    missing(name, value)
  shell.lastWord.value = parameters.get('_') ?? '/bin/bash'
}

async function runInvocation(shell: Shell, invocation: Invocation): Promise<number> {
  if (invocation.login) await loginFiles(shell)
  if (invocation.command !== undefined) return runText(shell, invocation.command, { where: '-c: ', replaceLast: true })
  if (invocation.file === undefined) return runStdin(shell)
  const text = await readScript(shell, invocation.file)
  return typeof text === 'number' ? text : runText(shell, text, { where: '', replaceLast: false })
}

/** Runs a line that was typed. */
async function runTyped(shell: Shell, script: ScriptNode, text: HostText): Promise<void> {
  shell.lineBase = 0
  await warnOfHereDocuments(shell, { kind: 'script', script, text, firstLine: 1 })
  await runList(shell, script.statements)
}

/** What an interactive shell reads before its first prompt. */
async function startupFiles(shell: Shell, invocation: Invocation): Promise<void> {
  if (invocation.login) {
    if (!invocation.noprofile) await loginFiles(shell)
    return
  }
  const home = shell.parameters.get('HOME') ?? '/'
  if (shell.dialect.name !== 'bash') {
    const env = shell.parameters.get('ENV')
    if (env) await sourceIfThere(shell, env)
    return
  }
  if (invocation.norc) return
  if (invocation.rcfile === undefined) await sourceIfThere(shell, '/etc/bash.bashrc')
  await sourceIfThere(shell, invocation.rcfile ?? `${home}/.bashrc`)
}

/** ~/.bash_logout, at the end of a login shell. */
async function logoutFile(shell: Shell): Promise<void> {
  if (shell.dialect.name === 'bash') await sourceIfThere(shell, `${shell.parameters.get('HOME') ?? ''}/.bash_logout`)
}

/** /etc/profile and ~/.bash_profile or its stand-ins, as a login shell reads them. */
async function loginFiles(shell: Shell): Promise<void> {
  const home = shell.parameters.get('HOME') ?? '/'
  await sourceIfThere(shell, '/etc/profile')
  const own = shell.dialect.name === 'bash' ? ['.bash_profile', '.bash_login', '.profile'] : ['.profile']
  for (const name of own) if (await sourceIfThere(shell, `${home}/${name}`)) return
}

async function sourceIfThere(shell: Shell, path: string): Promise<boolean> {
  let text: string
  try {
    text = toText(shell.process.view.read(path))
  } catch (error) {
    if (error instanceof HostError) return false
    throw error
  }
  shell.sourceDepth++
  shell.calls.push({ function: 'source', source: path, line: 0 })
  try {
    await sourceText(shell, text, path)
  } catch (error) {
    if (!(error instanceof FunctionReturn)) throw error
  } finally {
    shell.calls.pop()
    shell.sourceDepth--
  }
  return true
}

async function readScript(shell: Shell, file: HostText): Promise<string | number> {
  try {
    const stat = shell.process.view.stat(file)
    if (stat.type === 'directory') throw new HostError('EISDIR', 'Is a directory')
    const bytes = stat.type === 'file' ? shell.process.view.read(file) : Buffer.from(await shell.process.openInput(file).all())
    if (isBinary(bytes)) {
      await shell.process.stderr.write(
        shell.dialect.name === 'bash' ? `${file}: ${file}: cannot execute binary file\n` : `${shell.name}: 1: \x7fELF: not found\n`,
      )
      return shell.dialect.name === 'bash' ? 126 : 127
    }
    return toText(bytes)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    if (shell.dialect.name === 'bash')
      await shell.process.stderr.write(`${error.code === 'EISDIR' ? file : 'bash'}: ${file}: ${error.message}\n`)
    else if (shell.dialect.name === 'dash')
      await shell.process.stderr.write(`sh: 0: cannot open ${file}: ${error.code === 'ENOENT' ? 'No such file' : error.message}\n`)
    else if (shell.dialect.name === 'mksh') await shell.process.stderr.write(`${shell.process.argv[0]}: ${file}: ${error.message}\n`)
    else await shell.process.stderr.write(`${shell.dialect.name}: can't open '${file}': ${error.message}\n`)
    if (shell.dialect.name === 'mksh') return 1
    return shell.dialect.name !== 'bash' ? 2 : error.code === 'ENOENT' ? 127 : 126
  }
}

/** A file without `#!` that the kernel refused: read by the same kind of shell. */
async function runScriptFile(process: KernelProcess, dialect: Dialect, path: string, args: readonly HostText[]): Promise<number> {
  const shell = newShell(process, dialect, { name: path, args: [...args], source: 'script', interactive: false, login: false })
  return untilEnd(shell, async () => {
    const text = await readScript(shell, path)
    return typeof text === 'number' ? text : runText(shell, text, { where: '', replaceLast: false })
  })
}

/** Runs to the end; whatever ends the shell becomes its status, and the EXIT trap runs. */
async function untilEnd(shell: Shell, body: () => Promise<number>): Promise<number> {
  let status: number
  try {
    status = await body()
  } catch (error) {
    if (!isJump(error)) throw error
    status = error instanceof LoopJump ? shell.status : error.status
  }
  shell.status = status
  try {
    await runExitTrap(shell)
  } catch (error) {
    if (error instanceof ShellExit) return error.status
    if (!isJump(error)) throw error
  }
  return status
}

/** Runs program text from its beginning to its end, as `bash -c` or a script. */
async function runText(shell: Shell, text: HostText, how: { where: string; replaceLast: boolean }): Promise<number> {
  const reader = new TextReader(shell, text)
  for (let unit = reader.next(); unit; unit = reader.next()) {
    if (unit.kind === 'refused') {
      await complainOfSyntax(shell, unit.refusal, unit.text, unit.firstLine, how.where)
      return unit.refusal.kind === 'message' && unit.refusal.message.endsWith('bad substitution') ? 1 : 2
    }
    await runUnit(shell, unit, { ...how, replaceLast: how.replaceLast && reader.atEnd })
  }
  return shell.status
}

async function runUnit(shell: Shell, unit: Extract<Unit, { kind: 'script' }>, how: { where: string; replaceLast: boolean }): Promise<void> {
  shell.lineBase = unit.firstLine - 1
  await warnOfHereDocuments(shell, unit)
  if (shell.options.has('verbose')) await shell.process.stderr.write(`${unit.text}\n`)
  const { statements } = unit.script
  const last = how.replaceLast && !shell.traps.has('EXIT') ? statements.at(-1) : undefined
  let skipTo = 0
  // An error that gives up a command gives up the rest of its line, not the text.
  for (const statement of statements) {
    if (firstLineOf(statement) < skipTo) continue
    try {
      await runList(shell, [statement], { replaceLast: statement === last })
    } catch (error) {
      if (!(error instanceof Abandon) || shell.subshellDepth > 0) throw error
      shell.status = error.status
      skipTo = lastLineOf(statement) + 1
    }
  }
}

async function warnOfHereDocuments(shell: Shell, unit: Extract<Unit, { kind: 'script' }>): Promise<void> {
  for (const document of hereDocuments(unit.script.statements)) {
    if (document.terminated !== false) continue
    await warnOfHereDocument(shell, unit, document.delimiter)
  }
  if (unit.missing !== undefined) await warnOfHereDocument(shell, unit, unit.missing)
}

async function warnOfHereDocument(shell: Shell, unit: Extract<Unit, { kind: 'script' }>, delimiter: string): Promise<void> {
  if (shell.dialect.name !== 'bash') return
  const lines = unit.text.split('\n')
  const begins = lines.findIndex((line) => /<<-?/.test(line) && line.replace(/['"\\]/g, '').includes(delimiter))
  shell.line = unit.firstLine + lines.length - 1
  await shell.complain(
    `warning: here-document at line ${unit.firstLine + Math.max(0, begins)} delimited by end-of-file (wanted \`${delimiter}')`,
  )
}

/** Reads commands from standard input line by line: what they leave unread belongs to the next. */
async function runStdin(shell: Shell): Promise<number> {
  let text = ''
  let line = 0
  let first = 1
  for (;;) {
    const next = await shell.process.stdin.line()
    if (next === undefined && text === '') return shell.status
    text += next ?? ''
    line++
    const reader = new TextReader(shell, text)
    const unit = reader.next()
    if (next !== undefined && unit?.kind === 'refused' && unit.refusal.kind === 'incomplete') continue
    if (unit?.kind === 'refused') {
      await complainOfSyntax(shell, unit.refusal, unit.text, first, '')
      return 2
    }
    if (unit) {
      try {
        await runUnit(shell, { ...unit, firstLine: first }, { where: '', replaceLast: false })
      } catch (error) {
        if (!(error instanceof Abandon)) throw error
        shell.status = error.status
      }
    }
    if (next === undefined) return shell.status
    text = ''
    first = line + 1
  }
}

/** Runs text in a shell that goes on afterwards: `eval`, `source`, traps. */
async function sourceText(shell: Shell, text: HostText, name: string): Promise<number> {
  const { lineBase, line } = shell
  const reader = new TextReader(shell, text)
  const inline = name === 'eval' || name === 'trap' || name === 'exit trap' || name === 'fc'
  let ran = false
  try {
    for (let unit = reader.next(); unit; unit = reader.next()) {
      if (unit.kind === 'refused') {
        await complainOfSyntax(
          shell,
          unit.refusal,
          unit.text,
          inline ? line : unit.firstLine,
          inline && !shell.interactive ? `${name}: ` : inline ? `${name}: ` : '',
        )
        shell.status = 2
        if (shell.dialect.strict && !shell.interactive) throw new ShellExit(2)
        return 2
      }
      ran ||= unit.script.statements.length > 0
      shell.lineBase = inline ? line - 1 : unit.firstLine - 1
      await warnOfHereDocuments(shell, unit)
      await runList(shell, unit.script.statements)
    }
    return ran ? shell.status : 0
  } finally {
    shell.lineBase = lineBase
    shell.line = line
  }
}

/** `command NAME …`: runs words without looking at functions. */
async function runWords(shell: Shell, argv: HostText[], how: { functions: boolean }): Promise<number> {
  const [name, ...args] = argv
  if (name === undefined) return 0
  if (how.functions && shell.functions.has(name)) return callFunction(shell, name, args)
  const builtin = shell.disabledBuiltins.has(name) ? undefined : shell.machinery.builtins.get(name)
  if (builtin) return builtin(shell, args, name)
  if (name === 'exec')
    return runExternal(shell, args, { replace: true, exec: true, redirections: [], assignments: [], text: () => argv.join(' ') })
  return runExternal(shell, argv, { replace: false, redirections: [], assignments: [], text: () => argv.join(' ') })
}
