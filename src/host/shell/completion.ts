import { HostError } from '../contract.ts'
import { executableKind } from '../process/kernel.ts'
import type { Completion } from '../terminal/line-editor.ts'
import { commandsInPath } from './builtins/history.ts'
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
  if (/^~[^/]*$/.test(plain) && plain.length > 1) return users(shell, plain, from)
  const commandPlace =
    /(^|[;&|({`]|\b(then|do|else|if|while|until|sudo|exec|command|time|nohup|which|type|man))\s*$/.test(lead) && !/[<>]\s*$/.test(lead)
  if (commandPlace && !plain.includes('/')) return commands(shell, plain, from)
  const directoriesOnly = /(^|[;&|]\s*)(cd|rmdir|pushd)\s+([^;&|]*\s)?$/.test(lead)
  return paths(shell, plain, from, { directoriesOnly, executablesOnly: commandPlace, quote: /^["']/.exec(word)?.[0] ?? '' })
}

function variables(shell: Shell, word: string, from: number): Completion {
  const brace = word.startsWith('${') ? '${' : '$'
  const names = shell.vars.names().filter((name) => name.startsWith(word.slice(brace.length)))
  return result(
    from,
    names.map((name) => brace + name + (brace === '${' ? '}' : '')),
    names.map((name) => brace + name),
    ' ',
  )
}

function users(shell: Shell, word: string, from: number): Completion {
  const names = readNames(shell).filter((name) => name.startsWith(word.slice(1)))
  return result(
    from,
    names.map((name) => `~${name}`),
    names.map((name) => `~${name}`),
    '/',
  )
}

function readNames(shell: Shell): string[] {
  try {
    return shell.process.view
      .read('/etc/passwd')
      .toString('utf8')
      .split('\n')
      .map((line) => line.split(':')[0] as string)
      .filter(Boolean)
  } catch (error) {
    if (error instanceof HostError) return []
    throw error
  }
}

function commands(shell: Shell, word: string, from: number): Completion {
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
  if (found.length > 0 || word === '') return result(from, found, found, ' ')
  return paths(shell, word, from, { directoriesOnly: false, executablesOnly: true, quote: '' })
}

interface PathWishes {
  directoriesOnly: boolean
  executablesOnly: boolean
  quote: string
}

function paths(shell: Shell, word: string, from: number, wishes: PathWishes): Completion {
  const slash = word.lastIndexOf('/')
  const folder = slash < 0 ? '' : word.slice(0, slash + 1)
  const start = word.slice(slash + 1)
  const real = folder.startsWith('~') ? tilde(shell, folder.slice(1, folder.indexOf('/'))) + folder.slice(folder.indexOf('/')) : folder
  const found = listed(shell, real)
    .filter((name) => name.startsWith(start) && (start.startsWith('.') || !name.startsWith('.')))
    .sort()
    .slice(0, MOST_POSSIBILITIES)
    .map((name) => ({ name, directory: isDirectory(shell, real + name) }))
    .filter(
      ({ name, directory }) =>
        directory || (!wishes.directoriesOnly && (!wishes.executablesOnly || executableKind(shell.process, real + name) === 'executable')),
    )
  const words = found.map(({ name, directory }) => {
    const path = folder + name
    const quoted = wishes.quote ? `${wishes.quote}${path}` : path.replace(/[\s"'\\$&|;<>()*?[\]{}!#`]/g, '\\$&')
    return found.length === 1 && directory ? `${quoted}/` : quoted
  })
  const suffix = found.length === 1 && found[0]?.directory ? '' : `${wishes.quote} `
  return { from, words, shown: found.map(({ name, directory }) => (directory ? `${name}/` : name)), suffix }
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

function result(from: number, words: string[], shown: string[], suffix: string): Completion {
  return { from, words, shown, suffix }
}
