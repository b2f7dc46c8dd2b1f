import type { HostText } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { takeOver } from '../../process/exec.ts'
import { type Executable, executableKind } from '../../process/kernel.ts'
import type { KernelProcess } from '../../process/kernel-process.ts'
import { RedirectionFailed, ShellExit } from '../control.ts'
import type { RedirectionNode } from '../grammar.ts'
import { inHashOrder } from '../hash-order.ts'
import type { Shell } from '../shell.ts'
import { waitForeground } from './pipeline-wait.ts'
import { redirect } from './redirect.ts'

export interface ExternalHow {
  /** Nothing comes after it in this process: run it here instead of in a child. */
  replace: boolean
  /** By `exec`: a failure ends a script. */
  exec?: boolean
  redirections: readonly RedirectionNode[]
  assignments: readonly { name: string; value: HostText }[]
  /** `argv[0]` when it is not the command's name. */
  zero?: HostText
  /** With an empty environment. */
  clean?: boolean
  /** The command as a job shows it. */
  text: () => string
}

/** Runs a program from a file and waits for it. */
export async function runExternal(shell: Shell, argv: readonly HostText[], how: ExternalHow): Promise<number> {
  if (how.replace) return replaceShell(shell, argv, how)
  const descriptors = shell.process.descriptors.copy()
  try {
    await redirect(shell, how.redirections, descriptors)
  } catch (error) {
    descriptors.closeAll()
    if (error instanceof RedirectionFailed) return shell.dialect.redirection
    throw error
  }
  const monitor = shell.options.has('monitor')
  const child = await shell.newProcess({ descriptors, env: environment(shell, how), ...(monitor && { pgid: 'own' as const }) })
  resetTraps(shell, child)
  void child.execute((process) => become(shell, process, argv, how))
  const [status] = await waitForeground(shell, [child], how.text)
  return status?.code ?? 0
}

/** The program takes over the shell's own process: the last command of a pipeline's member, of `bash -c`, or of `exec`. */
async function replaceShell(shell: Shell, argv: readonly HostText[], how: ExternalHow): Promise<number> {
  const { process } = shell
  try {
    await redirect(shell, how.redirections, process.descriptors)
  } catch (error) {
    if (error instanceof RedirectionFailed) return shell.dialect.redirection
    throw error
  }
  const failed = await locate(shell, process, argv[0] ?? '', how)
  if (typeof failed === 'number') {
    if (how.exec && !(shell.interactive || shell.options.shopt('execfail'))) throw new ShellExit(failed)
    return failed
  }
  process.env = environment(shell, how)
  if (shell.dialect.name === 'bash' && shell.subshellDepth === 0) lowerLevel(process.env)
  // exec leaves no shell behind that could run its trap.
  shell.traps.delete('EXIT')
  const status = await become(shell, process, argv, how)
  throw new ShellExit(status)
}

function environment(shell: Shell, how: ExternalHow): Map<string, HostText> {
  const env = how.clean ? new Map<string, HostText>() : shell.vars.exported()
  for (const { name, value } of how.assignments) env.set(name, value)
  if (shell.dialect.name !== 'bash') return env
  return new Map(inHashOrder(env))
}

/** A shell that gives its place to a program counts itself out. */
function lowerLevel(env: Map<string, HostText>): void {
  const level = Number(env.get('SHLVL'))
  if (env.has('SHLVL') && Number.isInteger(level)) env.set('SHLVL', String(Math.max(0, level - 1)))
}

/** Caught signals do what they do by default in a program; ignored ones stay ignored. */
function resetTraps(shell: Shell, child: KernelProcess): void {
  for (const [signal, action] of shell.traps) if (action !== '') child.defaultSignal(signal)
}

/** Finds the file and runs it in the process, as fork's child does between fork and exec. */
async function become(shell: Shell, process: KernelProcess, argv: readonly HostText[], how: ExternalHow): Promise<number> {
  const path = await locate(shell, process, argv[0] ?? '', how)
  if (typeof path === 'number') return path
  let executable: Executable
  try {
    executable = process.kernel.load(process, path, [how.zero ?? (argv[0] as HostText), ...argv.slice(1)])
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return cannotExecute(shell, process, path, argv, error, how)
  }
  if (shell.dialect.name === 'bash' && !how.clean) process.env = new Map([...process.env]).set('_', path)
  takeOver(process, executable)
  return executable.program(process)
}

/** Where a command's file is: by its path, from the hash table, or along PATH. A number is the status of a failure that was told. */
async function locate(shell: Shell, process: KernelProcess, name: HostText, how: ExternalHow): Promise<string | number> {
  if (name.includes('/')) return name
  const found = name === '' ? undefined : findInPath(shell, name, how.assignments.find((a) => a.name === 'PATH')?.value)
  if (found?.kind === 'executable') return found.path
  const denied = found?.kind === 'denied' || (name === '' && shell.dialect.strict)
  const pathless = shell.dialect.name === 'bash' && name !== '' && !shell.parameters.get('PATH')
  const missing = pathless ? `${name}: No such file or directory` : shell.dialect.notFound(name)
  const words = how.exec ? `exec: ${name}: not found` : missing
  await shell.complain(denied ? `${found && shell.dialect.name === 'bash' ? found.path : name}: Permission denied` : words, process)
  return found?.kind === 'denied' ? 126 : 127
}

/** Looks a command up along PATH; a file that may not be executed is remembered in case there is no other. */
export function findInPath(
  shell: Shell,
  name: HostText,
  pathValue = shell.parameters.get('PATH'),
): { kind: 'executable' | 'denied'; path: string } | undefined {
  const hashed = shell.hashed.get(name)
  if (hashed) {
    hashed.hits++
    if (executableKind(shell.process, hashed.path) === 'executable') return { kind: 'executable', path: hashed.path }
    shell.hashed.delete(name)
  }
  let denied: string | undefined
  for (const folder of (pathValue ?? '').split(':')) {
    const path = folder === '' ? `./${name}` : `${folder.replace(/\/$/, '')}/${name}`
    const kind = executableKind(shell.process, path)
    if (kind === 'executable') {
      if (shell.options.has('hashall') && pathValue === shell.parameters.get('PATH')) shell.hashed.set(name, { path, hits: 1 })
      return { kind, path }
    }
    if (kind === 'denied') denied ??= path
  }
  return denied === undefined ? undefined : { kind: 'denied', path: denied }
}

/** What execve refused: a directory, a missing right or interpreter, or a file that the shell reads as a script. */
async function cannotExecute(
  shell: Shell,
  process: KernelProcess,
  path: string,
  argv: readonly HostText[],
  error: HostError,
  how: ExternalHow,
): Promise<number> {
  const stat = statOf(process, path)
  if (error.code === 'ENOEXEC') {
    if (!isBinaryFile(process, path)) return shell.machinery.script(process, shell.dialect, path, argv.slice(1))
    await tell(shell, process, `${path}: cannot execute binary file: Exec format error`, `${path}: Exec format error`)
    return 126
  }
  const named = how.exec ? `exec: ${path}` : path
  if (stat?.type === 'directory') {
    await tell(shell, process, how.exec ? `${path}: Is a directory` : `${path}: Is a directory`, `${path}: Permission denied`)
    return 126
  }
  if (error.code === 'ENOENT' && stat) {
    await tell(
      shell,
      process,
      how.exec ? `${path}: cannot execute: required file not found` : `${path}: cannot execute: required file not found`,
      `${path}: not found`,
    )
    return 127
  }
  if (error.code === 'ENOENT') {
    await tell(
      shell,
      process,
      how.exec ? `${path}: No such file or directory` : `${path}: No such file or directory`,
      `${named}: not found`,
    )
    return 127
  }
  await tell(shell, process, `${path}: ${error.message}`, `${path}: ${error.message}`)
  return 126
}

async function tell(shell: Shell, process: KernelProcess, inBash: string, elsewhere: string): Promise<void> {
  await shell.complain(shell.dialect.name === 'bash' ? inBash : elsewhere, process)
}

function statOf(process: KernelProcess, path: string): { type: string } | undefined {
  try {
    return process.view.stat(path)
  } catch (error) {
    if (error instanceof HostError) return undefined
    throw error
  }
}

function isBinaryFile(process: KernelProcess, path: string): boolean {
  return isBinary(process.view.openable(path).inode?.content?.read(0, 128) ?? Buffer.alloc(0))
}

/** bash takes a file for binary when a NUL stands before its first newline (check_binary_file). */
export function isBinary(bytes: Buffer): boolean {
  const head = bytes.subarray(0, 128)
  if (head.subarray(0, 4).toString('latin1') === '\x7fELF') return true
  const newline = head.indexOf(10)
  const nul = head.indexOf(0)
  return nul >= 0 && (newline < 0 || nul < newline)
}
