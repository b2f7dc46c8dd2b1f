import type { ArtifactFolder } from '../artifacts.ts'
import type { Entry } from '../entry.ts'
import type { Annotator } from '../facts.ts'
import { StoreError } from '../trouble.ts'
import { connectTo } from './connection.ts'
import { PostgresRetention, RETAIN_DEADLINE_MS } from './retention.ts'
import { placeOf, postgresTrouble } from './trouble.ts'
import { WriteSession } from './write-session.ts'

/** The database as a consumer of a bus writes it: without a spool, for the bus is one. */
export interface HiveStore {
  /** One transaction; what is stored already changes nothing. @throws {StoreError} when the database refuses: bring them again */
  write(batch: readonly Entry[]): Promise<void>
  retain(policy: { days: number; bytes: number }): Promise<{ deletedEvents: number }>
  close(): Promise<void>
}

export interface HiveStoreOptions {
  annotator: Annotator
  artifacts: ArtifactFolder
  /** The tables' schema; `sundew`. */
  schema?: string
}

export function openHiveStore(url: string, { annotator, artifacts, schema = 'sundew' }: HiveStoreOptions): HiveStore {
  const place = placeOf(url)
  const connect = (deadlineMs: number) => connectTo({ url, schema, deadlineMs })
  const session = new WriteSession({ connect, schema, place, annotator })
  const inWords = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw new StoreError(postgresTrouble(error, place), { cause: error })
    }
  }
  return {
    write: (batch) => inWords(() => session.write(batch)),
    retain: (policy) =>
      inWords(async () => {
        await session.ready()
        const connection = await connect(RETAIN_DEADLINE_MS)
        try {
          return await new PostgresRetention(connection, artifacts).retain(policy)
        } finally {
          await session.forgetPartitions()
          await connection.close()
        }
      }),
    close: () => session.close(),
  }
}
