import type { FileStat } from '../../contract.ts'
import { HostError } from '../../contract.ts'
import type { Machine } from './machine.ts'
import { flag } from './operations.ts'
import { Unsupported } from './syntax.ts'
import { Handle, number, type Value } from './value.ts'

const TYPES: Readonly<Record<string, FileStat['type']>> = {
  f: 'file',
  d: 'directory',
  l: 'symlink',
  p: 'fifo',
  S: 'socket',
  b: 'block',
  c: 'character',
}

export function statOf(machine: Machine, value: Value, follows = true): FileStat | undefined {
  try {
    const name = machine.name(value)
    return follows ? machine.process.files.stat(name) : machine.process.files.lstat(name)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    machine.setScalar('!', error.message)
    return undefined
  }
}

/** `-e FILE` and its kind. */
export function fileTest(machine: Machine, operator: string, value: Value): Value {
  if (operator === 't') {
    const handle = value instanceof Handle ? value : machine.handles.get(String(value ?? 'STDIN'))
    return flag(handle?.input?.isTerminal ?? handle?.output?.isTerminal ?? false)
  }
  if (value instanceof Handle) return flag(operator === 'e' || operator === 'p')
  const stat = statOf(machine, value, operator !== 'l')
  if (!stat) return undefined
  const name = machine.name(value)
  const { files } = machine.process
  const days = (ms: number): number => (number(machine.scalarOf('^T')) * 1000 - ms) / 86_400_000
  switch (operator) {
    case 'e':
      return 1
    case 's':
      return stat.size > 0 ? stat.size : ''
    case 'z':
      return flag(stat.size === 0)
    case 'r':
    case 'R':
      return flag(files.may('r', name))
    case 'w':
    case 'W':
      return flag(files.may('w', name))
    case 'x':
    case 'X':
      return flag(files.may('x', name) && (stat.type === 'directory' || (stat.mode & 0o111) !== 0))
    case 'o':
    case 'O':
      return flag(stat.uid === machine.process.uid)
    case 'u':
      return flag((stat.mode & 0o4000) !== 0)
    case 'g':
      return flag((stat.mode & 0o2000) !== 0)
    case 'k':
      return flag((stat.mode & 0o1000) !== 0)
    case 'M':
      return days(stat.mtime)
    case 'A':
      return days(stat.atime)
    case 'C':
      return days(stat.ctime)
    case 'T':
    case 'B':
      return flag(stat.type === 'file' && files.read(name).subarray(0, 512).includes(0) === (operator === 'B'))
  }
  const type = TYPES[operator]
  if (!type) throw new Unsupported(`-${operator}`)
  return flag(stat.type === type)
}
