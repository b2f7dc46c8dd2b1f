import type { HostText } from '../../command.ts'
import { type FileStat, HostError } from '../../contract.ts'
import type { Shell } from '../shell.ts'

/** The unary primaries of `test` and `[[`. */
export const UNARY = new Set('abcdefghknoprstuvwxzGLNORS'.split('').map((letter) => `-${letter}`))

export const BINARY = new Set(['=', '==', '!=', '<', '>', '-eq', '-ne', '-lt', '-le', '-gt', '-ge', '-nt', '-ot', '-ef'])

/** Whether a unary primary holds. */
export function unaryTest(shell: Shell, operator: string, operand: HostText): boolean {
  switch (operator) {
    case '-n':
      return operand !== ''
    case '-z':
      return operand === ''
    case '-o':
      return shell.options.has(operand)
    case '-v':
      return isSet(shell, operand)
    case '-R':
      return shell.vars.find(operand)?.reference === true
    case '-t':
      return /^\d{1,4}$/.test(operand.trim()) && (shell.process.descriptors.get(Number(operand))?.isTerminal ?? false)
    case '-r':
    case '-w':
    case '-x':
      return mayUse(shell, operator, operand)
    default:
      return fileTest(shell, operator, operand)
  }
}

function mayUse(shell: Shell, operator: string, path: HostText): boolean {
  return path !== '' && shell.process.view.may(operator[1] as 'r', path)
}

function isSet(shell: Shell, operand: HostText): boolean {
  const element = /^([A-Za-z_]\w*)\[(.+)\]$/s.exec(operand)
  if (!element) return shell.parameters.get(operand) !== undefined
  const [, name, subscript] = element as unknown as [string, string, string]
  if (subscript === '@' || subscript === '*') return (shell.parameters.list(name)?.length ?? 0) > 0
  return shell.parameters.getElement(name, subscript) !== undefined
}

function fileTest(shell: Shell, operator: string, path: HostText): boolean {
  const stat = statOf(shell, path, operator === '-h' || operator === '-L' ? 'link' : 'file')
  if (!stat) return false
  switch (operator) {
    case '-a':
    case '-e':
      return true
    case '-f':
      return stat.type === 'file'
    case '-d':
      return stat.type === 'directory'
    case '-h':
    case '-L':
      return stat.type === 'symlink'
    case '-b':
      return stat.type === 'block'
    case '-c':
      return stat.type === 'character'
    case '-p':
      return stat.type === 'fifo'
    case '-S':
      return stat.type === 'socket'
    case '-s':
      return stat.size > 0
    case '-g':
      return (stat.mode & 0o2000) !== 0
    case '-u':
      return (stat.mode & 0o4000) !== 0
    case '-k':
      return (stat.mode & 0o1000) !== 0
    case '-O':
      return stat.uid === shell.process.uid
    case '-G':
      return stat.gid === shell.process.gid
    case '-N':
      return stat.mtime > stat.atime
    default:
      return false
  }
}

/** `a -nt b`, `-ot`, `-ef`. */
export function compareFiles(shell: Shell, operator: string, left: HostText, right: HostText): boolean {
  const [a, b] = [statOf(shell, left, 'file'), statOf(shell, right, 'file')]
  if (operator === '-ef') return a !== undefined && b !== undefined && a.inode === b.inode
  if (operator === '-nt') return a !== undefined && (b === undefined || a.mtime > b.mtime)
  return b !== undefined && (a === undefined || a.mtime < b.mtime)
}

function statOf(shell: Shell, path: HostText, what: 'link' | 'file'): FileStat | undefined {
  if (path === '') return undefined
  const descriptor = /^\/dev\/(?:fd\/(\d{1,4})|stdin|stdout|stderr)$/.exec(path)
  try {
    if (descriptor && what === 'file') {
      const fd = descriptor[1] === undefined ? ['stdin', 'stdout', 'stderr'].indexOf(path.slice(5)) : Number(descriptor[1])
      if (!shell.process.descriptors.get(fd)) return undefined
      return { ...shell.process.view.stat('/dev/null'), type: shell.process.descriptors.get(fd)?.isTerminal ? 'character' : 'fifo' }
    }
    return what === 'link' ? shell.process.view.lstat(path) : shell.process.view.stat(path)
  } catch (error) {
    if (error instanceof HostError) return undefined
    throw error
  }
}
