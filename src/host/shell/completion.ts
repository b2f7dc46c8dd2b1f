import { HostError } from '../contract.ts'
import { executableKind } from '../process/kernel.ts'
import type { Completion } from '../terminal/line-editor.ts'
import { commandsInPath } from './builtins/compgen.ts'
import { KEYWORDS } from './builtins/lookup.ts'
import { tilde } from './expand/tilde.ts'
import type { Shell } from './shell.ts'

const MOST_POSSIBILITIES = 5000

/** What may stand for the word before the cursor: commands in the first place, variables, users and paths elsewhere. */
export function complete(shell: Shell, text: string, cursor: number): Completion {
  const before = text.slice(0, cursor)
  const word = /(?:\\[\s\S]|"[^"]*"?|'[^']*'?|[^\s;&|<>()"'\\=:`])*$/.exec(before)?.[0] ?? ''
  const from = before.length - word.length
  const plain = word.replace(/\\([\s\S])/g, '$1').replace(/^["']|["']$/g, '')
  const lead = before.slice(0, from)
  if (/^\$\{?\w*$/.test(plain)) return variables(shell, plain, from)
  if (/^@[\w.-]*$/.test(plain)) return hosts(shell, plain, from)
  if (/^~[^/]*$/.test(plain) && plain.length > 1) return users(shell, plain, from)
  const commandPlace = /(^|[;&|({`])\s*$/.test(lead) && !/[<>]\s*$/.test(lead)
  if (commandPlace && !plain.includes('/')) return commands(shell, plain, from, lead.endsWith('`') ? '' : ' ')
  return paths(shell, plain, from, { executablesOnly: commandPlace, quote: /^["']/.exec(word)?.[0] ?? '' })
}

function variables(shell: Shell, word: string, from: number): Completion {
  const brace = word.startsWith('${') ? '${' : '$'
  const names = [...new Set([...shell.vars.names(), ...shell.parameters.ownNames])]
    .filter((name) => name.startsWith(word.slice(brace.length)))
    .sort()
  return result(
    from,
    names.map((name) => brace + name + (brace === '${' ? '}' : '')),
    names.map((name) => brace + name),
    ' ',
  )
}

function users(shell: Shell, word: string, from: number): Completion {
  const names = readNames(shell)
    .filter((name) => name.startsWith(word.slice(1)))
    .sort()
  return result(
    from,
    names.map((name) => `~${name}`),
    names.map((name) => (isDirectory(shell, tilde(shell, name)) ? `~${name}/` : `~${name}`)),
    '/',
  )
}

/** Behind an `@`: names of /etc/hosts. */
function hosts(shell: Shell, word: string, from: number): Completion {
  const names = linesOf(shell, '/etc/hosts').flatMap((line) => line.replace(/#.*/, '').trim().split(/\s+/).slice(1))
  const found = [...new Set(names)].map((name) => `@${name}`).filter((name) => name.startsWith(word))
  return result(from, found, found, ' ')
}

function readNames(shell: Shell): string[] {
  return linesOf(shell, '/etc/passwd')
    .map((line) => line.split(':')[0] as string)
    .filter(Boolean)
}

function linesOf(shell: Shell, path: string): string[] {
  try {
    return shell.process.view.read(path).toString('utf8').split('\n')
  } catch (error) {
    if (error instanceof HostError) return []
    throw error
  }
}

function commands(shell: Shell, word: string, from: number, suffix: string): Completion {
  const names = new Set([
    ...KEYWORDS,
    ...shell.machinery.builtins.keys(),
    'exec',
    ...shell.functions.keys(),
    ...shell.aliases.keys(),
    ...commandsInPath(shell),
  ])
  const found = [...names]
    .filter((name) => name.startsWith(word))
    .sort()
    .slice(0, MOST_POSSIBILITIES)
  const shown = found.map((name) => (isDirectory(shell, name) ? `${name}/` : name))
  if (found.length > 0 || word === '') return result(from, found, shown, suffix)
  return paths(shell, word, from, { executablesOnly: true, quote: '' })
}

interface PathWishes {
  executablesOnly: boolean
  quote: string
}

function paths(shell: Shell, word: string, from: number, wishes: PathWishes): Completion {
  const slash = word.lastIndexOf('/')
  const folder = slash < 0 ? '' : word.slice(0, slash + 1)
  const start = word.slice(slash + 1)
  const real = realFolder(shell, folder)
  // Hidden files are possibilities too (match-hidden-files); `.` and `..` only where a dot was typed.
  const found = [...(start.startsWith('.') ? ['.', '..'] : []), ...listed(shell, real)]
    .filter((name) => name.startsWith(start))
    .sort()
    .slice(0, MOST_POSSIBILITIES)
    .map((name) => ({ name, directory: isDirectory(shell, real + name) }))
    .filter(({ name, directory }) => directory || !wishes.executablesOnly || executableKind(shell.process, real + name) === 'executable')
  const words = found.map(({ name, directory }) => {
    const path = folder + name
    const text = wishes.quote ? `${wishes.quote}${path}` : quoted(path, folder)
    return found.length === 1 && directory ? `${text}/` : text
  })
  const suffix = found.length === 1 && found[0]?.directory ? '' : `${wishes.quote} `
  return { from, words, shown: found.map(({ name, directory }) => (directory ? `${name}/` : name)), suffix }
}

/** Where to look: the folder as typed, with its tilde and variables expanded. */
function realFolder(shell: Shell, folder: string): string {
  if (folder.startsWith('~')) return tilde(shell, folder.slice(1, folder.indexOf('/'))) + folder.slice(folder.indexOf('/'))
  return folder.replace(
    /\$(?:(\w+)|\{(\w+)\})/g,
    (_text, bare?: string, braced?: string) => shell.parameters.get(bare ?? braced ?? '') ?? '',
  )
}

function listed(shell: Shell, folder: string): string[] {
  try {
    return shell.process.view.list(folder || '.')
  } catch (error) {
    if (error instanceof HostError) return []
    throw error
  }
}

function isDirectory(shell: Shell, path: string): boolean {
  try {
    return shell.process.view.stat(path).type === 'directory'
  } catch (error) {
    if (error instanceof HostError) return false
    throw error
  }
}

/** Special characters get a backslash, but for the variables of the folder. */
function quoted(path: string, folder: string): string {
  const lead = /^[^$]*\$\w+\//.exec(folder)?.[0] ?? ''
  return lead + path.slice(lead.length).replace(/[\s"'\\$&|;<>()*?[\]{}!#`]/g, '\\$&')
}

function result(from: number, words: string[], shown: string[], suffix: string): Completion {
  return { from, words, shown, suffix }
}
