import { HostError, type HostFiles } from '../../host/contract.ts'

/** What file protocols need of the host's accounts, read from its own files as the C library does. */
export class Accounts {
  readonly #users: string[][]
  readonly #groups: string[][]

  constructor(files: HostFiles) {
    this.#users = table(files, '/etc/passwd')
    this.#groups = table(files, '/etc/group')
  }

  home(user: string): string {
    return this.#users.find(([name]) => name === user)?.[5] || '/'
  }

  /** Undefined for who is not in the file. */
  uid(user: string): number | undefined {
    const field = this.#users.find(([name]) => name === user)?.[2]
    return field === undefined ? undefined : Number(field)
  }

  has(user: string): boolean {
    return user !== '' && this.#users.some(([name]) => name === user)
  }

  /** The number itself where there is no name. */
  userName(uid: number): string {
    return name(this.#users, uid) ?? String(uid)
  }

  groupName(gid: number): string {
    return name(this.#groups, gid) ?? String(gid)
  }

  /** Names of ids, empty where there is none, as `users-groups-by-id@openssh.com` wants them. */
  userNames(uids: readonly number[]): string[] {
    return uids.map((uid) => name(this.#users, uid) ?? '')
  }

  groupNames(gids: readonly number[]): string[] {
    return gids.map((gid) => name(this.#groups, gid) ?? '')
  }
}

function name(rows: string[][], id: number): string | undefined {
  return rows.find((row) => row[2] === String(id))?.[0]
}

function table(files: HostFiles, path: string): string[][] {
  try {
    const lines = files.read(path).toString('utf8').split('\n')
    return lines.map((line) => line.split(':'))
  } catch (error) {
    // The attacker may have deleted the file; then nobody has a name.
    if (error instanceof HostError) return []
    throw error
  }
}
