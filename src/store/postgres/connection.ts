import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'

/** A row as the server gives it; whole numbers of 64 bits are numbers. */
export type Row = Record<string, unknown>

/** One session of a PostgreSQL server. */
export interface Connection {
  /** False when the server, or the network, has ended it. */
  readonly isOpen: boolean
  /** One statement with parameters `$1`…; without any it may be several statements. @throws the server's error */
  query(sql: string, values?: readonly unknown[]): Promise<Row[]>
  /** `COPY … FROM STDIN` of lines in its text format. */
  copy(sql: string, lines: string): Promise<void>
  close(): Promise<void>
}

/** Opens a session whose tables are those of one schema. */
export type Connect = () => Promise<Connection>

const CONNECT_MS = 5_000
/** Firewalls forget a connection that was silent for some minutes; the question that comes next would wait for its deadline. */
const KEEP_ALIVE_MS = 60_000

export interface ServerSettings {
  /** `postgresql://user:password@host:5432/database` */
  url: string
  /** The tables' schema; made when it is missing. */
  schema: string
  /** A statement that takes longer ends with an error. */
  deadlineMs: number
}

// Counts and times are far below 2^53.
const INT8 = 20
const types = new pg.TypeOverrides()
types.setTypeParser(INT8, (text) => Number(text))
// NUMERIC, the sum of many counts.
types.setTypeParser(1700, (text) => Number(text))

/** Connects to a server over the network. */
export async function connectTo({ url, schema, deadlineMs }: ServerSettings): Promise<Connection> {
  const client = new pg.Client({
    ...clientOptions(url),
    application_name: 'sundew',
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: deadlineMs,
    statement_timeout: deadlineMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    types,
  })
  let isOpen = true
  const ended = (): void => {
    isOpen = false
  }
  // An error is said again by the query that is under way.
  client.on('error', ended).on('end', ended)
  await client.connect()
  try {
    await client.query(searchPath(schema))
  } catch (error) {
    await client.end()
    throw error
  }
  return {
    get isOpen() {
      return isOpen
    },
    async query(sql, values) {
      const result = await client.query<Row>(values === undefined ? { text: sql } : { text: sql, values: [...values] })
      return result.rows ?? []
    },
    async copy(sql, lines) {
      await pipeline(Readable.from([Buffer.from(lines)]), client.query(copyFrom(sql)), { signal: AbortSignal.timeout(deadlineMs) })
    },
    close: () => end(client),
  }
}

export function searchPath(schema: string): string {
  const name = `"${schema.replaceAll('"', '""')}"`
  return `SET client_min_messages = warning; SET search_path = ${name}, public; SET jit = off`
}

/** A server that is away must not keep us from closing. */
async function end(client: pg.Client): Promise<void> {
  const late = setTimeout(() => (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy(), 1_000)
  await client.end().catch(() => undefined)
  clearTimeout(late)
}

/** A password that is not in the URL is that of PGPASSWORD; an empty one keeps the client from looking for ~/.pgpass. */
function clientOptions(url: string): pg.ClientConfig {
  const { password } = new URL(url)
  return { connectionString: url, ...(password || process.env.PGPASSWORD ? {} : { password: '' }) }
}
