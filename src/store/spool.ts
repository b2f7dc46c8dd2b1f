import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { z } from 'zod'
import type { SundewEvent } from '../events/schema.ts'
import { uuid7 } from '../events/uuid7.ts'
import { AppendFile } from './append-file.ts'
import { type Entry, entryOf } from './entry.ts'
import { StoreError, type Trouble } from './trouble.ts'

/** A file is read whole when it is drained, so it stays small. */
const FILE_BYTES = 8 * 1024 * 1024

/** Whether the event fits its envelope is asked again by {@link entryOf}. */
const Line = z.object({ rejected: z.string().optional(), event: z.looseObject({}) })

interface SpoolFile {
  path: string
  entries: number
  bytes: number
}

/**
 * Where accepted entries lie while the database refuses: JSON lines in append-only files, drained in order when it is
 * well again. Storing is idempotent by event id, so a drain that broke off simply starts again.
 */
export class Spool {
  readonly folder: string
  readonly #maxBytes: number
  readonly #files: SpoolFile[]
  #current: AppendFile | undefined

  /** @param maxBytes it takes no more than these: a database may be away for long */
  constructor(folder: string, maxBytes = Number.POSITIVE_INFINITY) {
    this.folder = folder
    this.#maxBytes = maxBytes
    this.#files = leftovers(folder)
  }

  get empty(): boolean {
    return this.#files.length === 0
  }

  get entries(): number {
    return this.#files.reduce((sum, file) => sum + file.entries, 0)
  }

  get bytes(): number {
    return this.#files.reduce((sum, file) => sum + file.bytes, 0)
  }

  /** Returns when the disk has them. @throws the file system's error, or {StoreError} when it is full; then none of them was kept. */
  append(entries: readonly Entry[]): void {
    if (entries.length === 0) return
    const text = entries.map(lineOf).join('')
    if (this.bytes + Buffer.byteLength(text) > this.#maxBytes) throw new StoreError(full(this.folder))
    try {
      this.#current ??= this.#open()
      this.#current.append(text)
    } catch (error) {
      this.#abandon()
      throw error
    }
    const file = this.#files.at(-1)!
    file.entries += entries.length
    file.bytes = this.#current.size
    if (file.bytes >= FILE_BYTES) this.#seal()
  }

  /**
   * Gives everything to `write`, oldest first, at most `size` at a time; a file goes when all of it is written.
   * @throws what `write` throws, and when `signal` is aborted
   */
  async drain(size: number, write: (batch: readonly Entry[]) => void | Promise<void>, signal: AbortSignal): Promise<void> {
    for (let file = this.#files[0]; file; file = this.#files[0]) {
      if (file.path === this.#current?.path) this.#seal()
      const { entries, unreadable } = readEntries(file.path)
      for (let at = 0; at < entries.length; at += size) {
        signal.throwIfAborted()
        await write(entries.slice(at, at + size))
        await nextTurn()
      }
      if (unreadable) renameSync(file.path, `${file.path}.unreadable`)
      else rmSync(file.path, { force: true })
      this.#files.shift()
    }
  }

  close(): void {
    this.#seal()
  }

  #open(): AppendFile {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 })
    const file = new AppendFile(join(this.folder, `${uuid7()}.jsonl`), { durable: true })
    this.#files.push({ path: file.path, entries: 0, bytes: 0 })
    return file
  }

  #seal(): void {
    this.#current?.close()
    this.#current = undefined
  }

  /** The next try begins a new file: only the last line of a file may ever be torn. */
  #abandon(): void {
    const path = this.#current?.path
    this.#seal()
    if (path === undefined || this.#files.at(-1)?.entries !== 0) return
    this.#files.pop()
    rmSync(path, { force: true })
  }
}

function full(folder: string): Trouble {
  return {
    what: `${folder} has grown to what store.retainGiB allows`,
    cure: 'mend the database, which then takes it in, or raise store.retainGiB',
  }
}

/** Files that an earlier run left, oldest first; their names sort by time. */
function leftovers(folder: string): SpoolFile[] {
  return list(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .map((name) => {
      const path = join(folder, name)
      const bytes = readFileSync(path)
      return { path, entries: bytes.reduce((lines, byte) => lines + (byte === 0x0a ? 1 : 0), 0), bytes: bytes.length }
    })
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    // No folder, nothing left over; a folder that cannot be read shows when it is written.
    return []
  }
}

function lineOf(entry: Entry): string {
  const rejected = entry.rejected === undefined ? '' : `"rejected":${JSON.stringify(entry.rejected)},`
  return `{${rejected}"event":${entry.body}}\n`
}

/** The entries of a file, and whether there are lines that are none (a damaged disk): those are for the operator's eyes. */
function readEntries(path: string): { entries: Entry[]; unreadable: boolean } {
  const lines = readFileSync(path, 'utf8').split('\n')
  // What follows the last LF is empty, or was being written when the process died and was never reported as kept.
  lines.pop()
  const entries = lines.map(parseLine).filter((entry) => entry !== undefined)
  return { entries, unreadable: entries.length < lines.length }
}

function parseLine(line: string): Entry | undefined {
  try {
    const { event, rejected } = Line.parse(JSON.parse(line))
    return entryOf(event as unknown as SundewEvent, rejected)
  } catch {
    // Not JSON, or not ours; the caller keeps the file.
    return undefined
  }
}
