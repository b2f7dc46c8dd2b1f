import { promptValues } from '../config/prompt-values.ts'
import { HostError } from './contract.ts'
import type { KernelProcess } from './process/kernel-process.ts'
import { toText } from './text.ts'
import { formatInZone } from './zone-time.ts'

/** Names of a directory, and bytes of a file, that a question shows. */
const MOST_NAMES = 60
const MOST_FILE = 1500
const MOST_FILES = 3

/** What the prompt texts of a persona may name, for this process. */
export function valuesFor(process: KernelProcess): Record<string, string> {
  const { persona, hostname } = process.world
  const time = formatInZone(process.world.now(), persona.timezone, '%a %b %e %H:%M %Y')
  return promptValues(persona, { hostname, user: process.user, cwd: process.cwd, time })
}

/** The slice of the world that an answer depends on: who, where, what lies there, and the files that the command names. */
export function askedState(process: KernelProcess, path: string): string {
  const lines = [`user: ${process.user} (uid ${process.uid})`, `directory: ${process.cwd}`, `program: ${path}`]
  const names = listed(process, process.cwd)
  if (names)
    lines.push(`files here: ${names.slice(0, MOST_NAMES).join(' ')}${names.length > MOST_NAMES ? ` … (${names.length} in all)` : ''}`)
  let shown = 0
  for (const word of process.argv.slice(1)) {
    const text = describe(process, word, shown < MOST_FILES)
    if (text === undefined) continue
    shown++
    lines.push(text)
  }
  return lines.join('\n')
}

/** Whether the answer depends on what this source has changed: then it is not shared. */
export function dependsOnSource(process: KernelProcess): boolean {
  const { volume } = process.kernel.disk
  return [process.cwd, ...process.argv.slice(1)].some((word) => {
    try {
      const { inode } = process.view.openable(word)
      return inode !== undefined && volume.own(inode.ino) !== undefined
    } catch (error) {
      if (error instanceof HostError) return false
      throw error
    }
  })
}

function describe(process: KernelProcess, word: string, withText: boolean): string | undefined {
  if (word.startsWith('-') || word === '' || word.length > 500) return undefined
  try {
    const stat = process.view.stat(word)
    if (stat.type === 'directory') return `${word}: directory`
    if (stat.type !== 'file') return `${word}: ${stat.type}`
    const head = `${word}: file of ${stat.size} bytes`
    if (!withText || stat.size === 0 || !process.view.may('r', word)) return head
    const bytes = process.view.openable(word).inode?.content?.read(0, MOST_FILE) ?? Buffer.alloc(0)
    return bytes.includes(0) ? `${head}, binary` : `${head}:\n${toText(bytes)}`
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return word.includes('/') || /\.\w{1,5}$/.test(word) ? `${word}: does not exist` : undefined
  }
}

function listed(process: KernelProcess, path: string): string[] | undefined {
  try {
    return process.view.list(path).filter((name) => !name.startsWith('.'))
  } catch (error) {
    if (error instanceof HostError) return undefined
    throw error
  }
}
