import { createConnection } from 'node:net'
import { PassThrough, Writable } from 'node:stream'
import { Client } from 'basic-ftp'
import { afterEach, describe, expect, it } from 'vitest'
import { parseAllDocuments, parse as parseYaml } from 'yaml'
import { Identity } from '../../../src/config/identity.ts'
import { drip } from '../../../src/emulators/secrets-maze/drip.ts'
import { FORMATS, formatOf } from '../../../src/emulators/secrets-maze/formats.ts'
import { Holding } from '../../../src/emulators/secrets-maze/holding.ts'
import secretsMaze from '../../../src/emulators/secrets-maze/index.ts'
import { Maze } from '../../../src/emulators/secrets-maze/maze.ts'
import { Patiences } from '../../../src/emulators/secrets-maze/patience.ts'
import { Secrets } from '../../../src/emulators/secrets-maze/secrets.ts'
import { HoneytokenMint } from '../../../src/host/honeytokens/mint.ts'
import { MemoryState, type Playing, play } from '../../harness.ts'
import { ask } from '../../http/ask.ts'

let playing: Playing | undefined
afterEach(async () => {
  await playing?.stop()
  playing = undefined
})

async function maze(options: Record<string, unknown> = {}): Promise<Playing> {
  playing = await play(secretsMaze, {
    persona: 'plain',
    prompts: 'test/fixtures/prompts',
    options,
    settings: { limits: { connectionsPerSource: 500 } },
  })
  return playing
}

const secrets = (most = 200): Secrets => {
  const mint = HoneytokenMint.of({ identity: new Identity(Buffer.alloc(32, 1)), state: new MemoryState() })
  return new Secrets(mint, { owner: 'plain', domain: 'corp.lan', people: ['Anna Keller'], place: 'GET /x', source: '192.0.2.1', most })
}

/** The document with so many records. */
function document(name: keyof typeof FORMATS, records: number): string {
  const format: import('../../../src/emulators/secrets-maze/formats.ts').Format = FORMATS[name]
  const own = secrets()
  const all = Array.from({ length: records }, (_, n) => format.record(own, n))
  return (format.head?.(own) ?? '') + all.join(format.between ?? '') + (format.tail ?? '')
}

describe('a document', () => {
  it.each([1, 2, 7, 30])('parses in its format with %i records', (records) => {
    expect(JSON.parse(document('json', records))).toHaveLength(records)
    expect((JSON.parse(document('tfstate', records)) as { resources: unknown[] }).resources).toHaveLength(records)
    expect(Object.keys((parseYaml(document('yaml', records)) as { services: object }).services)).toHaveLength(records)
    const { services } = parseYaml(document('compose', records)) as { services: Record<string, { environment: { DB_PASSWORD: string } }> }
    expect(Object.values(services).filter(({ environment }) => environment.DB_PASSWORD.length > 8)).toHaveLength(records)
    const kubernetes = parseAllDocuments(document('kubernetes', records)).map(
      (one) => one.toJSON() as { kind: string; data: { DB_PASSWORD: string } },
    )
    expect(kubernetes.map(({ kind }) => kind)).toEqual(new Array(records).fill('Secret'))
    expect(document('env', records)).toMatch(/^(?:[A-Z][A-Z0-9_]*=\S+\n|\n)+$/)
    expect(document('ini', records)).toMatch(/^(?:\[[\w-]+\]\n(?:\w+ = \S+\n)+\n)+$/)
    expect(document('properties', records)).toMatch(/^(?:[\w.-]+=\S+\n|\n)+$/)
    expect(document('tfvars', records)).toMatch(/^(?:\w+ = "[^"\\\n]*"\n)+$/)
    expect(document('php', records)).toMatch(/^<\?php\n(?:define\( '\w+', '[^'\\\n]*' \);\n|\n)+$/)
    expect(document('git-config', records)).toMatch(/^(?:\[[^\]\n]+\]\n(?:\t\w+ = \S+\n)+)+$/)
    expect(document('sql', records).match(/^INSERT INTO `users` VALUES \(\d+,(?:'[^']*',){3}'[^']*'\);$/gm)).toHaveLength(records)
    expect(
      document('csv', records)
        .trim()
        .split('\n')
        .every((line) => line.split(',').length === 5),
    ).toBe(true)
    const xml = document('xml', records)
    expect([xml.match(/<service /g)?.length, xml.match(/<\/service>/g)?.length, xml.endsWith('</configuration>\n')]).toEqual([
      records,
      records,
      true,
    ])
    expect(
      document('pem', records).match(
        /-----BEGIN OPENSSH PRIVATE KEY-----\n(?:[A-Za-z0-9+/=]{1,70}\n)+-----END OPENSSH PRIVATE KEY-----\n/g,
      ),
    ).toHaveLength(records)
  })

  it.each([
    ['/.env', 'env'],
    ['/app/.env.production', 'env'],
    ['/.git/config', 'git-config'],
    ['/.aws/credentials', 'credentials'],
    ['/wp-config.php.bak', 'php'],
    ['/terraform.tfstate', 'tfstate'],
    ['/k8s/secrets.yaml', 'kubernetes'],
    ['/docker-compose.yml', 'compose'],
    ['/values.yaml', 'yaml'],
    ['/backup.sql', 'sql'],
    ['/web.config', 'xml'],
    ['/application.properties', 'properties'],
    ['/main.tf', 'tfvars'],
    ['/vars.hcl', 'tfvars'],
    ['/data.json5', 'json'],
    ['/id_rsa', 'pem'],
    ['/actuator/env', 'json'],
    ['/index.html', undefined],
    ['/environment', undefined],
  ])('is chosen by the path: %s is %s', (path, name) => {
    expect(formatOf(path)?.name).toBe(name)
  })

  it('mints its first secrets, and no more than it may', () => {
    const state = new MemoryState()
    const mint = HoneytokenMint.of({ identity: new Identity(Buffer.alloc(32, 1)), state })
    const own = new Secrets(mint, {
      owner: 'plain',
      domain: 'corp.lan',
      people: ['Anna Keller'],
      place: 'GET /.env',
      source: '192.0.2.1',
      most: 4,
    })
    const text = Array.from({ length: 20 }, (_, n) => FORMATS.env.record(own, n)).join('')
    expect(mint.find(text)).toHaveLength(4)
    expect([...state.entries('honeytokens')]).toHaveLength(4)
  })
})

describe('telling', () => {
  const json = { head: '[\n', between: ',\n', tail: '\n]\n', record: (n: number) => `{"n":${n}}`, least: 3 }

  it('ends with what makes it whole, whenever its time is over', async () => {
    for (const holdMs of [0, 40, 90]) {
      const pieces: Buffer[] = []
      let facts: unknown
      const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 5)))
      for await (const piece of drip(json, { pause }, { holdMs, over: (told) => (facts = told) })) pieces.push(piece)
      const whole = Buffer.concat(pieces)
      const parsed = JSON.parse(String(whole)) as unknown[]
      expect(parsed.length).toBeGreaterThanOrEqual(3)
      expect(facts).toMatchObject({ complete: true, bytes: whole.length, records: parsed.length })
    }
  })

  it('says that it was left when its client goes', async () => {
    let facts: unknown
    const telling = drip(json, { pause: async () => undefined }, { holdMs: 60_000, over: (told) => (facts = told) })
    await telling.next()
    await telling.return(undefined)
    expect(facts).toMatchObject({ complete: false })
  })
})

describe('patience', () => {
  const rules = { firstMs: 100, grace: 3, maxMs: 60_000 }

  it('grows with a source that stays, up to the longest', () => {
    const patiences = new Patiences(rules)
    const holds: number[] = []
    for (let n = 0; n < 20; n++) {
      const hold = patiences.next('a')
      holds.push(hold)
      patiences.stayed('a', hold)
    }
    expect(holds.slice(0, 6)).toEqual([100, 100, 100, 1_100, 2_100, 3_150])
    expect(holds.at(-1)).toBe(60_000)
    expect(patiences.next('b')).toBe(100)
  })

  it('ends just before the timeout of a client that always goes after as long', () => {
    const patiences = new Patiences(rules)
    for (const ms of [10_000, 10_100, 9_900]) patiences.left('a', ms)
    expect(patiences.next('a')).toBeCloseTo(8_910)
    for (const ms of [10_000, 2_000, 40_000]) patiences.left('a', ms)
    expect(patiences.next('a')).toBe(30_000)
  })
})

describe('the folders', () => {
  it('are the same for everybody, lead on, and have an end to what is asked of them', () => {
    const one = new Maze(new Identity(Buffer.alloc(32, 1)))
    const other = new Maze(new Identity(Buffer.alloc(32, 2)))
    expect(one.list('/')).toEqual(new Maze(new Identity(Buffer.alloc(32, 1))).list('/'))
    expect(one.list('/')).not.toEqual(other.list('/'))
    let path = '/'
    for (let n = 0; n < 16; n++) path += `${one.list(path).find(({ isFolder }) => isFolder)?.name}/`
    expect([one.hasFolder(path), one.list(path).some(({ isFolder }) => isFolder)]).toEqual([true, false])
    expect([one.hasFolder('/nothing/'), one.hasFolder(`/${'a/'.repeat(600)}`)]).toEqual([false, false])
  })
})

describe('the lure', () => {
  it('tells a file whole after its grace, to every method, and writes down for how long', async () => {
    const p = await maze()
    for (const method of ['GET', 'POST', 'PUT', 'PROPFIND']) {
      const { status, body, header } = await ask(p, method, '/api/config.json', method === 'GET' ? {} : { body: 'a=1' })
      expect([status, header('content-type'), header('server')]).toEqual([200, 'application/json', 'nginx/1.22.1'])
      expect((JSON.parse(body) as unknown[]).length).toBeGreaterThanOrEqual(6)
    }
    expect(p.data('secrets-maze.held').slice(0, 2)).toMatchObject([
      { path: '/api/config.json', format: 'json', complete: true, holdMs: 100 },
      { format: 'json', complete: true },
    ])
    expect(p.data<{ method: string }>('secrets-maze.request').map(({ method }) => method)).toEqual(['GET', 'POST', 'PUT', 'PROPFIND'])
  })

  it('has folders that lead to files, and nothing else', async () => {
    const p = await maze({ hold: { firstMs: 0 } })
    const { body } = await ask(p, 'GET', '/')
    expect(body).toMatch(/^<html>\r\n<head><title>Index of \/<\/title><\/head>/)
    const [, folder = ''] = /<a href="([\w-]+\/)">/.exec(body) ?? []
    expect((await ask(p, 'GET', `/${folder}`)).body).toContain(`Index of /${folder}`)
    expect((await ask(p, 'GET', `/${folder.slice(0, -1)}`)).status).toBe(301)
    expect((await ask(p, 'GET', '/robots.txt')).body).toContain(`Disallow: /${folder}`)
    expect((await ask(p, 'GET', '/nothing-here')).status).toBe(404)
  })

  it('knows a secret of its files that comes back', async () => {
    const p = await maze()
    const [, password = ''] = /BILLING_DB_PASSWORD=(\w{14})/.exec((await ask(p, 'GET', '/.env')).body) ?? []
    await ask(p, 'GET', `/login.json?password=${password}`)
    expect(await p.seen('honeytoken.returned')).toMatchObject({
      tags: ['canary:password'],
      data: { name: 'svc_billing', place: 'GET /.env' },
    })
  })

  it('writes the request of a client down that goes away, and learns when it went', async () => {
    const p = await maze({ hold: { firstMs: 60_000 } })
    const socket = createConnection({ port: p.port(), host: '127.0.0.1' })
    socket.write('GET /.env HTTP/1.1\r\nHost: a\r\n\r\n')
    await new Promise<void>((resolve) => socket.once('data', () => resolve()))
    socket.destroy()
    expect((await p.seen('secrets-maze.held')).data).toMatchObject({ path: '/.env', format: 'env', complete: false })
    expect((await p.seen('secrets-maze.request')).data).toMatchObject({ target: '/.env', status: 200 })
  })

  it('gives short documents to those above the cap', async () => {
    const p = await maze({ hold: { firstMs: 60_000 }, held: { perNetwork: 1 } })
    const held = createConnection({ port: p.port(), host: '127.0.0.1' })
    held.write('GET /.env HTTP/1.1\r\nHost: a\r\n\r\n')
    await new Promise<void>((resolve) => held.once('data', () => resolve()))
    expect((await ask(p, 'GET', '/config.json')).body).toMatch(/\]\n$/)
    held.destroy()
  })

  it('counts places by network and gives them back', () => {
    const holding = new Holding({ total: 2, perNetwork: 1 })
    const leave = holding.enter('a')
    expect([holding.enter('a'), holding.held]).toEqual([undefined, 1])
    holding.enter('b')
    expect(holding.enter('c')).toBeUndefined()
    leave?.()
    expect([holding.enter('a') === undefined, holding.held]).toEqual([false, 2])
  })
})

describe('the maze over FTP', () => {
  const FTP = 2

  async function signedIn(p: Playing): Promise<Client> {
    const client = new Client(10_000)
    await client.access({ host: '127.0.0.1', port: p.port(FTP), user: 'backup', password: 'anything' })
    return client
  }

  async function fetched(client: Client, path: string): Promise<string> {
    const chunks: Buffer[] = []
    const sink = new Writable({
      write: (chunk: Buffer, _, done) => {
        chunks.push(chunk)
        done()
      },
    })
    await client.downloadTo(sink, path)
    return Buffer.concat(chunks).toString()
  }

  it('lets everybody in, has the folders of the web side, and documents that parse', async () => {
    const p = await maze({ hold: { firstMs: 0, maxMs: 0 } })
    const client = await signedIn(p)
    const top = await client.list()
    expect(top.map(({ name, isDirectory }) => [name, isDirectory])).toEqual(
      new Maze(new Identity(Buffer.alloc(32, 7))).list('/').map(({ name, isFolder }) => [name, isFolder]),
    )
    const folder = top.find(({ isDirectory }) => isDirectory)!.name
    await client.cd(folder)
    expect(await client.pwd()).toBe(`/${folder}`)
    expect((await client.list()).length).toBeGreaterThan(3)
    expect((JSON.parse(await fetched(client, '/any/config.json')) as unknown[]).length).toBeGreaterThan(1)
    client.close()
    expect(p.data('login')).toMatchObject([{ method: 'ftp', username: 'backup', password: 'anything', accepted: true }])
    expect(p.data('secrets-maze.held')).toMatchObject([
      { path: '/', format: 'index', complete: true },
      { path: `/${folder}/`, format: 'index', complete: true },
      { path: '/any/config.json', format: 'json', complete: true },
    ])
  })

  it('holds a download, and keeps what is left there', async () => {
    const p = await maze({ hold: { firstMs: 600, grace: 3, maxMs: 600 } })
    const client = await signedIn(p)
    const startedAt = performance.now()
    expect(await fetched(client, '/.env')).toContain('APP_ENV=')
    expect(performance.now() - startedAt).toBeGreaterThan(550)
    const payload = new PassThrough()
    payload.end('#!/bin/sh\n')
    await client.uploadFrom(payload, 'x.sh')
    await expect(client.remove('x.sh')).rejects.toThrow('550 Permission denied.')
    client.close()
    expect(p.data('secrets-maze.upload')).toMatchObject([{ path: '/x.sh', size: 10 }])
    expect([...p.artifacts.kept.values()].map(String)).toEqual(['#!/bin/sh\n'])
    expect([p.data('lure.fault'), p.deadLetters]).toEqual([[], []])
  })
})
