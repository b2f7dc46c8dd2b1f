import type { HostText } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { tilde } from '../expand/tilde.ts'
import type { Builtin } from '../machinery.ts'
import type { Shell } from '../shell.ts'
import { invalidOption, takeFlags } from './usage.ts'

export const cd: Builtin = async (shell, args) => {
  const { given, rest, bad } = takeFlags(args, 'LPe@')
  if (bad) return invalidOption(shell, 'cd', bad)
  const physical =
    [...given.keys()].filter((k) => k === 'L' || k === 'P').at(-1) === 'P' || (!given.has('L') && shell.options.has('physical'))
  if (rest.length > 1 && shell.dialect.name === 'bash') {
    await shell.complain('cd: too many arguments')
    return 1
  }
  const wanted = rest[0]
  const home = shell.parameters.get('HOME')
  if (wanted === undefined && home === undefined) {
    if (shell.dialect.name !== 'bash') return 0
    await shell.complain('cd: HOME not set')
    return 1
  }
  if (wanted === '-') {
    const old = shell.parameters.get('OLDPWD')
    if (old === undefined) {
      await shell.complain(shell.dialect.name === 'bash' ? 'cd: OLDPWD not set' : 'cd: OLDPWD not set')
      return 1
    }
    const status = await change(shell, old, physical, old)
    if (status === 0) await shell.say(`${shell.process.cwd}\n`)
    return status
  }
  const target = wanted ?? (home as string)
  const viaCdpath = await tryCdpath(shell, target, physical)
  return viaCdpath ?? change(shell, target, physical, target)
}

/** CDPATH is looked along for names that are neither absolute nor begin with a dot. */
async function tryCdpath(shell: Shell, target: HostText, physical: boolean): Promise<number | undefined> {
  const cdpath = shell.parameters.get('CDPATH')
  if (!cdpath || /^(\/|\.\.?(\/|$))/.test(target)) return undefined
  for (const folder of cdpath.split(':')) {
    const path = `${folder || '.'}/${target}`
    if (!isDirectory(shell, path)) continue
    const status = await change(shell, path, physical, target)
    if (status === 0 && folder) await shell.say(`${shell.process.cwd}\n`)
    return status
  }
  return undefined
}

async function change(shell: Shell, target: HostText, physical: boolean, shown: HostText): Promise<number> {
  const { process } = shell
  try {
    const logical = normalized(process.cwd, target === '' ? '.' : target)
    const path = physical ? process.view.realpath(target === '' ? '.' : target) : logical
    if (process.view.stat(path).type !== 'directory') throw new HostError('ENOTDIR', 'Not a directory')
    if (!process.view.may('x', path)) throw new HostError('EACCES', 'Permission denied')
    const old = process.cwd
    process.cwd = path
    setDirectories(shell, old, path)
    return 0
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    await shell.complain(
      shell.dialect.name === 'bash' || shell.dialect.name === 'mksh'
        ? `cd: ${shown}: ${error.message}`
        : `cd: can't cd to ${shown}${shell.dialect.name === 'ash' ? `: ${error.message}` : ''}`,
    )
    return shell.dialect.name === 'bash' ? 1 : 2
  }
}

function setDirectories(shell: Shell, old: string, path: string): void {
  const exported = (name: string) => shell.vars.find(name)?.exported ?? false
  const [oldExported, exportedNow] = [exported('OLDPWD'), exported('PWD')]
  Object.assign(shell.vars.makeGlobal('OLDPWD'), {
    value: old,
    ...(oldExported || shell.dialect.name === 'bash' ? { exported: true } : {}),
  })
  Object.assign(shell.vars.makeGlobal('PWD'), { value: path, ...(exportedNow && { exported: true }) })
}

/** Removes `.` and `..` by text, as a logical cd does. */
export function normalized(cwd: string, path: string): string {
  const parts: string[] = []
  for (const part of (path.startsWith('/') ? path : `${cwd}/${path}`).split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

function isDirectory(shell: Shell, path: string): boolean {
  try {
    return shell.process.view.stat(path).type === 'directory'
  } catch (error) {
    if (error instanceof HostError) return false
    throw error
  }
}

export const pwd: Builtin = async (shell, args) => {
  const { given, bad } = takeFlags(args, 'LP')
  if (bad) return invalidOption(shell, 'pwd', bad)
  const physical = given.has('P')
  try {
    await shell.say(`${physical ? shell.process.view.realpath('.') : shell.process.cwd}\n`)
    return 0
  } catch (error) {
    if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
    await shell.complain(`pwd: error retrieving current directory: getcwd: cannot access parent directories: ${error.message}`)
    return 1
  }
}

/** `pushd`, `popd` and `dirs` over one stack; the working directory is its top. */
export const pushd: Builtin = async (shell, args) => {
  const { given, rest } = takeFlags(
    args.map((a) => (/^-\d+$/.test(a) ? `--\0${a}` : a)).flatMap((a) => (a.startsWith('--\0') ? ['--', a.slice(3)] : [a])),
    'n',
  )
  const stack = [shell.process.cwd, ...shell.directories]
  const target = rest[0]
  if (target === undefined || /^[-+]\d+$/.test(target)) {
    const index = target === undefined ? 1 : stackIndex(stack, target)
    if (target === undefined && stack.length < 2) {
      await shell.complain('pushd: no other directory')
      return 1
    }
    if (index < 0 || index >= stack.length) {
      await shell.complain(`pushd: ${target}: directory stack index out of range`)
      return 1
    }
    const turned =
      target === undefined ? [stack[1] as string, stack[0] as string, ...stack.slice(2)] : [...stack.slice(index), ...stack.slice(0, index)]
    return settle(shell, 'pushd', turned)
  }
  if (given.has('n')) {
    shell.directories.unshift(target)
    return dirs(shell, [], 'dirs')
  }
  return settle(shell, 'pushd', [target, ...stack])
}

export const popd: Builtin = async (shell, args) => {
  const stack = [shell.process.cwd, ...shell.directories]
  const target = args.find((a) => /^[-+]\d+$/.test(a))
  if (stack.length < 2) {
    await shell.complain('popd: directory stack empty')
    return 1
  }
  const index = target === undefined ? 0 : stackIndex(stack, target)
  if (index < 0 || index >= stack.length) {
    await shell.complain(`popd: ${target}: directory stack index out of range`)
    return 1
  }
  return settle(
    shell,
    'popd',
    stack.filter((_, i) => i !== index),
  )
}

export const dirs: Builtin = async (shell, args) => {
  const { given, bad } = takeFlags(
    args.filter((a) => !/^[-+]\d+$/.test(a)),
    'clpv',
  )
  if (bad) return invalidOption(shell, 'dirs', bad)
  if (given.has('c')) {
    shell.directories = []
    return 0
  }
  const home = shell.parameters.get('HOME')
  const shown = [shell.process.cwd, ...shell.directories].map((path) =>
    !given.has('l') && home && (path === home || path.startsWith(`${home}/`)) ? `~${path.slice(home.length)}` : path,
  )
  const one = args.find((a) => /^[-+]\d+$/.test(a))
  if (one !== undefined) await shell.say(`${shown[stackIndex(shown, one)] ?? ''}\n`)
  else if (given.has('v')) await shell.say(shown.map((path, i) => `${String(i).padStart(2)}  ${path}\n`).join(''))
  else await shell.say(`${shown.join(given.has('p') ? '\n' : ' ')}\n`)
  return 0
}

function stackIndex(stack: readonly string[], spec: string): number {
  const n = Number(spec.slice(1))
  return spec.startsWith('+') ? n : stack.length - 1 - n
}

async function settle(shell: Shell, name: string, stack: readonly string[]): Promise<number> {
  const { process } = shell
  const [top, ...rest] = stack as [string, ...string[]]
  if (top !== process.cwd) {
    try {
      const path = normalized(process.cwd, top.startsWith('~') ? tilde(shell, '') + top.slice(1) : top)
      if (process.view.stat(path).type !== 'directory') throw new HostError('ENOTDIR', 'Not a directory')
      const old = process.cwd
      process.cwd = path
      setDirectories(shell, old, path)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      await shell.complain(`${name}: ${top}: ${error.message}`)
      return 1
    }
  }
  shell.directories = rest
  return dirs(shell, [], 'dirs')
}
