import { HostError } from '../../contract.ts'
import { toBytes, toText } from '../../text.ts'
import type { Builtin } from '../machinery.ts'
import { formatTime } from '../prompt.ts'
import type { Shell } from '../shell.ts'
import { invalidOption, takeFlags } from './usage.ts'

export const history: Builtin = async (shell, args) => {
  const { given, rest, bad } = takeFlags(args, 'cd:anrwps')
  if (bad) return invalidOption(shell, 'history', bad)
  const table = shell.history
  if (!table) return 0
  if (given.has('c')) {
    table.clear()
    return 0
  }
  const offset = given.get('d')
  if (offset !== undefined) {
    if (/^-?\d+$/.test(offset) && table.delete(Number(offset))) return 0
    await shell.complain(`history: ${offset}: history position out of range`)
    return 1
  }
  if (given.has('s')) {
    table.store(rest.join(' '), shell.process.world.now())
    return 0
  }
  if (given.has('p')) {
    for (const arg of rest) await shell.say(`${arg}\n`)
    return 0
  }
  const file = rest[0] ?? shell.parameters.get('HISTFILE')
  if (given.has('a') || given.has('w')) return saveHistory(shell, file, given.has('w') ? 'all' : 'new')
  if (given.has('r') || given.has('n')) {
    if (file) loadHistory(shell, file)
    return 0
  }
  const count = rest[0]
  if (count !== undefined && !/^\d+$/.test(count)) {
    await shell.complain(`history: ${count}: numeric argument required`)
    return 1
  }
  const format = shell.parameters.get('HISTTIMEFORMAT')
  const entries = table.entries()
  for (const { number, text, time, changed } of count === undefined ? entries : entries.slice(-Number(count) || entries.length)) {
    const stamp = format ? formatTime(shell, format, time ?? shell.startedAt) : ''
    await shell.say(`${String(number).padStart(5)}${changed ? '*' : ' '} ${stamp}${text}\n`)
  }
  return 0
}

/** Reads a history file into the shell's list; a missing one is no error. */
export function loadHistory(shell: Shell, path: string): void {
  try {
    shell.history?.load(toText(shell.process.view.read(path)))
  } catch (error) {
    if (!(error instanceof HostError)) throw error
  }
}

/** Writes the history file, as at logout. */
export function saveHistory(shell: Shell, path: string | undefined, what: 'all' | 'new'): number {
  const table = shell.history
  if (!path || !table) return 0
  const lines = what === 'all' ? table.lines : table.lines.slice(-table.sessionLength || table.lines.length)
  if (what === 'new' && table.sessionLength === 0) return 0
  const text = toBytes(lines.map((line) => `${line}\n`).join(''))
  try {
    if (what === 'all') shell.process.view.write(path, text, 0o600)
    else if (exists(shell, path)) shell.process.view.append(path, text)
    else shell.process.view.write(path, text, 0o600)
    table.sessionLength = 0
    return 0
  } catch (error) {
    if (error instanceof HostError) return 1
    throw error
  }
}

function exists(shell: Shell, path: string): boolean {
  try {
    shell.process.view.stat(path)
    return true
  } catch (error) {
    if (error instanceof HostError) return false
    throw error
  }
}

export const fc: Builtin = async (shell, args) => {
  const { given, rest, bad } = takeFlags(
    args.map((a) => (/^-\d+$/.test(a) ? `\0${a}` : a)),
    'e:lnrs',
  )
  if (bad) return invalidOption(shell, 'fc', bad)
  const entries = shell.history?.entries() ?? []
  const specs = rest.map((a) => a.replace(/^\0/, ''))
  if (given.has('s')) {
    const changes: [string, string][] = []
    while (specs[0]?.includes('=')) {
      const change = specs.shift() as string
      changes.push([change.slice(0, change.indexOf('=')), change.slice(change.indexOf('=') + 1)])
    }
    const found = specs[0] ? [...entries].reverse().find((e) => e.text.startsWith(specs[0] as string)) : entries.at(-2)
    if (!found) {
      await shell.complain('fc: no command found')
      return 1
    }
    const text = changes.reduce((line, [from, to]) => (from === '' ? line : line.replaceAll(from, () => to)), found.text)
    await shell.process.stderr.write(`${text}\n`)
    shell.history?.replaceLast(text)
    return shell.machinery.source(shell, text, 'fc')
  }
  const past = shell.interactive ? entries.slice(0, -1) : entries
  const position = (spec: string | undefined, usual: number): number => {
    if (spec === undefined) return usual
    if (/^-\d+$/.test(spec)) return past.length + Number(spec)
    if (/^\d+$/.test(spec)) return past.findIndex((e) => e.number === Number(spec))
    return past.findLastIndex((e) => e.text.startsWith(spec))
  }
  const from = Math.max(0, position(specs[0], given.has('l') ? past.length - 16 : past.length - 1))
  const to = Math.min(past.length - 1, position(specs[1], specs[0] !== undefined && !given.has('l') ? from : past.length - 1))
  if (!given.has('l')) return 0
  const lines = past.slice(from, to + 1)
  for (const { number, text } of given.has('r') ? lines.reverse() : lines)
    await shell.say(given.has('n') ? `\t ${text}\n` : `${number}\t ${text}\n`)
  return 0
}

/** `bind`, `complete`, `compopt`: what they set would change the keyboard only, so it is taken and not used. */
export const acceptKeyboardSetting: Builtin = () => 0

/** `caller N`: line, function and file of a call. */
export const caller: Builtin = async (shell, args) => {
  const frame = shell.calls.at(-1 - Number(args[0] ?? 0))
  if (!frame) return 1
  const outer = shell.calls.at(-2 - Number(args[0] ?? 0))
  if (!outer && shell.source === 'command' && args[0] !== undefined) return 1
  const source = outer?.source || (shell.source === 'script' ? shell.name : 'NULL')
  await shell.say(args[0] === undefined ? `${frame.line} ${source}\n` : `${frame.line} ${outer?.function ?? 'main'} ${source}\n`)
  return 0
}
