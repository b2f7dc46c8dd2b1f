import type { Entry } from '../entry.ts'
import type { Annotator } from '../facts.ts'
import { writeWhatFits } from '../write-what-fits.ts'
import type { Connection } from './connection.ts'
import { BYTES } from './retention.ts'
import { migrate } from './schema.ts'
import { isUnfit } from './trouble.ts'
import { PostgresWriter } from './writer.ts'

/** A transaction that takes longer is given up, and brought again over another session. */
export const WRITE_DEADLINE_MS = 10_000
const SIZE_EVERY_MS = 30_000

export interface WriteSessionOptions {
  connect(deadlineMs: number): Promise<Connection>
  schema: string
  /** The server in words for the operator. */
  place: string
  annotator?: Annotator | undefined
}

/** The one session of a process that writes events: opened when it is needed, its tables brought up to date, and again after an error. */
export class WriteSession {
  readonly #options: WriteSessionOptions
  #open: Promise<{ connection: Connection; writer: PostgresWriter }> | undefined
  #bytes = 0
  #sizedAt = Number.NEGATIVE_INFINITY

  constructor(options: WriteSessionOptions) {
    this.#options = options
  }

  /** On the server's disk, as it was at the last look. */
  get bytes(): number {
    return this.#bytes
  }

  /** Resolves when the tables are there. @throws the server's error */
  async ready(): Promise<void> {
    await this.#session()
  }

  /**
   * One transaction, or more when an entry does not fit and is laid aside; what is stored already changes nothing.
   * @throws the server's error; then nothing was stored, or, when the answer to COMMIT was lost, all of it, or one of several transactions
   */
  async write(batch: readonly Entry[]): Promise<void> {
    try {
      const { connection, writer } = await this.#session()
      await writeWhatFits(batch, (part) => within(WRITE_DEADLINE_MS, writer.write(part)), isUnfit)
      if (performance.now() - this.#sizedAt < SIZE_EVERY_MS) return
      this.#sizedAt = performance.now()
      this.#bytes = Number((await connection.query(BYTES))[0]?.bytes)
    } catch (error) {
      // Nobody knows what state that session is in.
      void this.close()
      throw error
    }
  }

  /** After a retention: days may be gone. */
  async forgetPartitions(): Promise<void> {
    const { writer } = (await this.#open?.catch(() => undefined)) ?? {}
    writer?.forgetPartitions()
  }

  async close(): Promise<void> {
    const open = this.#open
    this.#open = undefined
    const { connection } = (await open?.catch(() => undefined)) ?? {}
    await connection?.close()
  }

  #session(): Promise<{ connection: Connection; writer: PostgresWriter }> {
    this.#open ??= this.#connect()
    return this.#open
  }

  async #connect(): Promise<{ connection: Connection; writer: PostgresWriter }> {
    const { connect, schema, place, annotator } = this.#options
    const connection = await connect(WRITE_DEADLINE_MS)
    try {
      await migrate(connection, schema, place)
    } catch (error) {
      await connection.close()
      throw error
    }
    return { connection, writer: new PostgresWriter(connection, annotator) }
  }
}

/** The work goes on when it is given up; its session is closed then, and what it still says concerns nobody. */
async function within<T>(deadlineMs: number, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error('timeout')), deadlineMs)
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
    work.catch(() => undefined)
  }
}
