import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
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
  dispose(): Promise<void>
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}

/** PostgreSQL on loopback with a database `traps` of the user `sundew`, who needs no password. */
export async function postgresServer(): Promise<RealServer & { url: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'sundew-postgres-'))
  const port = await freePort()
  const owner = ownerOf(folder)
  const data = join(folder, 'data')
  execFileSync(binary('initdb'), ['-D', data, '-U', 'sundew', '--auth=trust', '-E', 'UTF8', '--no-sync'], { ...owner, stdio: 'ignore' })
  // What a killed process has written survives it without fsync; only the machine's death would need that.
  const settings = { port: String(port), listen_addresses: '127.0.0.1', unix_socket_directories: folder, fsync: 'off' }
  const args = ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  const server = realServer(folder, port, () => spawn(binary('postgres'), args, { ...owner, stdio: 'ignore' }), 'SIGINT')
  const ready = async (): Promise<void> => {
    await server.start()
    for (;;) {
      try {
        execFileSync(binary('psql'), ['-h', '127.0.0.1', '-p', String(port), '-U', 'sundew', '-d', 'postgres', '-c', 'SELECT 1'], {
          stdio: 'ignore',
        })
        return
      } catch {
        await sleep(50)
      }
    }
  }
  await ready()
  execFileSync(binary('createdb'), ['-h', '127.0.0.1', '-p', String(port), '-U', 'sundew', 'traps'], { stdio: 'ignore' })
  return { ...server, start: ready, url: `postgresql://sundew@127.0.0.1:${port}/traps` }
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
    async start() {
      process = run()
      while (!(await isListening(port))) {
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

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

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
