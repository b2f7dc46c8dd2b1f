import type { HostText } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { toText } from '../../text.ts'
import type { Builtin } from '../machinery.ts'
import type { Shell } from '../shell.ts'
import { KEYWORDS } from './lookup.ts'
import { invalidOption, takeFlags } from './usage.ts'

/** `compgen` as scripts use it: word lists, names of all kinds, files, commands. */
export const compgen: Builtin = async (shell, args) => {
  const { given, rest, bad } = takeFlags(args, 'abcdefgjksuvo:A:G:W:F:C:X:P:S:')
  if (bad) return invalidOption(shell, 'compgen', bad)
  const prefix = rest[0] ?? ''
  const action = given.get('A')
  const names: HostText[] = []
  if (given.has('W')) names.push(...(given.get('W') as string).split(/\s+/).filter(Boolean))
  if (given.has('b') || action === 'builtin') names.push(...[...shell.machinery.builtins.keys(), 'exec'].sort())
  if (given.has('a') || action === 'alias') names.push(...[...shell.aliases.keys()].sort())
  if (given.has('k') || action === 'keyword') names.push(...KEYWORDS)
  if (given.has('v') || action === 'variable') names.push(...new Set([...shell.vars.names(), ...shell.parameters.ownNames].sort()))
  if (given.has('e') || action === 'export') names.push(...shell.vars.exported().keys())
  if (given.has('u') || action === 'user') names.push(...namesOf(shell, '/etc/passwd'))
  if (given.has('g') || action === 'group') names.push(...namesOf(shell, '/etc/group'))
  if (given.has('d') || action === 'directory') names.push(...pathsLike(shell, prefix, true))
  if (given.has('f') || action === 'file') names.push(...pathsLike(shell, prefix, false))
  if (given.has('c') || action === 'command')
    names.push(...[...shell.machinery.builtins.keys()].sort(), ...shell.functions.keys(), ...commandsInPath(shell))
  if (given.has('A') && action === 'function') names.push(...[...shell.functions.keys()].sort())
  const found = names.filter((name) => name.startsWith(prefix))
  for (const name of found) await shell.say(`${given.get('P') ?? ''}${name}${given.get('S') ?? ''}\n`)
  return found.length ? 0 : 1
}

/** First fields of a database of accounts. */
function namesOf(shell: Shell, path: string): string[] {
  try {
    return toText(shell.process.view.read(path))
      .split('\n')
      .flatMap((line) => line.split(':')[0] || [])
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return []
  }
}

/** Paths that begin with what was typed. */
function pathsLike(shell: Shell, prefix: string, foldersOnly: boolean): string[] {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1)
  const start = prefix.slice(folder.length)
  try {
    return shell.process.view
      .list(folder || '.')
      .filter((name) => name.startsWith(start) && (start !== '' || !name.startsWith('.')))
      .map((name) => folder + name)
      .filter((path) => !foldersOnly || isFolder(shell, path))
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return []
  }
}

function isFolder(shell: Shell, path: string): boolean {
  try {
    return shell.process.view.stat(path).type === 'directory'
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return false
  }
}

export function commandsInPath(shell: Shell): string[] {
  const names: string[] = []
  for (const folder of (shell.parameters.get('PATH') ?? '').split(':')) {
    try {
      names.push(...shell.process.view.list(folder || '.'))
    } catch (error) {
      if (!(error instanceof HostError)) throw error
    }
  }
  return names
}
