import { HostError } from '../../contract.ts'
import { globMatch } from '../gnu/glob.ts'
import { bytesOf, hostName, type Machine } from './machine.ts'

/** Names that patterns stand for; a word without a wildcard stands for itself. */
export function globbed(machine: Machine, patterns: string): string[] {
  return patterns
    .trim()
    .split(/\s+/)
    .flatMap(braced)
    .flatMap((pattern) => {
      const home = /^~(?=\/|$)/.test(pattern) ? (machine.process.env.get('HOME') ?? '') + pattern.slice(1) : pattern
      return /[*?[]/.test(home) ? matches(machine, home) : [home]
    })
}

function braced(word: string): string[] {
  const found = /^([^{]*)\{([^{}]*)\}(.*)$/.exec(word)
  if (!found) return [word]
  return (found[2] as string).split(',').flatMap((part) => braced(`${found[1]}${part}${found[3]}`))
}

function matches(machine: Machine, pattern: string): string[] {
  let found = [pattern.startsWith('/') ? '/' : '']
  for (const part of pattern.split('/').filter((piece) => piece !== '')) {
    found = found.flatMap((folder) => {
      const join = (name: string): string => (folder === '' || folder.endsWith('/') ? folder + name : `${folder}/${name}`)
      if (!/[*?[]/.test(part)) return exists(machine, join(part)) ? [join(part)] : []
      return names(machine, folder)
        .filter((name) => globMatch(part, name) && (part.startsWith('.') || !name.startsWith('.')))
        .sort()
        .map(join)
    })
  }
  return found
}

function names(machine: Machine, folder: string): string[] {
  try {
    return machine.process.files.list(hostName(folder || '.')).map(bytesOf)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return []
  }
}

function exists(machine: Machine, path: string): boolean {
  try {
    machine.process.files.lstat(hostName(path))
    return true
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return false
  }
}
