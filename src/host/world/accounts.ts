import { HostError, type HostFiles } from '../contract.ts'

/** A line of /etc/passwd. */
export interface User {
  name: string
  password: string
  uid: number
  gid: number
  gecos: string
  home: string
  shell: string
}

/** A line of /etc/group. */
export interface Group {
  name: string
  password: string
  gid: number
  members: string[]
}

/** A line of /etc/shadow; days are counted from 1970. */
export interface Shadow {
  name: string
  password: string
  lastChange: string
  rest: string[]
}

/**
 * The accounts as /etc/passwd, /etc/group and /etc/shadow say now: editing the file is changing the account, for `id`, `ls`,
 * `su` and the login alike. Malformed lines are skipped, as libc does.
 */
export class Accounts {
  readonly #files: HostFiles
  #users: User[] = []
  #groups: Group[] = []
  #seen = { users: '', groups: '' }

  /** @param files with root's rights */
  constructor(files: HostFiles) {
    this.#files = files
  }

  users(): readonly User[] {
    const mark = this.#mark('/etc/passwd')
    if (mark !== this.#seen.users) {
      this.#users = this.#lines('/etc/passwd').flatMap(parseUser)
      this.#seen.users = mark
    }
    return this.#users
  }

  groups(): readonly Group[] {
    const mark = this.#mark('/etc/group')
    if (mark !== this.#seen.groups) {
      this.#groups = this.#lines('/etc/group').flatMap(parseGroup)
      this.#seen.groups = mark
    }
    return this.#groups
  }

  user(name: string): User | undefined {
    return this.users().find((user) => user.name === name)
  }

  userById(uid: number): User | undefined {
    return this.users().find((user) => user.uid === uid)
  }

  group(name: string): Group | undefined {
    return this.groups().find((group) => group.name === name)
  }

  groupById(gid: number): Group | undefined {
    return this.groups().find((group) => group.gid === gid)
  }

  /** All groups of a user, the primary one first. */
  groupsOf(user: User): number[] {
    const others = this.groups().filter((group) => group.members.includes(user.name) && group.gid !== user.gid)
    return [user.gid, ...others.map((group) => group.gid)]
  }

  shadow(name: string): Shadow | undefined {
    return this.shadows().find((entry) => entry.name === name)
  }

  shadows(): Shadow[] {
    return this.#lines('/etc/shadow').flatMap((line) => {
      const [entry, password, lastChange, ...rest] = line.split(':')
      return entry && password !== undefined ? [{ name: entry, password, lastChange: lastChange ?? '', rest }] : []
    })
  }

  /** Replaces, adds (`before` undefined) or removes (`after` undefined) the line of one account in a file of `:`-separated records. */
  edit(file: '/etc/passwd' | '/etc/shadow' | '/etc/group' | '/etc/gshadow', name: string, after: string | undefined): void {
    const lines = this.#lines(file)
    const at = lines.findIndex((line) => line.startsWith(`${name}:`))
    if (at >= 0) lines.splice(at, 1, ...(after === undefined ? [] : [after]))
    else if (after !== undefined) lines.push(after)
    const mode = file.endsWith('shadow') ? 0o640 : 0o644
    this.#files.write(file, Buffer.from(`${lines.join('\n')}\n`), mode)
    this.#seen = { users: '', groups: '' }
  }

  freeId(kind: 'uid' | 'gid', from: number, to: number): number {
    const taken = new Set(kind === 'uid' ? this.users().map((u) => u.uid) : this.groups().map((g) => g.gid))
    const highest = Math.max(from - 1, ...[...taken].filter((id) => id >= from && id <= to))
    if (highest < to) return highest + 1
    for (let id = from; id <= to; id++) if (!taken.has(id)) return id
    return to
  }

  #mark(path: string): string {
    try {
      const stat = this.#files.stat(path)
      return `${stat.inode}:${stat.mtime}:${stat.ctime}:${stat.size}`
    } catch (error) {
      if (error instanceof HostError) return 'absent'
      throw error
    }
  }

  #lines(path: string): string[] {
    try {
      return this.#files
        .read(path)
        .toString('utf8')
        .split('\n')
        .filter((line) => line !== '')
    } catch (error) {
      if (error instanceof HostError) return []
      throw error
    }
  }
}

function parseUser(line: string): User[] {
  const [name, password, uid, gid, gecos, home, shell] = line.split(':')
  if (!name || shell === undefined || !/^\d+$/.test(uid as string) || !/^\d+$/.test(gid as string)) return []
  return [{ name, password: password as string, uid: Number(uid), gid: Number(gid), gecos: gecos as string, home: home as string, shell }]
}

function parseGroup(line: string): Group[] {
  const [name, password, gid, members] = line.split(':')
  if (!name || members === undefined || !/^\d+$/.test(gid as string)) return []
  return [{ name, password: password as string, gid: Number(gid), members: members.split(',').filter((m) => m !== '') }]
}
