import type { Builtin } from '../machinery.ts'
import { SET_OPTIONS } from '../options.ts'
import { printFunction } from '../print.ts'
import type { Shell } from '../shell.ts'
import { invalidOption, takeFlags } from './usage.ts'
import { allVariables } from './variables.ts'

const BY_LETTER = new Map(Object.entries(SET_OPTIONS).flatMap(([name, letter]) => (letter ? [[letter, name] as const] : [])))

/** Options of bash that dash 0.5.12 refuses, as people find out who begin every script with `set -o pipefail`. */
const NOT_OF_DASH = new Set([
  'braceexpand',
  'errtrace',
  'functrace',
  'hashall',
  'histexpand',
  'history',
  'keyword',
  'onecmd',
  'physical',
  'pipefail',
  'posix',
])

export const set: Builtin = async (shell, args) => {
  if (args.length === 0) {
    await shell.say(allVariables(shell))
    if (shell.dialect.name === 'bash')
      for (const [name, definition] of [...shell.functions].sort()) await shell.say(printFunction(name, definition))
    return 0
  }
  const rest = [...args]
  while (rest[0] !== undefined && /^[-+]/.test(rest[0])) {
    const option = rest.shift() as string
    if (option === '--' || option === '-') {
      if (option === '-') for (const name of ['xtrace', 'verbose']) shell.options.set(name, false)
      if (option === '--' || rest.length > 0) shell.positional = rest
      return 0
    }
    const on = option.startsWith('-')
    for (const letter of option.slice(1)) {
      if (letter === 'o') {
        const name = rest.shift()
        if (name === undefined) await showOptions(shell, on)
        else if (shell.dialect.name === 'dash' && NOT_OF_DASH.has(name)) return invalidOption(shell, 'set', `${option[0]}o ${name}`)
        else if (!setOption(shell, name, on)) {
          await shell.complain(`set: ${name}: invalid option name`)
          return 2
        }
        continue
      }
      const name = BY_LETTER.get(letter)
      if (!name) {
        return invalidOption(shell, 'set', `${option[0]}${letter}`)
      }
      setOption(shell, name, on)
    }
  }
  if (rest.length > 0) shell.positional = rest
  return 0
}

function setOption(shell: Shell, name: string, on: boolean): boolean {
  if (!Object.hasOwn(SET_OPTIONS, name)) return false
  shell.options.set(name, on)
  if (name === 'emacs' && on) shell.options.set('vi', false)
  if (name === 'vi' && on) shell.options.set('emacs', false)
  return true
}

async function showOptions(shell: Shell, table: boolean): Promise<void> {
  if (shell.dialect.name !== 'bash' && table) await shell.say('Current option settings\n')
  for (const name of Object.keys(SET_OPTIONS)) {
    const on = shell.options.has(name)
    await shell.say(table ? `${name.padEnd(15)}\t${on ? 'on' : 'off'}\n` : `set ${on ? '-o' : '+o'} ${name}\n`)
  }
}

export const shopt: Builtin = async (shell, args) => {
  const { given, rest, bad } = takeFlags(args, 'pqsuo')
  if (bad) return invalidOption(shell, 'shopt', bad)
  const setOptions = given.has('o')
  const known = (name: string) => (setOptions ? Object.hasOwn(SET_OPTIONS, name) : shell.options.knowsShopt(name))
  const value = (name: string) => (setOptions ? shell.options.has(name) : shell.options.shopt(name))
  const change = given.has('s') || given.has('u')
  const names = rest.length ? rest : setOptions ? Object.keys(SET_OPTIONS) : shell.options.shoptNames
  let status = 0
  for (const name of names) {
    if (!known(name)) {
      await shell.complain(`shopt: ${name}: invalid shell option name`)
      status = 1
    } else if (change && rest.length) {
      if (setOptions) setOption(shell, name, given.has('s'))
      else shell.options.setShopt(name, given.has('s'))
    } else if (!change || value(name) === given.has('s')) {
      if (!value(name) && rest.length) status = 1
      if (given.has('q')) continue
      const plain = setOptions ? `set ${value(name) ? '-' : '+'}o ${name}\n` : `shopt ${value(name) ? '-s' : '-u'} ${name}\n`
      await shell.say(given.has('p') ? plain : `${name.padEnd(15)}\t${value(name) ? 'on' : 'off'}\n`)
    }
  }
  return status
}

export const umask: Builtin = async (shell, args) => {
  const { given, rest, bad } = takeFlags(args, 'pS')
  if (bad) return invalidOption(shell, 'umask', bad)
  const mode = rest[0]
  if (mode === undefined) {
    const octal = shell.process.umask.toString(8).padStart(4, '0')
    const symbolic = ['u', 'g', 'o'].map((who, i) => `${who}=${letters((~shell.process.umask >> (6 - 3 * i)) & 7)}`).join(',')
    const text = given.has('S') ? symbolic : octal
    await shell.say(`${given.has('p') ? `umask ${given.has('S') ? '-S ' : ''}` : ''}${text}\n`)
    return 0
  }
  if (/^[0-7]{1,4}$/.test(mode)) {
    shell.process.umask = Number.parseInt(mode, 8) & 0o777
    return 0
  }
  if (/^\d+$/.test(mode)) {
    await shell.complain(`umask: ${mode}: octal number out of range`)
    return 1
  }
  const next = symbolicMask(shell.process.umask, mode)
  if (next === undefined) {
    await shell.complain(`umask: \`${mode[0]}': invalid symbolic mode operator`)
    return 1
  }
  shell.process.umask = next
  return 0
}

function letters(bits: number): string {
  return `${bits & 4 ? 'r' : ''}${bits & 2 ? 'w' : ''}${bits & 1 ? 'x' : ''}`
}

/** Symbolic modes say what is allowed; the mask holds what is not. */
function symbolicMask(mask: number, mode: string): number | undefined {
  let allowed = ~mask & 0o777
  for (const clause of mode.split(',')) {
    const match = /^([ugoa]*)([-+=])([rwx]*)$/.exec(clause)
    if (!match) return undefined
    const [, who, operator, permissions] = match as unknown as [string, string, string, string]
    const bits = (permissions.includes('r') ? 4 : 0) | (permissions.includes('w') ? 2 : 0) | (permissions.includes('x') ? 1 : 0)
    for (const [letter, shift] of [
      ['u', 6],
      ['g', 3],
      ['o', 0],
    ] as const) {
      if (who !== '' && !who.includes('a') && !who.includes(letter)) continue
      if (operator === '+') allowed |= bits << shift
      else if (operator === '-') allowed &= ~(bits << shift)
      else allowed = (allowed & ~(7 << shift)) | (bits << shift)
    }
  }
  return ~allowed & 0o777
}

interface Limit {
  letter: string
  description: string
  unit: string
  soft: string
  hard: string
}

/** What Debian 12 gives a login; the number of processes follows the memory. */
function limits(shell: Shell): Limit[] {
  const processes = String(Math.floor((shell.process.world.persona.hardware.memoryMiB * 1024) / 257))
  const line = (letter: string, description: string, unit: string, soft: string, hard = soft): Limit => ({
    letter,
    description,
    unit,
    soft,
    hard,
  })
  return [
    line('R', 'real-time non-blocking time', 'microseconds, ', 'unlimited'),
    line('c', 'core file size', 'blocks, ', '0', 'unlimited'),
    line('d', 'data seg size', 'kbytes, ', 'unlimited'),
    line('e', 'scheduling priority', '', '0'),
    line('f', 'file size', 'blocks, ', 'unlimited'),
    line('i', 'pending signals', '', processes),
    line('l', 'max locked memory', 'kbytes, ', String(Math.floor(shell.process.world.persona.hardware.memoryMiB * 128))),
    line('m', 'max memory size', 'kbytes, ', 'unlimited'),
    line('n', 'open files', '', '1024', '1048576'),
    line('p', 'pipe size', '512 bytes, ', '8'),
    line('q', 'POSIX message queues', 'bytes, ', '819200'),
    line('r', 'real-time priority', '', '0'),
    line('s', 'stack size', 'kbytes, ', '8192', 'unlimited'),
    line('t', 'cpu time', 'seconds, ', 'unlimited'),
    line('u', 'max user processes', '', processes),
    line('v', 'virtual memory', 'kbytes, ', 'unlimited'),
    line('x', 'file locks', '', 'unlimited'),
  ]
}

export const ulimit: Builtin = async (shell, args) => {
  const { given, rest, bad } = takeFlags(args, 'SHaRbcdefiklmnpqrstuvxPT')
  if (bad) return invalidOption(shell, 'ulimit', bad)
  const hard = given.has('H') && !given.has('S')
  const all = limits(shell)
  const current = (limit: Limit) => shell.limits.get(limit.letter) ?? (hard ? limit.hard : limit.soft)
  if (given.has('a')) {
    for (const limit of all)
      await shell.say(`${limit.description.padEnd(20)} ${`(${limit.unit}-${limit.letter})`.padStart(19)} ${current(limit)}\n`)
    return 0
  }
  const wanted = [...given.keys()].filter((k) => k !== 'S' && k !== 'H')
  const chosen = all.filter((limit) => (wanted.length ? wanted.includes(limit.letter) : limit.letter === 'f'))
  const value = rest[0]
  for (const limit of chosen) {
    if (value === undefined) {
      await shell.say(
        `${chosen.length > 1 ? `${limit.description.padEnd(20)} ${`(${limit.unit}-${limit.letter})`.padStart(19)} ` : ''}${current(limit)}\n`,
      )
      continue
    }
    if (!/^(\d+|unlimited|hard|soft)$/.test(value)) {
      await shell.complain(`ulimit: ${value}: invalid number`)
      return 1
    }
    if (limit.hard !== 'unlimited' && shell.process.uid !== 0 && (value === 'unlimited' || Number(value) > Number(limit.hard))) {
      await shell.complain(`ulimit: ${limit.description}: cannot modify limit: Operation not permitted`)
      return 1
    }
    shell.limits.set(limit.letter, value === 'hard' ? limit.hard : value === 'soft' ? limit.soft : value)
  }
  return 0
}

export const times: Builtin = async (shell) => {
  const { usedMs } = shell.process.session.processor
  await shell.say(`${minutes(usedMs * 0.7)} ${minutes(usedMs * 0.3)}\n0m0.000s 0m0.000s\n`)
  return 0
}

function minutes(ms: number): string {
  return `${Math.floor(ms / 60_000)}m${((ms % 60_000) / 1000).toFixed(3)}s`
}
