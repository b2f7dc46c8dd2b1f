import { Client } from 'ssh2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import { mintedTokens } from '../../src/host/honeytokens/mint.ts'
import { createHosts } from '../../src/host/hosts.ts'
import { lures } from '../../src/lures.ts'
import type { Lure } from '../../src/sensor/lure.ts'
import { connect, MemoryState, noEngine, type Playing, play } from '../harness.ts'
import { type Asking, ask } from '../http/ask.ts'

interface Shown {
  lure: string
  options?: Record<string, unknown>
  port?: number
  /** The page, or what follows, on which a secret stands. */
  secret(p: Playing, port: number): Promise<string>
}

const BASIC = (pair: string): Asking => ({ headers: { Authorization: `Basic ${Buffer.from(pair).toString('base64')}` } })
const posted = (type: string, body: string, headers: Record<string, string> = {}): Asking => ({
  headers: { 'Content-Type': type, ...headers },
  body,
})
const weak = (user: string, password: string): Record<string, unknown> => ({
  login: { policy: 'list', accept: [{ user, password }] },
})
const page =
  (path: string, asking: Asking = {}, method = 'GET') =>
  async (p: Playing, port: number): Promise<string> =>
    (await ask(p, method, path, { ...asking, port })).body

/** One secret of every lure of the web, as an attacker gets at it. */
const SHOWN: readonly Shown[] = [
  { lure: 'cisco-asa', options: weak('admin', 'cisco'), secret: page('/admin/exec/show+running-config', BASIC('admin:cisco')) },
  { lure: 'citrix', secret: page('/oauth/idp/.well-known/openid-configuration', { headers: { Host: 'a'.repeat(24_812) } }) },
  { lure: 'secrets-maze', secret: page('/.env') },
  { lure: 'traps', options: { products: 'php' }, secret: page('/.env') },
  {
    lure: 'rest-api',
    async secret(p) {
      const login = posted('application/json', '{"username":"admin","password":"admin123"}')
      const { token } = JSON.parse((await ask(p, 'POST', '/api/v1/auth/login', login)).body) as { token: string }
      return (await ask(p, 'GET', '/api/v1/api-keys', { headers: { Authorization: `Bearer ${token}` } })).body
    },
  },
  { lure: 'log4shell', port: 3, secret: page('/settings/_search') },
  {
    lure: 'web-app',
    async secret(p) {
      const { body } = await ask(p, 'GET', '/index.php?page=php://filter/convert.base64-encode/resource=../config.php')
      return Buffer.from(/PD9waHA[\w+/=]+/.exec(body)?.[0] ?? '', 'base64').toString()
    },
  },
  {
    lure: 'wordpress',
    options: { vulnerable: ['revslider'] },
    secret: page('/wp-admin/admin-ajax.php?action=revslider_show_image&img=../wp-config.php'),
  },
  { lure: 'elasticsearch', secret: page('/app-config/_search') },
  {
    lure: 'mcp',
    async secret(p) {
      const type = { Accept: 'application/json, text/event-stream' }
      const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'x', version: '1' } }
      const hello = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })
      const session = (await ask(p, 'POST', '/mcp', posted('application/json', hello, type))).header('mcp-session-id') ?? ''
      const call = { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'get_secret', arguments: { name: 'github' } } }
      return (await ask(p, 'POST', '/mcp', posted('application/json', JSON.stringify(call), { ...type, 'Mcp-Session-Id': session }))).body
    },
  },
  { lure: 'ollama-api', secret: page('/api/show', posted('application/json', '{"model":"support-assistant"}'), 'POST') },
  { lure: 'ipp', options: weak('lpadmin', 'welcome1'), secret: page('/admin/conf/snmp.conf', BASIC('lpadmin:welcome1')) },
]

const identity = new Identity(Buffer.alloc(32, 7))
const state = new MemoryState()
const hosts = createHosts({ identity, engine: noEngine, state })
const named = (name: string): Lure => lures.find((one) => one.name === name) as Lure
const start = (lure: Lure, options: Record<string, unknown> = {}): Promise<Playing> =>
  play(lure, { persona: 'debian-web', identity, state, hosts, options })

let doors: Record<'ssh' | 'ftp' | 'smtp' | 'http', Playing>
beforeAll(async () => {
  doors = {
    ssh: await start(named('ssh'), { delays: false }),
    ftp: await start(named('ftp')),
    smtp: await start(named('smtp')),
    http: await start(named('http')),
  }
}, 30_000)
afterAll(async () => {
  for (const door of Object.values(doors)) await door.stop()
  hosts.close()
})

/** Lines to a server that greets, each sent when the one before was answered. */
async function told(playing: Playing, ...lines: string[]): Promise<void> {
  const socket = await connect(playing.port())
  const answered = (): Promise<void> => new Promise((resolve) => socket.once('data', () => resolve()))
  await answered()
  for (const line of lines) {
    const answer = answered()
    socket.write(`${line}\r\n`)
    await answer
  }
  socket.destroy()
}

/** A secret tried at another door, as somebody does who has found it. */
const TRIED: Readonly<Record<keyof typeof doors, (playing: Playing, secret: string) => Promise<unknown>>> = {
  ssh: (playing, secret) =>
    new Promise<void>((resolve) => {
      const client = new Client()
      client.on('error', () => undefined).on('close', () => resolve())
      client.once('ready', () => client.end())
      client.connect({ host: '127.0.0.1', port: playing.port(), username: 'root', password: secret })
    }),
  ftp: (playing, secret) => told(playing, 'USER backup', `PASS ${secret}`),
  smtp: (playing, secret) => told(playing, 'EHLO x', `AUTH PLAIN ${Buffer.from(`\0noreply\0${secret}`).toString('base64')}`),
  http: (playing, secret) => ask(playing, 'GET', `/login?key=${encodeURIComponent(secret)}`),
}

describe('a secret that stands on a page', () => {
  it.each(SHOWN.map((shown) => [shown.lure, shown] as const))(
    'of %s is known when it comes back by SSH, FTP, SMTP and HTTP',
    async (name, { options, port = 0, secret }) => {
      const lure = named(name)
      const plain = { ...lure, ports: lure.ports.filter(({ transport }) => transport === 'tcp').map((one) => ({ ...one, tls: false })) }
      const playing = await start(plain, options)
      const text = await secret(playing, port)
      await playing.stop()
      const [token] = mintedTokens(state).filter(({ value }) => text.includes(value) && !value.includes('\n'))
      expect(token, text.slice(0, 500)).toBeDefined()
      for (const [protocol, tries] of Object.entries(TRIED)) {
        const door = doors[protocol as keyof typeof doors]
        await tries(door, token?.value as string)
        const isBack = (data: { value?: string; mintedFor?: string }): boolean =>
          data.value === token?.value && data.mintedFor === '127.0.0.1'
        await expect
          .poll(() => door.data<{ value?: string; mintedFor?: string }>('honeytoken.returned').some(isBack), { message: protocol })
          .toBe(true)
      }
      expect([playing.data('lure.fault'), playing.deadLetters]).toEqual([[], []])
    },
    30_000,
  )
})
