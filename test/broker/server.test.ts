import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTls } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { BrokerServer, type BrokerServerSettings } from '../../src/broker/server.ts'
import { brokerFlags } from '../../src/cli/permissions.ts'
import { Broker } from '../../src/config/broker.ts'
import { Identity } from '../../src/config/identity.ts'
import { loadSettings } from '../../src/config/load.ts'
import { OutputEntry } from '../../src/config/outputs.ts'
import { EventBus } from '../../src/events/bus.ts'
import { openSink } from '../../src/outputs/outputs.ts'
import { certificateOf } from '../../src/sensor/certificate.ts'
import { sundew } from '../cli/run-sundew.ts'
import { MemoryArtifacts } from '../harness.ts'
import { sampleEvent } from '../store/sample-events.ts'
import { jobDesk, tcpServer, trail, webServer, work } from './far-ends.ts'

const CLASS = Buffer.from('cafebabe0000003400', 'hex')

async function started(
  given: Record<string, unknown> = {},
  more: Partial<BrokerServerSettings> = {},
): Promise<{ url: string; told: unknown[] }> {
  const told: unknown[] = []
  const settings = Broker.parse({ port: 0, allow: ['127.0.0.1'], ...given })
  const log = { info: (...words: unknown[]) => void told.push(...words) }
  const broker = await BrokerServer.start({ settings, token: 'b4oker', log, own: () => new Set(), ...more })
  onTestFinished(() => broker.close())
  return { url: `http://127.0.0.1:${broker.port}/jobs`, told }
}

const job = (target: string): Record<string, unknown> => ({
  id: '1',
  session: 's',
  source: '192.0.2.66',
  lure: 'log4shell',
  how: 'jndi',
  target,
  maxBytes: 1e7,
})
const post = (url: string, body: unknown, headers: Record<string, string> = { authorization: 'Bearer b4oker' }): Promise<Response> =>
  fetch(url, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers })

describe('the API of a broker', () => {
  it('is for who has the token, and for jobs alone', async () => {
    const { url } = await started()
    const codes = [
      await post(url, { test: true }, {}),
      await post(url, { test: true }, { authorization: 'Bearer b4okeR' }),
      await post(url, { test: true }, { authorization: 'Basic b4oker' }),
      await post(url.replace('jobs', ''), { test: true }),
      await fetch(url, { headers: { authorization: 'Bearer b4oker' } }),
      await post(url, 'oops'),
      await post(url, { id: 1 }),
      await post(url, 'x'.repeat(100_000)),
      await post(url, { test: true }),
    ].map(({ status }) => status)
    expect(codes).toEqual([401, 401, 401, 404, 405, 400, 400, 413, 204])
  })

  it('gives files back in the answer, and tells the operator on lines that nothing can forge', async () => {
    const web = await webServer((_, response) => response.end(CLASS))
    const { url, told } = await started()
    const target = `http://127.0.0.1:${web.port}/a`
    const answer = await (await post(url, { ...job(target), id: 'a\nb\u202e' })).json()
    expect(answer).toEqual({ files: [{ url: target, base64: CLASS.toString('base64') }], urls: [{ url: target, outcome: 'kept' }] })
    expect(told).toEqual([{ job: 'a\\nb\\u{202e}', session: 's', files: 1, urls: [`kept ${target}`] }, target])
  })

  it('takes four jobs at once, and another when one is done or its sensor has gone', async () => {
    let arrived = 0
    const port = await tcpServer(() => arrived++)
    const { url } = await started()
    const gone = new AbortController()
    const body = (i: number): string => JSON.stringify(job(`http://127.0.0.1:${port}/${i}`))
    const headers = { authorization: 'Bearer b4oker' }
    for (let i = 0; i < 4; i++) fetch(url, { method: 'POST', body: body(i), headers, signal: gone.signal }).catch(() => undefined)
    await expect.poll(() => arrived).toBe(4)
    const busy = await post(url, body(5))
    expect([busy.status, busy.headers.get('retry-after')]).toEqual([503, '10'])
    gone.abort()
    await expect.poll(async () => (await post(url, job('gopher://127.0.0.1/'))).status).toBe(200)
  })

  it('speaks TLS when it has a certificate, and takes that of an attacker as it is', async () => {
    const certificate = await certificateOf(new Identity(Buffer.alloc(32, 5)), {
      name: 'broker',
      subject: 'CN=broker.example',
      alternativeNames: [{ type: 'ip', value: '127.0.0.1' }],
    })
    const web = createHttps({ ...certificate }, (_, response) => response.end(CLASS))
    const directory = createTls({ ...certificate }, (socket) => socket.on('error', () => undefined).end('no LDAP'))
    for (const server of [web, directory]) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      web.close()
      directory.close()
    })
    const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port
    const secret = `https://127.0.0.1:${portOf(web)}/a`
    const ldaps = `ldaps://127.0.0.1:${portOf(directory)}/a`
    expect(trail(await work(secret, jobDesk()))).toEqual([`kept ${secret}`])
    expect(trail(await work(ldaps, jobDesk()))).toEqual([`failed ${ldaps}: no LDAP: tag 110`])

    const { url } = await started({}, { tls: certificate })
    const folder = tempFolder()
    const ca = join(folder, 'ca.pem')
    writeFileSync(ca, certificate.cert)
    const entry = OutputEntry.parse({ kind: 'samples', url: url.replace('http:', 'https:'), token: 'b4oker', tls: { ca } })
    const sink = openSink(
      entry,
      { data: folder },
      { store: { events: async () => [] }, artifacts: new MemoryArtifacts(), bus: new EventBus('t') },
    )
    await sink.send([sampleEvent({ type: 'login', tags: ['note:test'] })], AbortSignal.timeout(5_000))
    await sink.close?.()
  })
})

describe('sundew broker', () => {
  it('is confined to the network: it reads its code and its settings, and writes nowhere', async () => {
    const web = await webServer((_, response) => response.end(CLASS))
    const folder = tempFolder()
    const config = join(folder, 'broker.yaml')
    writeFileSync(config, JSON.stringify({ broker: { port: 0, allow: ['127.0.0.0/8'] }, data: join(folder, 'data') }))
    const flags = brokerFlags(loadSettings({ config, env: {} }))
    const mayRead = [process.cwd(), config, join(folder, 'data', 'hive.json')]
    expect(flags).toEqual(['--permission', '--allow-net', ...mayRead.map((path) => `--allow-fs-read=${path}`)])

    const child = spawn(process.execPath, ['bin/sundew.js', 'broker', '--config', config], { env: { BROKER_TOKEN: 'b4oker' } })
    onTestFinished(() => void child.kill('SIGKILL'))
    const url = await new Promise<string>((resolve, reject) => {
      let said = ''
      const listen = (chunk: Buffer): void => {
        said += chunk
        const [found] = /http:\S+\/jobs/.exec(said) ?? []
        if (found) resolve(found)
      }
      child.stdout.on('data', listen)
      child.stderr.on('data', listen)
      child.on('exit', () => reject(new Error(said)))
    })
    if (process.platform === 'linux') {
      const running = readFileSync(`/proc/${child.pid}/cmdline`, 'utf8').split('\0')
      expect(running.filter((word) => /^--(permission|allow)/.test(word))).toEqual(flags)
    }
    const target = `http://127.0.0.1:${web.port}/E.class`
    expect(await (await post(url, job(target))).json()).toMatchObject({ files: [{ url: target, base64: CLASS.toString('base64') }] })
    // Loopback is allowed here; the link-local address of metadata is not, nor a file.
    for (const refused of ['http://169.254.169.254/latest/', 'file:///etc/passwd'])
      expect(await (await post(url, job(refused))).json()).toMatchObject({ files: [], urls: [{ outcome: 'refused' }] })
    child.removeAllListeners('exit')
    child.kill('SIGTERM')
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0)
  }, 60_000)

  it('does not start without a token, or with settings that do not fit', async () => {
    const config = join(tempFolder(), 'broker.yaml')
    const failing = async (settings: unknown): Promise<string> => {
      writeFileSync(config, JSON.stringify(settings))
      const { code, err } = await sundew('broker', '--config', config)
      expect(code).toBe(2)
      return err
    }
    expect(await failing({ broker: { token: { env: 'NO_SUCH_VARIABLE' } } })).toMatch(/broker\.token: NO_SUCH_VARIABLE is not set/)
    expect(await failing({ broker: { allow: ['10.0.0.0/33'] } })).toMatch(/broker\.allow\[0\]/)
    expect(await failing({ broker: { limits: { urls: 0 } } })).toMatch(/broker\.limits\.urls/)
    expect(await failing({ broker: { cookies: true } })).toMatch(/broker\.cookies: no such key/)
  })
})

function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sundew-broker-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}
