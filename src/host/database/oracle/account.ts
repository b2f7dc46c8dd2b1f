import type { DatabaseSession } from '../session.ts'
import { SqlError } from '../sql-error.ts'
import type { SqlValue } from '../value.ts'

/** Accounts that come with the database, with their numbers. */
export const OWN_ACCOUNTS: readonly (readonly [name: string, id: number, isOpen: boolean])[] = [
  ['SYS', 0, true],
  ['SYSTEM', 9, true],
  ['OUTLN', 13, false],
  ['GSMADMIN_INTERNAL', 22, false],
  ['DBSNMP', 52, false],
  ['APPQOSSYS', 55, false],
  ['ANONYMOUS', 58, false],
  ['XDB', 59, false],
  ['CTXSYS', 78, false],
  ['MDSYS', 87, false],
  ['AUDSYS', 8, false],
]

const madeKey = (name: string): string => `user:${name}`

/** Accounts that this source has made, in capitals. */
export function madeAccounts({ setup }: DatabaseSession): string[] {
  return [...setup.serverSettings.keys()].filter((key) => key.startsWith('user:')).map((key) => key.slice(5))
}

export function makeAccount({ setup }: DatabaseSession, name: string): void {
  setup.serverSettings.set(madeKey(name), 1)
}

export function dropAccount({ setup }: DatabaseSession, name: string): void {
  setup.serverSettings.delete(madeKey(name))
}

/** Every account of the database: its own, one a schema of the persona, those that this source has made. */
export function accounts(session: DatabaseSession): { name: string; id: number; isOpen: boolean }[] {
  const own = OWN_ACCOUNTS.map(([name, id, isOpen]) => ({ name, id, isOpen }))
  const known = new Set(own.map(({ name }) => name))
  const others = [...session.catalog.databases.map(({ name }) => name), ...madeAccounts(session)].filter((name) => !known.has(name))
  return [...own, ...[...new Set(others)].map((name, i) => ({ name, id: 106 + i, isOpen: true }))]
}

/** SYS and SYSTEM, and whom they have made one. */
export function isDba({ setup }: DatabaseSession, user = setup.user): boolean {
  return user === 'SYS' || user === 'SYSTEM' || setup.serverSettings.get(`dba:${user}`) === 1
}

/** @throws SqlError ORA-01031 */
export function mustBeDba(session: DatabaseSession): void {
  if (!isDba(session)) raise(1031, 'insufficient privileges')
}

/** @throws SqlError always */
export function raise(code: number, message: string): never {
  throw new SqlError({ kind: 'worded', code, state: '72000', message })
}

export function setting(session: DatabaseSession, name: string): SqlValue | undefined {
  return session.setup.serverSettings.get(name)
}
