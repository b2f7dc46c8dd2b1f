import { createHash } from 'node:crypto'
import { appendFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** Bytes of a record beyond which it says no more; a session may print for hours. */
const MAX_BYTES = 16 * 1024 * 1024
/** How long what was seen may wait in memory. */
const FLUSH_MS = 500
const FLUSH_BYTES = 64 * 1024

export interface TerminalRecordSetup {
  /** Folder of the records, below the data folder. */
  folder: string
  /** Name without extension: the session, and which of its terminals. */
  name: string
  columns: number
  rows: number
  term: string
  /** Set when one command ran instead of a shell. */
  command?: Buffer
  /** Whether there is a terminal that has turned LF into CRLF already. */
  cooked: boolean
}

/** Facts of a finished record: its files below the data folder; sizes of what was typed and shown. */
export interface TerminalRecordFacts {
  cast: string
  ttylog: string
  inputBytes: number
  outputBytes: number
  /** SHA-256 of the input, by which Cowrie names its recordings. */
  inputSha256: string
  durationMs: number
}

/**
 * What went over a terminal or an exec channel, in time, written twice as it happens: as asciicast v2 for asciinema's
 * players and as the ttylog that Cowrie's `playlog` replays. Each record has files of its own.
 */
export class TerminalRecord {
  readonly #cast: Appending
  readonly #ttylog: Appending
  readonly #cooked: boolean
  readonly #startedAt = Date.now()
  readonly #input = createHash('sha256')
  readonly #decoders = { i: new TextDecoder(), o: new TextDecoder() }
  #inputBytes = 0
  #outputBytes = 0

  constructor(setup: TerminalRecordSetup) {
    const { folder, name, columns, rows, term, command, cooked } = setup
    this.#cast = new Appending(join(folder, `${name}.cast`))
    this.#ttylog = new Appending(join(folder, `${name}.ttylog`))
    this.#cooked = cooked
    const header = {
      version: 2,
      width: columns,
      height: rows,
      timestamp: Math.floor(this.#startedAt / 1000),
      ...(command ? { command: command.toString('utf8') } : {}),
      env: { TERM: term, SHELL: '/bin/bash' },
    }
    this.#cast.add(`${JSON.stringify(header)}\n`)
    this.#ttylog.add(ttylogRecord(Op.OPEN, 0, Buffer.alloc(0)))
    if (command) this.#ttylog.add(ttylogRecord(Op.WRITE, Direction.INTERACT, command))
  }

  input(bytes: Buffer): void {
    this.#inputBytes += bytes.length
    this.#input.update(bytes)
    this.#castEvent('i', this.#decoders.i.decode(bytes, { stream: true }))
    this.#ttylog.add(ttylogRecord(Op.WRITE, Direction.INPUT, bytes))
  }

  output(bytes: Buffer): void {
    this.#outputBytes += bytes.length
    const text = this.#decoders.o.decode(bytes, { stream: true })
    this.#castEvent('o', this.#cooked ? text : text.replaceAll('\n', '\r\n'))
    // Cowrie records what a program printed, before the terminal made CRLF of LF.
    const printed = this.#cooked ? Buffer.from(bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1') : bytes
    this.#ttylog.add(ttylogRecord(Op.WRITE, Direction.OUTPUT, printed))
  }

  resize(columns: number, rows: number): void {
    this.#castEvent('r', `${columns}x${rows}`)
  }

  async close(): Promise<TerminalRecordFacts> {
    this.#ttylog.add(ttylogRecord(Op.CLOSE, 0, Buffer.alloc(0)))
    await Promise.all([this.#cast.close(), this.#ttylog.close()])
    return {
      cast: belowData(this.#cast.file),
      ttylog: belowData(this.#ttylog.file),
      inputBytes: this.#inputBytes,
      outputBytes: this.#outputBytes,
      inputSha256: this.#input.digest('hex'),
      durationMs: Date.now() - this.#startedAt,
    }
  }

  #castEvent(kind: 'i' | 'o' | 'r', data: string): void {
    if (data === '') return
    this.#cast.add(`${JSON.stringify([(Date.now() - this.#startedAt) / 1000, kind, data])}\n`)
  }
}

const Op = { OPEN: 1, CLOSE: 2, WRITE: 3 } as const
const Direction = { INPUT: 1, OUTPUT: 2, INTERACT: 3 } as const

/** One record of Cowrie's format: op, tty, length, direction, seconds, microseconds, each 32 bits little endian, then the data. */
function ttylogRecord(op: number, direction: number, data: Buffer): Buffer {
  const now = Date.now()
  const head = Buffer.alloc(24)
  head.writeInt32LE(op, 0)
  head.writeInt32LE(data.length, 8)
  head.writeInt32LE(direction, 12)
  head.writeUInt32LE(Math.floor(now / 1000), 16)
  head.writeUInt32LE((now % 1000) * 1000, 20)
  return Buffer.concat([head, data])
}

function belowData(file: string): string {
  return `${basename(dirname(file))}/${basename(file)}`
}

/** A file that grows in order, a few writes a second at most, up to the bound. */
class Appending {
  readonly file: string
  #waiting: (Buffer | string)[] = []
  #waitingBytes = 0
  #bytes = 0
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(file: string) {
    this.file = file
  }

  add(data: Buffer | string): void {
    if (this.#bytes > MAX_BYTES) return
    this.#bytes += data.length
    this.#waitingBytes += data.length
    this.#waiting.push(data)
    if (this.#waitingBytes >= FLUSH_BYTES) this.#flush()
    else this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS).unref()
  }

  async close(): Promise<void> {
    this.#flush()
    await this.#writing
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const bytes = Buffer.concat(this.#waiting.splice(0).map((part) => Buffer.from(part as Buffer)))
    this.#waitingBytes = 0
    if (bytes.length === 0) return
    this.#writing = this.#writing.then(() =>
      appendFile(this.file, bytes, { mode: 0o600 }).catch(() => {
        // A full disk: the events of the session hold the same facts, the picture of them is given up.
        this.#bytes = Number.POSITIVE_INFINITY
      }),
    )
  }
}
