import { createSocket } from 'node:dgram'
import { accessSync, constants, existsSync, readdirSync, readFileSync, statfsSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { freemem, hostname, totalmem, userInfo } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Finding } from '../llm/diagnose.ts'

/** A port of the plan, and why it cannot be opened: `EADDRINUSE`, `EACCES`; nothing when it can. */
export interface TriedPort {
  lure: string
  transport: 'tcp' | 'udp'
  host: string
  port: number
  error?: string
}

/** What a machine is like, as far as an installation depends on it. */
export interface Facts {
  nodeVersion: string
  /** Path of the Node that runs: what gets the right to low ports. */
  nodePath: string
  project: string
  hostName: string
  user: { uid: number; name: string }
  ports: readonly TriedPort[]
  /** Ports that OpenSSH's server of this machine is configured for; absent without one. */
  sshPorts?: readonly number[]
  data: {
    path: string
    /** Absent when the folder does not exist yet; then `isWritable` is about the folder that it will be made in. */
    exists?: { uid: number; mode: number }
    isWritable: boolean
    freeBytes: number
  }
  memory: { bytes: number; freeBytes: number }
  /** Files that this process may have open. */
  files: number
  /** What holds the clock; absent when nothing does. */
  clock?: string
  /** What the check of the model servers said; none when the model is switched off. */
  model: readonly Finding[]
  console: { hasAccounts: boolean; hasPages: boolean }
  service: { hasSystemd: boolean; hasUnit: boolean; isEnabled: boolean; hasDocker: boolean; isContainer: boolean }
  /** A file that limits what our user may connect to, if one does. */
  egressRule?: string
}

/** What {@link readFacts} is told. */
export interface Wanted {
  data: string
  project: string
  ports: readonly Omit<TriedPort, 'error'>[]
  model: readonly Finding[]
}

/** Looks at this machine. Opens the ports of the plan for a moment; writes nothing. */
export async function readFacts({ data, project, ports, model }: Wanted): Promise<Facts> {
  const { uid, username } = userInfo()
  const sshPorts = sshPortsOf('/etc/ssh')
  const clock = clockKeeper()
  const egressRule = egressRuleFor(uid, username)
  const tried: TriedPort[] = []
  // One after the other: two lures may want the same port over different addresses.
  for (const port of ports) tried.push({ ...port, ...(await tryPort(port)) })
  return {
    nodeVersion: process.versions.node,
    nodePath: process.execPath,
    project,
    hostName: hostname(),
    user: { uid, name: username },
    ports: tried,
    ...(sshPorts ? { sshPorts } : {}),
    data: dataFolder(data),
    memory: memory(),
    files: openFiles(),
    ...(clock ? { clock } : {}),
    model,
    console: { hasAccounts: hasAccounts(join(data, 'console.db')), hasPages: existsSync(join(project, 'src/console/web/dist/index.html')) },
    service: {
      hasSystemd: existsSync('/run/systemd/system'),
      hasUnit: existsSync('/etc/systemd/system/sundew.service'),
      isEnabled: existsSync('/etc/systemd/system/multi-user.target.wants/sundew.service'),
      hasDocker: (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'docker'))),
      isContainer: existsSync('/.dockerenv') || existsSync('/run/.containerenv') || process.env.KUBERNETES_SERVICE_HOST !== undefined,
    },
    ...(egressRule ? { egressRule } : {}),
  }
}

function tryPort({ transport, host, port }: Omit<TriedPort, 'error'>): Promise<{ error?: string }> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException): void => resolve({ error: error.code ?? error.message })
    if (transport === 'udp') {
      const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4').once('error', failed)
      socket.bind({ port, address: host, exclusive: true }, () => socket.close(() => resolve({})))
      return
    }
    const server = createServer().once('error', failed)
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve({})))
  })
}

/** `Port` lines of sshd_config and what it includes; 22 when there are none. */
export function sshPortsOf(folder: string): number[] | undefined {
  const main = join(folder, 'sshd_config')
  if (!existsSync(main)) return undefined
  const more = join(folder, 'sshd_config.d')
  const files = [main, ...(existsSync(more) ? readdirSync(more).map((name) => join(more, name)) : [])]
  const ports = files.filter(isReadable).flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/^[ \t]*Port[ \t]+(\d{1,5})[ \t]*$/gim)])
  return ports.length ? ports.map(([, port]) => Number(port)) : [22]
}

function dataFolder(path: string): Facts['data'] {
  let existing = path
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing)
  const { bavail, bsize } = statfsSync(existing)
  const { uid, mode } = statSync(existing)
  return {
    path,
    ...(existing === path ? { exists: { uid, mode: mode & 0o777 } } : {}),
    isWritable: isWritable(existing),
    freeBytes: bavail * bsize,
  }
}

function hasAccounts(file: string): boolean {
  if (!isReadable(file)) return false
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    return database.prepare('SELECT 1 FROM account LIMIT 1').get() !== undefined
  } finally {
    database.close()
  }
}

/** Of the machine, or of the control group that we are in when that has less. */
function memory(): Facts['memory'] {
  const limit = Number(process.constrainedMemory())
  const bytes = limit > 0 ? Math.min(limit, totalmem()) : totalmem()
  return { bytes, freeBytes: Math.min(bytes, limit > 0 ? process.availableMemory() : freemem()) }
}

function openFiles(): number {
  const limits = '/proc/self/limits'
  const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(isReadable(limits) ? readFileSync(limits, 'utf8') : '') ?? []
  return soft === undefined || soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft)
}

/** Programs that hold the clock, by what they leave behind while they run. */
const CLOCK_KEEPERS: readonly (readonly [string, string])[] = [
  ['/run/systemd/timesync/synchronized', 'systemd-timesyncd'],
  ['/run/chrony/chronyd.pid', 'chrony'],
  ['/run/chronyd.pid', 'chrony'],
  ['/run/ntpd.pid', 'ntpd'],
  ['/run/openntpd.pid', 'OpenNTPD'],
]

function clockKeeper(): string | undefined {
  return CLOCK_KEEPERS.find(([file]) => existsSync(file))?.[1]
}

/** nftables by the owner of a socket, or the addresses that a unit of systemd allows. */
function egressRuleFor(uid: number, name: string): string | undefined {
  const firewall = '/etc/nftables.conf'
  const rule = new RegExp(`skuid\\s+"?(${uid}|${name.replaceAll(/[^\w-]/g, '.')})\\b`)
  if (isReadable(firewall) && rule.test(readFileSync(firewall, 'utf8'))) return firewall
  const unit = '/etc/systemd/system/sundew.service'
  const extra = '/etc/systemd/system/sundew.service.d'
  const files = [unit, ...(isReadable(extra) ? readdirSync(extra).map((file) => join(extra, file)) : [])]
  return files.find((file) => isReadable(file) && /^IPAddressDeny=/m.test(readFileSync(file, 'utf8')))
}

function isReadable(path: string): boolean {
  return may(path, constants.R_OK)
}

function isWritable(path: string): boolean {
  return may(path, constants.W_OK)
}

function may(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}
