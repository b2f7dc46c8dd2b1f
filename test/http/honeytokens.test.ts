import { createConnection } from 'node:net'
import mysql from 'mysql2/promise'
import { Client } from 'ssh2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import mysqlLure from '../../src/emulators/mysql/index.ts'
import redis from '../../src/emulators/redis/index.ts'
import { createHosts } from '../../src/host/hosts.ts'
import http from '../../src/http/lure.ts'
import type { Lure } from '../../src/sensor/lure.ts'
import ssh from '../../src/ssh/index.ts'
import { collect, MemoryState, noEngine, type Playing, play } from '../harness.ts'
import { exec } from '../ssh/client.ts'
import { ask, readReply } from './ask.ts'

const identity = new Identity(Buffer.alloc(32, 5))
const state = new MemoryState()
const hosts = createHosts({ identity, engine: noEngine, state })
const started: Playing[] = []
const start = async (lure: Lure, options: Record<string, unknown> = {}): Promise<Playing> => {
  const playing = await play(lure, { persona: 'debian-web', identity, state, hosts, options })
  started.push(playing)
  return playing
}

let web: Playing
let door: Playing
/** Values of `.env` as this source found them. */
let env: Map<string, string>

beforeAll(async () => {
  web = await start(http)
  door = await start(ssh, { delays: false })
  env = settings((await ask(web, 'GET', '/.env')).body)
}, 30_000)

afterAll(async () => {
  for (const playing of started) await playing.stop()
  hosts.close()
})

function settings(text: string): Map<string, string> {
  return new Map(text.split('\n').map((line): [string, string] => [line.split('=')[0] ?? '', line.slice(line.indexOf('=') + 1)]))
}

/** Logs in from another address of loopback. */
async function connectSsh(config: object, from = '127.0.0.1'): Promise<Client> {
  const sock = createConnection({ host: '127.0.0.1', port: door.port(), localAddress: from, noDelay: true })
  const client = new Client()
  client.on('error', () => undefined)
  client.connect({ sock, username: 'root', ...config })
  await new Promise<void>((resolve) => client.once('ready', resolve).once('close', () => resolve()))
  return client
}

describe('secrets read over HTTP', () => {
  it('are in their form, and those that the disk shows over SSH', async () => {
    expect(env.get('AWS_ACCESS_KEY_ID')).toMatch(/^AKIA[A-Z2-7]{16}$/)
    expect(env.get('DB_PASS')).toMatch(/^[A-Za-z0-9]{14}$/)
    const client = await connectSsh({ password: 'x' })
    const { stdout } = await exec(client, 'cat /var/www/tarnholt/public/.env; ls -l /var/www/tarnholt/public/.env | cut -d" " -f5')
    client.end()
    const page = (await ask(web, 'GET', '/.env')).body
    expect(stdout).toBe(`${page}${Buffer.byteLength(page)}\n`)
    const history = await exec(await connectSsh({ password: 'x' }), 'grep -o "tw_portal -p[^ ]*" /home/maris/.bash_history')
    expect(history.stdout).toBe(`tw_portal -p${env.get('DB_PASS')}\n`)
  })

  it('are others for another source', async () => {
    const socket = createConnection({ host: '127.0.0.1', port: web.port(), localAddress: '127.0.0.77' })
    socket.write('GET /.env HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    const other = settings(readReply(await collect(socket, 3000)).body)
    expect(other.get('APP_URL')).toBe(env.get('APP_URL'))
    for (const name of ['APP_KEY', 'DB_PASS', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'SENDGRID_API_KEY', 'JWT_SECRET']) {
      expect(other.get(name), name).toHaveLength(env.get(name)!.length)
      expect(other.get(name), name).not.toBe(env.get(name))
    }
  })

  it('are known when they are used as a password of SSH, from wherever', async () => {
    const client = await connectSsh({ username: 'deploy', password: env.get('DB_PASS') }, '127.0.0.88')
    client.end()
    const { srcIp, lure, data } = await door.seen('honeytoken.returned')
    expect({ srcIp, lure }).toEqual({ srcIp: '127.0.0.88', lure: 'ssh' })
    expect(data).toMatchObject({
      kind: 'password',
      name: 'tw_portal',
      place: '/var/www/tarnholt/public/.env',
      mintedFor: '127.0.0.1',
      how: 'login',
      field: 'password',
    })
  })

  it('are known on a command line, and a stolen key by its fingerprint', async () => {
    const client = await connectSsh({ password: 'x' })
    await exec(client, `aws configure set aws_secret_access_key '${env.get('AWS_SECRET_ACCESS_KEY')}'`)
    const { stdout: privateKey } = await exec(client, 'cat /home/deploy/.ssh/id_ed25519')
    client.end()
    const thief = await connectSsh({ username: 'backup', privateKey, authHandler: ['publickey'] }, '127.0.0.99')
    thief.end()
    await door.seen('honeytoken.returned', 3)
    const seen = door.events.filter(({ type }) => type === 'honeytoken.returned').map(({ srcIp, data }) => [srcIp, data.kind, data.how])
    expect(seen).toContainEqual(['127.0.0.1', 'aws-secret', 'command'])
    expect(seen).toContainEqual(['127.0.0.99', 'ssh-key', 'login'])
  })

  it('are known as an argument of Redis, and in a query', async () => {
    const store = await start(redis)
    await store.exchange(`AUTH ${env.get('DB_PASS')}\r\nSET k "${env.get('JWT_SECRET')}"\r\nQUIT\r\n`)
    const kinds = store.data('honeytoken.returned').map(({ kind, how }) => `${kind} ${how}`)
    expect(kinds).toContain('password login')
    expect(kinds).toContain('jwt-secret redis.command')
    await ask(web, 'GET', `/?key=${encodeURIComponent(env.get('AWS_SECRET_ACCESS_KEY')!)}`)
    expect(web.data('honeytoken.returned')).toMatchObject([{ kind: 'aws-secret', how: 'request', field: 'target' }])
  })

  it('open the database that they are for, though its protocol shows no password', async () => {
    const database = await start(mysqlLure, { login: { policy: 'list', accept: [] } })
    const account = { host: '127.0.0.1', port: database.port(), user: 'tw_portal' }
    await expect(mysql.createConnection({ ...account, password: 'wrong' })).rejects.toMatchObject({ errno: 1045 })
    const client = await mysql.createConnection({ ...account, password: env.get('DB_PASS')! })
    const [rows] = await client.query('select current_user() as who')
    expect(rows).toEqual([{ who: expect.stringMatching(/^tw_portal@/) }])
    client.destroy()
    expect(database.data('login').at(-1)).toMatchObject({ username: 'tw_portal', password: env.get('DB_PASS'), accepted: true })
    expect(database.data('honeytoken.returned')).toMatchObject([{ kind: 'password', name: 'tw_portal', how: 'login' }])
  })

  it('leave nothing that does not fit its schema', () => {
    for (const playing of started) expect(playing.deadLetters).toEqual([])
  })
})
