import type { HostFiles } from '../../contract.ts'
import { HostError } from '../../contract.ts'
import { globMatch } from './glob.ts'

/** Files that an `include` line names, sorted; wildcards in the last part of the path alone, as configurations use them. */
export function includedFiles(files: HostFiles, pattern: string): string[] {
  const slash = pattern.lastIndexOf('/')
  const [folder, name] = [pattern.slice(0, slash) || '/', pattern.slice(slash + 1)]
  if (!/[*?[]/.test(name)) return isFile(files, pattern) ? [pattern] : []
  try {
    return files
      .list(folder)
      .filter((entry) => !entry.startsWith('.') && globMatch(name, entry))
      .sort()
      .map((entry) => `${folder}/${entry}`)
      .filter((path) => isFile(files, path))
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return []
  }
}

/** Text of a file, or why it cannot be read. */
export function configText(files: HostFiles, path: string): string | HostError {
  try {
    return files.read(path).toString('utf8')
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return error
  }
}

function isFile(files: HostFiles, path: string): boolean {
  try {
    return files.stat(path).type !== 'directory'
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return false
  }
}
