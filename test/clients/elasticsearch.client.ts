import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { Client, errors } from '@elastic/elasticsearch'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import elasticsearch from '../../src/emulators/elasticsearch/index.ts'
import { createHosts } from '../../src/host/hosts.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'

const run = promisify(execFile)
const played = new Map<string, Playing>()

async function cluster(version: string): Promise<Playing> {
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  return play(elasticsearch, {
    persona: 'debian-web',
    identity,
    state,
    options: { version },
    hosts: createHosts({ identity, engine: noEngine, state }),
  })
}

beforeAll(async () => {
  for (const version of ['7.17.9', '1.4.2']) played.set(version, await cluster(version))
})

afterAll(async () => {
  for (const playing of played.values()) await playing.stop()
})

const url = (version = '7.17.9', index = 0): string => `http://127.0.0.1:${played.get(version)!.port(index)}`
const curl = async (...args: string[]): Promise<string> => (await run('curl', ['-sS', ...args])).stdout

describe('the official client', () => {
  const client = (): Client => new Client({ node: url() })

  it('takes the cluster for Elasticsearch and works with it', async () => {
    const es = client()
    expect((await es.info()).body).toMatchObject({ version: { number: '7.17.9' }, tagline: 'You Know, for Search' })
    const indices = (await es.cat.indices({ format: 'json' })).body as { index: string; 'docs.count': string }[]
    expect(indices.map(({ index }) => index)).toContain('app-config')
    expect((await es.index({ index: 'mine', id: '1', refresh: true, body: { name: 'first' } })).body).toMatchObject({ result: 'created' })
    expect((await es.search({ index: 'mine', body: { query: { match: { name: 'first' } } } })).body.hits.hits).toMatchObject([
      { _id: '1', _source: { name: 'first' } },
    ])
    const bulk = await es.bulk({
      body: [{ index: { _index: 'mine', _id: '2' } }, { name: 'second' }, { delete: { _index: 'mine', _id: '1' } }],
    })
    expect(bulk.body).toMatchObject({ errors: false, items: [{ index: { status: 201 } }, { delete: { status: 200 } }] })
    expect((await es.count({ index: 'mine' })).body.count).toBe(1)
    expect((await es.indices.delete({ index: 'mine' })).body).toEqual({ acknowledged: true })
    await expect(es.indices.get({ index: 'mine' })).rejects.toThrow(errors.ResponseError)
  })

  it('scrolls through an index to its last document', async () => {
    const es = client()
    const [{ index, 'docs.count': count }] = (await es.cat.indices({ index: '*-orders', format: 'json' })).body as [
      { index: string; 'docs.count': string },
    ]
    let seen = 0
    for await (const page of es.helpers.scrollDocuments({ index, size: 200, body: { query: { match_all: {} } } })) seen += page ? 1 : 0
    expect(seen).toBe(Number(count))
  })

  it('inserts many through its bulk helper', async () => {
    const documents = Array.from({ length: 500 }, (_, n) => ({ n, text: `line ${n}` }))
    const result = await client().helpers.bulk({ datasource: documents, onDocument: () => ({ index: { _index: 'many' } }) })
    expect(result).toMatchObject({ total: 500, successful: 500, failed: 0 })
  })
})

describe('curl', () => {
  it('gets the output of its script from 1.4.2, run by the host', async () => {
    const script = 'java.lang.Math.class.forName("java.lang.Runtime").getRuntime().exec("id").getText()'
    const reply = await curl(`${url('1.4.2')}/_search`, '-d', JSON.stringify({ size: 1, script_fields: { x: { script } } }))
    expect(reply).toMatch(/"fields":\{"x":\["uid=\d+\(\w+\) gid=\d+/)
  })

  it('unpacks what it asked to be packed', async () => {
    expect(await curl('--compressed', '-D', '-', `${url()}/_nodes`)).toMatch(
      /content-encoding: gzip\r\ncontent-length: \d+\r\n\r\n\{"_nodes":\{"total":1/,
    )
  })
})

describe('nmap', () => {
  it('names the REST API of 1.4.2 and the ports of both', async () => {
    const ports = [played.get('1.4.2')!.port(), played.get('7.17.9')!.port(), played.get('1.4.2')!.port(1)]
    const { stdout } = await run('nmap', ['-n', '-Pn', '-sT', '-sV', '-p', ports.join(','), '127.0.0.1'], { timeout: 170_000 })
    expect(stdout).toMatch(new RegExp(`${ports[0]}/tcp +open +http +Elasticsearch REST API 1\\.4\\.2`))
    expect(stdout).toMatch(new RegExp(`${ports[1]}/tcp +open +\\S+`))
    expect(stdout).toMatch(new RegExp(`${ports[2]}/tcp +open +elasticsearch +Elasticsearch binary API`))
    for (const playing of played.values()) expect([playing.data('lure.fault'), playing.deadLetters]).toEqual([[], []])
  }, 180_000)
})
