import type { SpawnRequest } from './contract.ts'
import type { Machine } from './machine.ts'
import type { Account } from './process/kernel-process.ts'
import type { LoginSession } from './process/list.ts'
import type { Pty } from './terminal/pty.ts'
import type { User } from './world/accounts.ts'

/** The daemon's processes above a login, and its entry among those who are logged in. */
export class LoginProcesses {
  /** Parent of the shell. */
  readonly pid: number
  readonly #machine: Machine
  readonly #request: SpawnRequest
  readonly #pids: number[] = []
  readonly #pty: Pty | undefined
  #session: LoginSession | undefined

  readonly #killed: () => void

  /** @param killed called when somebody on the host kills the daemon's process of this login */
  constructor(machine: Machine, request: SpawnRequest, account: Account, pty: Pty | undefined, killed: () => void) {
    this.#killed = killed
    this.#machine = machine
    this.#request = request
    this.#pty = pty
    this.pid = this.#daemon(account)
  }

  get session(): LoginSession | undefined {
    return this.#session
  }

  /** Someone is logged in on a terminal: `who` shows it from now on. */
  begin(pid: number, user: User | undefined): void {
    const { world } = this.#machine
    const pty = this.#pty
    if (!pty || !user) return
    this.#session = {
      user: user.name,
      tty: pty.name,
      from: this.#request.remote.ip,
      since: world.now(),
      pid,
      get lastInput() {
        return pty.lastInput
      },
      set lastInput(_time) {},
    }
    world.logins.push(this.#session)
  }

  /** Writes the login down in wtmp and its like, after the greeting has shown the one before. */
  record(user: User | undefined): void {
    if (this.#session && user) this.#machine.world.logs.loggedIn(this.#session, user.uid)
  }

  end(): void {
    const { logins } = this.#machine.world
    if (this.#session) {
      const at = logins.indexOf(this.#session)
      if (at >= 0) logins.splice(at, 1)
      this.#machine.world.logs.loggedOut(this.#session)
    }
    for (const pid of this.#pids) this.#machine.kernel.table.remove(pid)
  }

  #daemon(account: Account): number {
    const { via, user, daemonPid } = this.#request
    const { table } = this.#machine.kernel
    const listener =
      table.list().find((p) => p.argv[0]?.startsWith('sshd: ') || /(^|\/)(sshd|dropbear|telnetd|utelnetd)$/.test(p.argv[0] ?? ''))?.pid ?? 1
    if (via === 'www') return this.#webServer()
    if (via === 'adbd') return table.list().find((p) => p.comm === 'adbd')?.pid ?? 1
    if (via === 'sshd' && this.#machine.persona.os.family !== 'openwrt') {
      const where = `sshd: ${user}@${this.#pty?.name ?? 'notty'}`
      if (account.uid === 0) return this.#add([where], listener, 0, 10_812, daemonPid)
      const privileged = this.#add([`sshd: ${user} [priv]`], listener, 0, 10_940, daemonPid)
      return this.#add([where], privileged, account.uid, 6612)
    }
    if (via === 'telnetd' && this.#machine.persona.os.family !== 'openwrt') {
      const daemon = this.#add([`in.telnetd: ${this.#request.remote.ip}`], listener, 0, 2600)
      return this.#add([`login -h ${this.#request.remote.ip} -p`], daemon, 0, 4100, daemonPid)
    }
    return listener
  }

  /** A web shell's parent is a worker of the web server or of PHP. */
  #webServer(): number {
    const workers = this.#machine.kernel.table
      .list()
      .filter((p) => /php-fpm: pool|apache2|httpd|nginx: worker|uhttpd|java/.test(p.argv.join(' ')))
    return workers.at(-1)?.pid ?? 1
  }

  #add(argv: string[], ppid: number, uid: number, rssKiB: number, wanted?: number): number {
    const { pid } = this.#machine.kernel.table.addResident({
      argv,
      ppid,
      uid,
      rssKiB,
      vszKiB: rssKiB + 7000,
      ...(wanted !== undefined && { pid: wanted }),
      onExit: () => this.#killed(),
    })
    this.#pids.push(pid)
    return pid
  }
}
