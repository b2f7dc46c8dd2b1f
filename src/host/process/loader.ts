import { HostError } from '../contract.ts'
import { errno } from '../files/errno.ts'
import type { FilesView } from '../files/view.ts'
import { neededOf } from '../image/elf-dynamic.ts'
import type { Program } from './kernel-process.ts'

const FOLDERS = ['/lib/x86_64-linux-gnu', '/usr/lib/x86_64-linux-gnu', '/lib', '/usr/lib', '/lib64']

/**
 * The first shared object that a program asks for and its loader does not find.
 * @throws HostError ENOENT when the loader itself is missing, as execve(2)
 */
export function missingLibrary(files: FilesView, head: Buffer): string | undefined {
  const interpreter = /\/(?:lib|system)[\w./-]{0,60}ld[\w.-]{0,40}/.exec(head.subarray(0, 4096).toString('latin1'))?.[0]
  if (interpreter === undefined) return undefined
  if (!isThere(files, interpreter)) throw errno('ENOENT')
  return neededOf(head)?.find((name) => !FOLDERS.some((folder) => isThere(files, `${folder}/${name}`)))
}

/** What the loader of glibc says then. */
export function failingProgram(library: string): Program {
  return async (process) => {
    await process.stderr.write(
      `${process.argv[0]}: error while loading shared libraries: ${library}: cannot open shared object file: No such file or directory\n`,
    )
    return 127
  }
}

function isThere(files: FilesView, path: string): boolean {
  try {
    return files.stat(path).type === 'file'
  } catch (error) {
    if (error instanceof HostError) return false
    throw error
  }
}
