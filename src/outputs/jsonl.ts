import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { SundewEvent } from '../events/schema.ts'
import { AppendFile } from '../store/append-file.ts'
import type { EventReader } from '../store/contract.ts'
import { type Trouble, troubleOf } from '../store/trouble.ts'
import { lastLine } from './last-line.ts'

const FLUSH_MS = 100
const RETRY_MS = 1_000
/** Characters that wait for a disk that refuses. The store keeps every event anyway, so beyond this lines are dropped and counted. */
const MEMORY = 8 * 1024 * 1024
/** Bytes written at once. */
const PIECE = 1024 * 1024
/** Events that are read at once of what a crash has kept out of the file. */
const CATCH_UP = 1000

export interface JsonlOptions {
  /** The newest events go to `events.jsonl` in it; full files are `events.jsonl.1`, `.2` …, the oldest last. */
  folder: string
  /** Bytes at which a file is full; 64 MiB. */
  maxBytes?: number
  /** Full files that are kept; 5. */
  keep?: number
  /** Called when trouble begins, changes, and ends (undefined). */
  onTrouble?(trouble: Trouble | undefined): void
}

/**
 * Writes events as lines of JSON, for a log shipper or `jq`.
 * @example
 * const jsonl = openJsonl({ folder: 'data/log' })
 * bus.subscribe((event) => jsonl.write(event))
 */
export function openJsonl(options: JsonlOptions): JsonlOutput {
  return new JsonlOutput(options)
}

export class JsonlOutput {
  readonly #path: string
  readonly #folder: string
  readonly #maxBytes: number
  readonly #keep: number
  readonly #onTrouble: (trouble: Trouble | undefined) => void
  readonly #lines: string[] = []
  #waiting = 0
  #file: AppendFile | undefined
  #timer: NodeJS.Timeout | undefined
  #trouble: Trouble | undefined
  #closed = false
  /** Lines. */
  written = 0
  dropped = 0

  constructor({ folder, maxBytes = 64 * 1024 * 1024, keep = 5, onTrouble }: JsonlOptions) {
    this.#folder = folder
    this.#path = join(folder, 'events.jsonl')
    this.#maxBytes = maxBytes
    this.#keep = keep
    this.#onTrouble = (trouble) => onTrouble?.(trouble)
  }

  get trouble(): Trouble | undefined {
    return this.#trouble
  }

  /** Returns at once; the line is in the file within 100 ms, if the disk takes it. */
  write(event: SundewEvent): void {
    const line = `${JSON.stringify(event)}\n`
    if (this.#closed || this.#waiting + line.length > MEMORY) {
      this.dropped++
      return
    }
    this.#lines.push(line)
    this.#waiting += line.length
    this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS)
  }

  /**
   * Writes what the store has of a sensor and the file has not: a crash takes the lines that were on their way, and leaves half of one.
   * To be called before the first `write`. A file that is not there begins with what is written from now on.
   * @returns how many lines were missing
   */
  async catchUp(store: Pick<EventReader, 'events'>, sensor: string): Promise<number> {
    let last = lastId(this.#path) ?? lastId(`${this.#path}.1`)
    if (last === undefined) return 0
    const before = this.written
    while (!this.#trouble) {
      const events = await store.events({ after: last, limit: CATCH_UP })
      this.#lines.push(...events.filter((event) => event.sensor === sensor).map((event) => `${JSON.stringify(event)}\n`))
      this.#waiting = this.#lines.reduce((sum, line) => sum + line.length, 0)
      this.#flush()
      const newest = events.at(-1)
      if (!newest || events.length < CATCH_UP) break
      last = newest.id
    }
    return this.written - before
  }

  close(): void {
    this.#closed = true
    this.#flush()
    this.#closeFile()
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    try {
      while (this.#lines.length > 0) this.#writePiece()
      this.#setTrouble(undefined)
    } catch (error) {
      this.#closeFile()
      this.#setTrouble(troubleOf(error, this.#path))
      if (!this.#closed) this.#timer = setTimeout(() => this.#flush(), RETRY_MS)
    }
  }

  #writePiece(): void {
    const file = this.#roomyFile()
    const count = this.#fitting(this.#maxBytes - file.size)
    const piece = this.#lines.slice(0, count).join('')
    file.append(piece)
    this.#lines.splice(0, count)
    this.#waiting -= piece.length
    this.written += count
  }

  /** The current file, or the next one when the next line has no room in it. */
  #roomyFile(): AppendFile {
    this.#file ??= this.#openFile()
    const next = Buffer.byteLength(this.#lines[0] ?? '')
    if (this.#file.size === 0 || this.#file.size + next <= this.#maxBytes) return this.#file
    this.#closeFile()
    this.#rotate()
    this.#file = this.#openFile()
    return this.#file
  }

  /** How many lines go into `room` bytes; one at least, so that a line larger than a file is not stuck. */
  #fitting(room: number): number {
    const limit = Math.min(room, PIECE)
    let bytes = Buffer.byteLength(this.#lines[0] ?? '')
    let count = 1
    while (count < this.#lines.length) {
      bytes += Buffer.byteLength(this.#lines[count] ?? '')
      if (bytes > limit) break
      count++
    }
    return count
  }

  #openFile(): AppendFile {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    return new AppendFile(this.#path)
  }

  #closeFile(): void {
    this.#file?.close()
    this.#file = undefined
  }

  #rotate(): void {
    for (let n = this.#keep - 1; n >= 1; n--) moveIfThere(`${this.#path}.${n}`, `${this.#path}.${n + 1}`)
    if (this.#keep > 0) renameSync(this.#path, `${this.#path}.1`)
    else rmSync(this.#path)
  }

  #setTrouble(trouble: Trouble | undefined): void {
    if (trouble?.what === this.#trouble?.what) return
    this.#trouble = trouble
    this.#onTrouble(trouble)
  }
}

/** Id of the event in the last line of a file; undefined when there is none that can be read. */
function lastId(path: string): string | undefined {
  const line = lastLine(path)
  try {
    const { id } = JSON.parse(line ?? '{}') as { id?: unknown }
    return typeof id === 'string' ? id : undefined
  } catch {
    return undefined
  }
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    // At first there are fewer files than are kept.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}
