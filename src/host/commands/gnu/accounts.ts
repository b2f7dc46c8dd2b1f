import type { Process, World } from '../../command.ts'
import { Accounts } from '../../world/accounts.ts'

const books = new WeakMap<World, Accounts>()

/** The accounts of the host, read anew whenever their files change. */
export function accountsOf(process: Process): Accounts {
  return accountsOfWorld(process.world)
}

export function accountsOfWorld(world: World): Accounts {
  const known = books.get(world)
  if (known) return known
  const book = new Accounts(world.files)
  books.set(world, book)
  return book
}

/** Name of a user for listings; the number itself when nobody has it. */
export function userName(process: Process, uid: number): string {
  return accountsOf(process).userById(uid)?.name ?? String(uid)
}

export function groupName(process: Process, gid: number): string {
  return accountsOf(process).groupById(gid)?.name ?? String(gid)
}
