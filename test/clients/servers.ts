import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { appendFileSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A server of Debian that a test may stop, kill and start again; its files stay. */
export interface RealServer {
  port: number
  folder: string
  start(): Promise<void>
  /** Ends it and waits until it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>
  /** SIGSTOP makes it silent, SIGCONT goes on. */
  signal(signal: NodeJS.Signals): void
  dispose(): Promise<void>
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}

/** Where a server runs: on loopback, or in a network namespace. */
export interface Place {
  address: string
  /** @returns the command that runs this one there */
  enter(command: readonly string[]): string[]
}

const LOOPBACK: Place = { address: '127.0.0.1', enter: (command) => [...command] }

export interface PostgresServer extends RealServer {
  url: string
  /** By its Unix socket, which leads there from any network namespace. */
  localUrl: string
}

/** PostgreSQL with a database `traps` of the user `sundew`, who needs no password. */
export async function postgresServer(place: Place = LOOPBACK): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sundew-postgres-'))
  const port = await freePort()
  const owner = ownerOf(folder)
  const data = join(folder, 'data')
  execFileSync(binary('initdb'), ['-D', data, '-U', 'sundew', '--auth=trust', '-E', 'UTF8', '--no-sync'], { ...owner, stdio: 'ignore' })
  appendFileSync(join(data, 'pg_hba.conf'), 'host all all samenet trust\n')
  // What a killed process has written survives it without fsync; only the machine's death would need that.
  const settings = { port: String(port), listen_addresses: place.address, unix_socket_directories: folder, fsync: 'off' }
  const args = ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  const user = owner.uid === undefined ? [] : ['setpriv', `--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups']
  const [program, ...words] = place.enter([...user, binary('postgres'), ...args])
  const server = realServer(folder, port, () => spawn(program as string, words, { stdio: 'ignore' }), 'SIGINT')
  const client = ['-h', folder, '-p', String(port), '-U', 'sundew']
  const ready = async (): Promise<void> => {
    await server.start()
    for (;;) {
      try {
        execFileSync(binary('psql'), [...client, '-d', 'postgres', '-c', 'SELECT 1'], { stdio: 'ignore' })
        return
      } catch {
        await sleep(50)
      }
    }
  }
  await ready()
  execFileSync(binary('createdb'), [...client, 'traps'], { stdio: 'ignore' })
  const url = (host: string): string => `postgresql://sundew@${host}:${port}/traps`
  return { ...server, start: ready, url: url(place.address), localUrl: `${url('localhost')}?host=${encodeURIComponent(folder)}` }
}

export function realServer(folder: string, port: number, run: () => ChildProcess, gently: NodeJS.Signals = 'SIGTERM'): RealServer {
  let process: ChildProcess | undefined
  const stop = async (signal: NodeJS.Signals = gently): Promise<void> => {
    const running = process
    process = undefined
    if (!running || running.exitCode !== null || running.signalCode !== null) return
    const gone = new Promise<void>((resolve) => running.once('exit', () => resolve()))
    running.kill(signal)
    await gone
  }
  return {
    folder,
    port,
    stop,
    signal: (signal) => void process?.kill(signal),
    async start() {
      process = run()
      while (!isListening(process.pid, port)) {
        if (process.exitCode !== null) throw new Error(`the server ended with ${process.exitCode}`)
        await sleep(20)
      }
    },
    async dispose() {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Whether somebody listens on a TCP port of the network that a process is in. */
function isListening(pid: number | undefined, port: number): boolean {
  const place = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return ['tcp', 'tcp6']
    .map((table) => `/proc/${pid}/net/${table}`)
    .filter((file) => existsSync(file))
    .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
    .some((line) => {
      const [, local, , state] = line.trim().split(/\s+/)
      return state === LISTENING && local?.endsWith(place)
    })
}

/** As /proc/net/tcp writes it. */
const LISTENING = '0A'

/** Debian keeps the server's programs out of the path. */
function binary(name: string): string {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : []
  return versions.map((version) => `/usr/lib/postgresql/${version}/bin/${name}`).find((path) => existsSync(path)) ?? name
}

/** PostgreSQL does not run as root: the package's own user then. */
function ownerOf(folder: string): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  const owner = { uid: id('-u'), gid: id('-g') }
  chownSync(folder, owner.uid, owner.gid)
  return owner
}
