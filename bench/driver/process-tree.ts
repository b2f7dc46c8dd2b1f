import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Of Linux on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100
const TCP_LISTENING = '0A'

/** A process that others started, and its children: what it costs, as Linux counts it. */
export class ProcessTree {
  readonly #root: number

  constructor(root: number) {
    this.#root = root
  }

  /** The process that a port of this machine belongs to, unless it is of a user whose files we may not read. */
  static listeningOn(port: number, transport: 'tcp' | 'udp'): ProcessTree | undefined {
    const sockets = new Set(socketsOf(port, transport).map((inode) => `socket:[${inode}]`))
    const owner = sockets.size ? pids().find((pid) => descriptorsOf(pid).some((target) => sockets.has(target))) : undefined
    return owner === undefined ? undefined : new ProcessTree(owner)
  }

  /** Resident memory in MiB. */
  get residentMib(): number {
    return this.#sum((pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)) / 1024
  }

  /** Processor time since its start, seconds. */
  get cpuSeconds(): number {
    return (
      this.#sum((pid) =>
        fieldsOf(pid)
          .slice(11, 13)
          .map(Number)
          .reduce((a, b) => a + b, 0),
      ) / TICKS_PER_SECOND
    )
  }

  #sum(figure: (pid: number) => number): number {
    return this.#members().reduce((all, pid) => all + (reading(() => figure(pid)) ?? 0), 0)
  }

  #members(): number[] {
    const parents = pids().map((pid) => ({ pid, parent: Number(reading(() => fieldsOf(pid))?.[1]) }))
    const members = [this.#root]
    for (const member of members) members.push(...parents.filter(({ parent }) => parent === member).map(({ pid }) => pid))
    return members
  }
}

/** Inodes of the sockets that are open for anybody on that port. */
function socketsOf(port: number, transport: 'tcp' | 'udp'): string[] {
  const rows = [transport, `${transport}6`].flatMap((file) => readFileSync(`/proc/net/${file}`, 'utf8').split('\n').slice(1))
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter(
      ([, local, , state]) => Number.parseInt(local?.split(':')[1] ?? '', 16) === port && (transport === 'udp' || state === TCP_LISTENING),
    )
    .map((fields) => fields[9] ?? '')
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

function descriptorsOf(pid: number): string[] {
  const names = reading(() => readdirSync(`/proc/${pid}/fd`)) ?? []
  return names.map((name) => reading(() => readlinkSync(`/proc/${pid}/fd/${name}`)) ?? '')
}

/** The fields of `stat` from the state on. */
function fieldsOf(pid: number): string[] {
  return (/\) (.*)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? '').split(' ')
}

/** A process may end between two looks at it, or belong to somebody else. */
function reading<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}
