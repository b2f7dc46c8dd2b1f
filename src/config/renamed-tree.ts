import { gunzipSync, gzipSync } from 'node:zlib'
import { asWritten, type Renaming } from './drawn-names.ts'
import { renamedRepository } from './renamed-repository.ts'

/** As seeds write the folder `.git`, which a repository cannot hold. */
const REPOSITORY = /^(.*?\/\{\{dot\}\}git)\//
const GZIP = Buffer.from('1f8b', 'hex')

/** The seeds of a persona with the names of an install, in paths and contents, within archives and repositories too. */
export function renamedTree(files: ReadonlyMap<string, Buffer>, rename: Renaming): Map<string, Buffer> {
  if (rename === asWritten()) return new Map(files)
  const byRepository = Map.groupBy(files, ([path]) => REPOSITORY.exec(path)?.[1])
  return new Map(
    [...byRepository].flatMap(([repository, there]) => {
      const seeds = new Map(there)
      const renamed = repository === undefined ? plain(seeds, rename) : renamedRepository(seeds, rename)
      return [...renamed].map(([path, bytes]): [string, Buffer] => [rename(path), bytes])
    }),
  )
}

function plain(files: ReadonlyMap<string, Buffer>, rename: Renaming): Map<string, Buffer> {
  return new Map([...files].map(([path, bytes]) => [path, renamedBytes(bytes, rename)]))
}

/** Pictures and other bytes that are no text stay as they are. */
function renamedBytes(bytes: Buffer, rename: Renaming): Buffer {
  if (bytes.subarray(0, 2).equals(GZIP)) {
    const text = gunzipSync(bytes).toString('utf8')
    return rename(text) === text ? bytes : gzipSync(rename(text), { level: 9 })
  }
  return bytes.includes(0) ? bytes : Buffer.from(rename(bytes.toString('utf8')))
}
