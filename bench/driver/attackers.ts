// Attackers of a sensor on the same machine: marked requests over HTTP, Redis and SSH, and a file by SFTP now and then. Until SIGTERM; then
// the last line says what was answered: {"answered": [["m0123…", "http", UTC milliseconds], …], "unanswered": N}
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'ssh2'
import { type Kind, type LoadPorts, MarkedLoad } from './marked-load.ts'

const PAUSE_MS = 150
const FILE_EVERY_MS = 3_000
const FILE_BYTES = 20_000

const ports = JSON.parse(process.argv[2] as string) as LoadPorts
const stopping = new AbortController()
process.once('SIGTERM', () => stopping.abort())

const answered: [string, Kind, number][] = []
const load = new MarkedLoad(ports, { http: 1, redis: 1, ssh: 1 }, PAUSE_MS)
load.onAnswer = (mark, kind) => answered.push([mark, kind, Date.now()])
process.stdout.write('attacking\n')
while (!stopping.signal.aborted) {
  await leaveFile()
  await sleep(FILE_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
}
await load.stop()
process.stdout.write(`${JSON.stringify({ answered, unanswered: load.unanswered })}\n`)

function leaveFile(): Promise<void> {
  return new Promise((resolve) => {
    const client = new Client()
    const end = (): void => {
      client.destroy()
      resolve()
    }
    client.on('error', end).on('close', end)
    client.on('ready', () => {
      client.sftp((error, sftp) => {
        if (error) return end()
        sftp.writeFile(`/tmp/${randomBytes(4).toString('hex')}`, randomBytes(FILE_BYTES), end)
      })
    })
    client.connect({ host: '127.0.0.1', port: ports.ssh, username: 'root', password: 'anything', readyTimeout: 5_000 })
  })
}
