import type { FunctionTable } from '../dialect.ts'
import type { DatabaseSession } from '../session.ts'
import { SqlError } from '../sql-error.ts'
import { BINARY, bytesOf, INTEGER, numberOf, type SqlType, type SqlValue, textOf } from '../value.ts'
import { serverPath } from './server-files.ts'

type Known = Exclude<SqlValue, null>
const OID: SqlType = { kind: 'integer', bits: 32, declared: 'oid' }
const VOID: SqlType = { kind: 'text', declared: 'void' }

/** Large objects of one session, and their bytes in all. */
const MOST = 32
const LARGEST = 8 * 1024 * 1024

const stores = new WeakMap<DatabaseSession, Map<number, Buffer>>()

function storeOf(session: DatabaseSession): Map<number, Buffer> {
  const store = stores.get(session) ?? new Map<number, Buffer>()
  stores.set(session, store)
  return store
}

function put(session: DatabaseSession, wanted: number, bytes: Buffer): number {
  const store = storeOf(session)
  const id = wanted || 24_600 + store.size
  if ((store.size >= MOST && !store.has(id)) || bytes.length > LARGEST) throw new SqlError({ kind: 'full', table: 'pg_largeobject' })
  store.set(id, bytes)
  return id
}

function get(session: DatabaseSession, id: SqlValue): Buffer {
  const bytes = storeOf(session).get(Number(id))
  if (!bytes) throw new SqlError({ kind: 'worded', code: 0, state: '42704', message: `large object ${Number(id)} does not exist` })
  return bytes
}

/** How files are brought to a PostgreSQL server and taken from it: lo_from_bytea, lo_put, then lo_export. */
export const LARGE_OBJECT_FUNCTIONS: FunctionTable = {
  lo_create: { arity: [1, 1], type: OID, run: ([id], session) => put(session, numberOf(id as Known), Buffer.alloc(0)) },
  lo_creat: { arity: [1, 1], type: OID, run: (_, session) => put(session, 0, Buffer.alloc(0)) },
  lo_from_bytea: { arity: [2, 2], type: OID, run: ([id, bytes], session) => put(session, numberOf(id as Known), bytesOf(bytes as Known)) },
  lo_put: {
    arity: [3, 3],
    type: VOID,
    run: ([id, offset, bytes], session) => {
      const [known, from, added] = [get(session, id as Known), numberOf(offset as Known), bytesOf(bytes as Known)]
      if (from < 0 || from + added.length > LARGEST) throw new SqlError({ kind: 'full', table: 'pg_largeobject' })
      const whole = Buffer.alloc(Math.max(known.length, from + added.length))
      known.copy(whole)
      added.copy(whole, from)
      put(session, numberOf(id as Known), whole)
      return ''
    },
  },
  lo_get: { arity: [1, 3], type: BINARY, run: ([id], session) => get(session, id as Known) },
  lo_unlink: {
    arity: [1, 1],
    type: INTEGER,
    run: ([id], session) => {
      get(session, id as Known)
      storeOf(session).delete(Number(id))
      return 1
    },
  },
  lo_import: {
    arity: [1, 2],
    type: OID,
    run: ([path, id], session) => {
      const name = textOf(path as Known)
      const bytes = session.setup.host.readFile(serverPath(session, name))
      session.setup.note({ kind: 'read-file', path: name, found: bytes !== undefined })
      if (!bytes)
        throw new SqlError({
          kind: 'worded',
          code: 0,
          state: '58P01',
          message: `could not open server file "${name}": No such file or directory`,
        })
      return put(session, id === undefined ? 0 : numberOf(id as Known), bytes)
    },
  },
  lo_export: {
    arity: [2, 2],
    type: INTEGER,
    run: ([id, path], session) => {
      const [bytes, name] = [get(session, id as Known), textOf(path as Known)]
      const written = session.setup.host.writeFile(serverPath(session, name), bytes)
      session.setup.note({ kind: 'write-file', path: name, bytes, how: 'lo_export', written })
      if (!written)
        throw new SqlError({
          kind: 'worded',
          code: 0,
          state: '42501',
          message: `could not create server file "${name}": Permission denied`,
        })
      return 1
    },
  },
}
