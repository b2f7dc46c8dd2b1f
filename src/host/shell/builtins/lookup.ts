import type { HostText } from '../../command.ts'
import { executableKind } from '../../process/kernel.ts'
import type { Builtin } from '../machinery.ts'
import { printFunction } from '../print.ts'
import { quoteForReuse } from '../quote.ts'
import { findInPath } from '../run/external.ts'
import type { Shell } from '../shell.ts'
import { SPECIAL } from '../special.ts'
import { invalidOption, takeFlags } from './usage.ts'

export const KEYWORDS = new Set([
  'if',
  'then',
  'else',
  'elif',
  'fi',
  'case',
  'esac',
  'for',
  'select',
  'while',
  'until',
  'do',
  'done',
  'in',
  'function',
  'time',
  '{',
  '}',
  '!',
  '[[',
  ']]',
  'coproc',
])

const DASH_KEYWORDS = new Set([
  'if',
  'then',
  'else',
  'elif',
  'fi',
  'case',
  'esac',
  'for',
  'while',
  'until',
  'do',
  'done',
  'in',
  '{',
  '}',
  '!',
])

type Meaning =
  | { kind: 'alias'; value: string }
  | { kind: 'keyword' }
  | { kind: 'function' }
  | { kind: 'builtin' }
  | { kind: 'file'; path: string; hashed: boolean }

/** What a name means as a command, the first meaning first. */
function meanings(shell: Shell, name: HostText, how: { all: boolean; functions: boolean; files: boolean }): Meaning[] {
  const found: Meaning[] = []
  if (!how.files) {
    const alias = shell.aliases.get(name)
    if (alias !== undefined && (shell.interactive || shell.options.shopt('expand_aliases'))) found.push({ kind: 'alias', value: alias })
    if ((shell.dialect.name === 'bash' ? KEYWORDS : DASH_KEYWORDS).has(name)) found.push({ kind: 'keyword' })
    if (how.functions && shell.functions.has(name)) found.push({ kind: 'function' })
    if (isBuiltin(shell, name)) found.push({ kind: 'builtin' })
  }
  if (found.length === 0 || how.all) found.push(...files(shell, name, how.all))
  return how.all ? found : found.slice(0, 1)
}

export function isBuiltin(shell: Shell, name: string): boolean {
  return (name === 'exec' || shell.machinery.builtins.has(name)) && !shell.disabledBuiltins.has(name)
}

function files(shell: Shell, name: HostText, all: boolean): Meaning[] {
  if (name.includes('/')) return executableKind(shell.process, name) === 'executable' ? [{ kind: 'file', path: name, hashed: false }] : []
  if (!all) {
    const hashed = shell.hashed.get(name)
    if (hashed && executableKind(shell.process, hashed.path) === 'executable') return [{ kind: 'file', path: hashed.path, hashed: true }]
  }
  const found: Meaning[] = []
  for (const folder of (shell.parameters.get('PATH') ?? '').split(':')) {
    const path = folder ? `${folder.replace(/\/$/, '')}/${name}` : `./${name}`
    if (executableKind(shell.process, path) !== 'executable') continue
    found.push({ kind: 'file', path, hashed: false })
    if (!all) break
  }
  return found
}

export const type: Builtin = async (shell, args) => {
  const { given, rest, bad } = takeFlags(args, 'afptP')
  if (bad) return invalidOption(shell, 'type', bad)
  let status = 0
  for (const name of rest) {
    const found = meanings(shell, name, { all: given.has('a'), functions: !given.has('f'), files: given.has('P') })
    if (found.length === 0) {
      status = shell.dialect.name === 'bash' ? 1 : 127
      if (given.has('t') || given.has('p') || given.has('P')) continue
      if (shell.dialect.name === 'bash') await shell.complain(`type: ${name}: not found`)
      else await shell.say(`${name}${shell.dialect.name === 'mksh' ? '' : ':'} not found\n`)
      continue
    }
    for (const meaning of found) {
      if (given.has('t')) await shell.say(`${meaning.kind}\n`)
      else if (given.has('p') || given.has('P')) await shell.say(meaning.kind === 'file' ? `${meaning.path}\n` : '')
      else await shell.say(describe(shell, name, meaning))
    }
  }
  return status
}

function describe(shell: Shell, name: HostText, meaning: Meaning): string {
  const isBash = shell.dialect.name === 'bash'
  switch (meaning.kind) {
    case 'alias':
      return isBash ? `${name} is aliased to \`${meaning.value}'\n` : `${name} is an alias for ${meaning.value}\n`
    case 'keyword':
      return `${name} is a shell keyword\n`
    case 'function': {
      const definition = shell.functions.get(name)
      return isBash && definition ? `${name} is a function\n${printFunction(name, definition)}` : `${name} is a shell function\n`
    }
    case 'builtin':
      return isBash || !SPECIAL.has(name) ? `${name} is a shell builtin\n` : `${name} is a special shell builtin\n`
    case 'file':
      return meaning.hashed && isBash ? `${name} is hashed (${meaning.path})\n` : `${name} is ${meaning.path}\n`
  }
}

export const command: Builtin = async (shell, args) => {
  const { given, rest, bad } = takeFlags(args, 'pVv')
  if (bad) return invalidOption(shell, 'command', bad)
  if (rest.length === 0) return 0
  if (!given.has('v') && !given.has('V')) return shell.machinery.command(shell, rest, { functions: false })
  let status = 1
  // The Almquist shells look at the first name only.
  for (const name of shell.dialect.strict ? rest.slice(0, 1) : rest) {
    const [meaning] = meanings(shell, name, { all: false, functions: true, files: false })
    if (!meaning) {
      if (given.has('V')) await shell.complain(`command: ${name}: not found`)
      if (shell.dialect.name !== 'bash') status = 127
      continue
    }
    status = 0
    if (given.has('V')) await shell.say(describe(shell, name, meaning))
    else if (meaning.kind === 'alias') await shell.say(`alias ${name}=${quoteForReuse(meaning.value)}\n`)
    else await shell.say(`${meaning.kind === 'file' ? meaning.path : name}\n`)
  }
  return status
}

export const builtin: Builtin = async (shell, args) => {
  const [name, ...rest] = args[0] === '--' ? args.slice(1) : args
  if (name === undefined) return 0
  const found = shell.machinery.builtins.get(name)
  if (found) return found(shell, rest, name)
  await shell.complain(`builtin: ${name}: not a shell builtin`)
  return 1
}

export const hash: Builtin = async (shell, args) => {
  const { given, rest, bad } = takeFlags(args, 'ldp:rt')
  if (bad) return invalidOption(shell, 'hash', bad)
  if (given.has('r')) shell.hashed.clear()
  const path = given.get('p')
  let status = 0
  for (const name of rest) {
    if (path !== undefined) shell.hashed.set(name, { path, hits: 0 })
    else if (given.has('d')) shell.hashed.delete(name)
    else if (given.has('t')) {
      const known = shell.hashed.get(name)
      if (known) await shell.say(`${known.path}\n`)
      else {
        await shell.complain(`hash: ${name}: not found`)
        status = 1
      }
    } else if (!name.includes('/') && !isBuiltin(shell, name) && findInPath(shell, name)?.kind !== 'executable') {
      await shell.complain(`hash: ${name}: not found`)
      status = 1
    } else {
      const entry = shell.hashed.get(name)
      const file = shell.dialect.name === 'dash' && !isBuiltin(shell, name) ? findInPath(shell, name) : undefined
      if (entry) entry.hits = 0
      else if (file) shell.hashed.set(name, { path: file.path, hits: 0 })
    }
  }
  if (rest.length > 0 || given.has('r')) return status
  if (shell.hashed.size === 0) {
    if (shell.dialect.name === 'bash') await shell.say('hash: hash table empty\n')
    return 0
  }
  if (given.has('l')) for (const [name, entry] of shell.hashed) await shell.say(`builtin hash -p ${entry.path} ${name}\n`)
  else {
    if (shell.dialect.name === 'bash') await shell.say('hits\tcommand\n')
    for (const entry of shell.hashed.values())
      await shell.say(shell.dialect.name === 'bash' ? `${String(entry.hits).padStart(4)}\t${entry.path}\n` : `${entry.path}\n`)
  }
  return 0
}

export const alias: Builtin = async (shell, args) => {
  const { rest, bad } = takeFlags(args, 'p')
  if (bad) return invalidOption(shell, 'alias', bad)
  const prefix = shell.dialect.name === 'bash' ? 'alias ' : ''
  if (rest.length === 0)
    for (const [name, value] of [...shell.aliases].sort()) await shell.say(`${prefix}${name}=${quoteForReuse(value)}\n`)
  let status = 0
  for (const arg of rest) {
    const at = arg.indexOf('=', 1)
    if (at > 0) {
      const before = shell.aliases.get(arg.slice(0, at))
      shell.aliases.set(arg.slice(0, at), arg.slice(at + 1))
      shell.bookDefinition(before === undefined ? arg.length : arg.length - at - 1 - before.length)
      continue
    }
    const value = shell.aliases.get(arg)
    if (value !== undefined) await shell.say(`${prefix}${arg}=${quoteForReuse(value)}\n`)
    else {
      await notFound(shell, 'alias', arg)
      status = 1
    }
  }
  return status
}

export const unalias: Builtin = async (shell, args) => {
  const { given, rest, bad } = takeFlags(args, 'a')
  if (bad) return invalidOption(shell, 'unalias', bad)
  let status = 0
  for (const name of given.has('a') ? [...shell.aliases.keys()] : rest) {
    const value = shell.aliases.get(name)
    if (value !== undefined) {
      shell.aliases.delete(name)
      shell.bookDefinition(-(name.length + 1 + value.length))
      continue
    }
    await notFound(shell, 'unalias', name)
    status = 1
  }
  return status
}

export const enable: Builtin = async (shell, args) => {
  const { given, rest, bad } = takeFlags(args, 'adnpsf:')
  if (bad) return invalidOption(shell, 'enable', bad)
  const names = [...shell.machinery.builtins.keys(), 'exec'].sort()
  if (rest.length === 0) {
    for (const name of names) {
      const off = shell.disabledBuiltins.has(name)
      if (given.has('s') && !SPECIAL.has(name)) continue
      if (given.has('a') || off === given.has('n')) await shell.say(`enable ${off ? '-n ' : ''}${name}\n`)
    }
    return 0
  }
  let status = 0
  for (const name of rest) {
    if (!names.includes(name)) {
      await shell.complain(`enable: ${name}: not a shell builtin`)
      status = 1
    } else if (given.has('n')) shell.disabledBuiltins.add(name)
    else shell.disabledBuiltins.delete(name)
  }
  return status
}

async function notFound(shell: Shell, builtin: string, name: string): Promise<void> {
  if (shell.dialect.strict) await shell.process.stderr.write(`${builtin}: ${name} not found\n`)
  else await shell.complain(`${builtin}: ${name}: not found`)
}
