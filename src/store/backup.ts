import { createHash } from 'node:crypto'
import {
  copyFileSync,
  cpSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { createInterface } from 'node:readline'
import { backup, DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { uuid7 } from '../events/uuid7.ts'
import { VERSION } from '../version.ts'
import { AppendFile } from './append-file.ts'
import { StoreError } from './trouble.ts'

const MANIFEST = 'sundew-backup.json'
/** What belongs to a running process, or is part of a database that is copied as a whole. */
const LEFT_OUT = /^(running\.json|writer\.lock.*|.*\.db-(wal|shm|journal)|.*\.(new|part))$/

const Manifest = z.object({
  version: z.string(),
  /** UTC milliseconds. */
  createdAt: z.number(),
  files: z.array(z.object({ path: z.string(), bytes: z.number(), sha256: z.string() })),
})
export type Manifest = z.infer<typeof Manifest>

/**
 * Copies a data folder into a new folder, beside a running sensor too: each database is copied as it stood at one moment, and what
 * lies in files is written once and never changed. The copy is as secret as the original: it holds host keys and password hashes.
 * @param onFile told of each file that is done
 * @throws {StoreError} when the target is not empty
 */
export async function backUp(folder: string, target: string, onFile: (path: string) => void = () => undefined): Promise<Manifest> {
  if (existsSync(target) && readdirSync(target).length > 0) {
    throw new StoreError({ what: `${target} is not empty`, cure: 'name a folder that does not exist yet' })
  }
  const files: Manifest['files'] = []
  for (const path of filesOf(folder)) {
    const copy = join(target, path)
    mkdirSync(dirname(copy), { recursive: true, mode: 0o700 })
    if (path.endsWith('.db')) await copyDatabase(join(folder, path), copy)
    else if (!copyFile(join(folder, path), copy)) continue
    files.push({ path: path.split(sep).join('/'), bytes: statSync(copy).size, sha256: await hashOf(copy) })
    onFile(path)
  }
  const manifest = { version: VERSION, createdAt: Date.now(), files }
  mkdirSync(target, { recursive: true, mode: 0o700 })
  writeFileSync(join(target, MANIFEST), JSON.stringify(manifest, null, 2), { mode: 0o600 })
  return manifest
}

/**
 * Makes a data folder of a backup. What was there before is kept beside it, under the name that is returned; what was recorded
 * since the backup is taken along.
 * @returns `since`: events that the next start stores, those that the backup has already among them
 * @throws {StoreError} when the backup is damaged or none; nothing was changed then
 */
export async function restore(source: string, folder: string): Promise<{ manifest: Manifest; keptAs: string | undefined; since: number }> {
  const manifest = await verified(source)
  const draft = `${folder}.restoring-${process.pid}`
  for (const { path } of manifest.files) {
    const copy = join(draft, path)
    mkdirSync(dirname(copy), { recursive: true, mode: 0o700 })
    copyFileSync(join(source, path), copy)
  }
  const isEmpty = !existsSync(folder) || readdirSync(folder).length === 0
  const keptAs = isEmpty ? undefined : `${folder}.before-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`
  if (keptAs) renameSync(folder, keptAs)
  renameSync(draft, folder)
  const since = keptAs === undefined ? 0 : await takeAlong(keptAs, folder, manifest.createdAt)
  return { manifest, keptAs, since }
}

/** How long before the backup's own time an event may be that was not in it yet. */
const UNSURE_MS = 60_000

/**
 * Gives the spool of a restored folder what was recorded since: what lay in the spool, and the lines of the event log, which outlive a
 * database that is damaged. Storing is idempotent by event id. Captured files come as well.
 */
async function takeAlong(from: string, to: string, createdAt: number): Promise<number> {
  const spool = join(to, 'spool')
  mkdirSync(spool, { recursive: true, mode: 0o700 })
  for (const name of namesIn(join(from, 'spool'))) copyFile(join(from, 'spool', name), join(spool, name))
  const artifacts = join(from, 'artifacts')
  if (existsSync(artifacts)) cpSync(artifacts, join(to, 'artifacts'), { recursive: true, force: false })
  let since = 0
  for (const name of namesIn(join(from, 'log')).filter((one) => one.startsWith('events.jsonl'))) {
    const lines = createInterface({ input: createReadStream(join(from, 'log', name)) })
    const file = new AppendFile(join(spool, `${uuid7()}.jsonl`))
    for await (const line of lines) {
      if (!(timeOf(line) >= createdAt - UNSURE_MS)) continue
      file.append(`{"event":${line}}\n`)
      since++
    }
    file.close()
  }
  return since
}

/** When the event of a line was; not a number for a line that was torn. UTC milliseconds. */
function timeOf(line: string): number {
  try {
    return z.object({ time: z.number() }).parse(JSON.parse(line)).time
  } catch {
    return Number.NaN
  }
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}

async function verified(source: string): Promise<Manifest> {
  const file = join(source, MANIFEST)
  if (!existsSync(file))
    throw new StoreError({ what: `${source} is no backup: it has no ${MANIFEST}`, cure: 'name a folder that "sundew backup" made' })
  const manifest = Manifest.parse(JSON.parse(readFileSync(file, 'utf8')))
  for (const { path, sha256 } of manifest.files) {
    // A path of the manifest must stay in the folder, whoever wrote it.
    if (path.split('/').includes('..') || path.startsWith('/')) throw damaged(source, path)
    const copy = join(source, path)
    if (!existsSync(copy) || (await hashOf(copy)) !== sha256) throw damaged(source, path)
  }
  return manifest
}

function damaged(source: string, path: string): StoreError {
  return new StoreError({ what: `${path} in ${source} is not what was backed up`, cure: 'take another backup; nothing was changed here' })
}

async function copyDatabase(from: string, to: string): Promise<void> {
  const database = new DatabaseSync(from, { readOnly: true, timeout: 5000 })
  try {
    await backup(database, to)
  } finally {
    database.close()
  }
}

/** False when a file went away meanwhile: artifacts are removed by age. */
function copyFile(from: string, to: string): boolean {
  try {
    copyFileSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

function filesOf(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && !LEFT_OUT.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
