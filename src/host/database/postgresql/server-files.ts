import { toText } from '../../text.ts'
import type { FunctionTable, SqlFunction } from '../dialect.ts'
import type { DatabaseSession } from '../session.ts'
import { SqlError } from '../sql-error.ts'
import { BINARY, numberOf, type SqlValue, TEXT, textOf } from '../value.ts'

type Known = Exclude<SqlValue, null>

/** Relative names count from the server's data directory. */
export function serverPath({ setup }: DatabaseSession, name: string): string {
  return name.startsWith('/') ? name : `/var/lib/postgresql/${setup.version.split('.')[0]}/main/${name.replace(/^\.\//, '')}`
}

export function missingFile(name: string, what = 'file', purpose = ' for reading'): SqlError {
  return new SqlError({
    kind: 'worded',
    code: 0,
    state: '58P01',
    message: `could not open ${what} "${name}"${purpose}: No such file or directory`,
  })
}

/** A file of the server's machine, as superusers may read it. @throws SqlError */
export function readServerFile(session: DatabaseSession, name: string): Buffer {
  const { host, note } = session.setup
  const bytes = host.readFile(serverPath(session, name))
  note({ kind: 'read-file', path: name, found: bytes !== undefined })
  if (!bytes) throw missingFile(name)
  return bytes
}

function range(bytes: Buffer, [, offset, length]: SqlValue[]): Buffer {
  if (offset === undefined || offset === null || typeof offset === 'boolean') return bytes
  const from = Math.max(0, numberOf(offset))
  return length === undefined || length === null ? bytes.subarray(from) : bytes.subarray(from, from + Math.max(0, numberOf(length)))
}

const readFile: SqlFunction = {
  arity: [1, 4],
  type: TEXT,
  run: (args, session) => toText(range(readServerFile(session, textOf(args[0] as Known)), args)),
}

export const SERVER_FILE_FUNCTIONS: FunctionTable = {
  pg_read_file: readFile,
  pg_file_read: readFile,
  pg_read_binary_file: {
    arity: [1, 4],
    type: BINARY,
    run: (args, session) => range(readServerFile(session, textOf(args[0] as Known)), args),
  },
  pg_stat_file: {
    arity: [1, 2],
    type: TEXT,
    run: ([name], session) => {
      const path = textOf(name as Known)
      if (!session.setup.host.exists(serverPath(session, path))) {
        throw new SqlError({ kind: 'worded', code: 0, state: '58P01', message: `could not stat file "${path}": No such file or directory` })
      }
      return `(${session.setup.host.readFile(serverPath(session, path))?.length ?? 4096},,,,,f)`
    },
  },
}

/** pg_ls_dir() and its kin. @throws SqlError */
export function listServerFolder(session: DatabaseSession, name: string): string[] {
  const entries = session.setup.host.list(serverPath(session, name))
  session.setup.note({ kind: 'read-file', path: name, found: entries !== undefined })
  if (!entries) throw missingFile(name, 'directory', '')
  return entries
}
