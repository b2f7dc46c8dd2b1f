import { createHash, createHmac } from 'node:crypto'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { loadSettings } from '../../src/config/load.ts'
import { OutputEntry } from '../../src/config/outputs.ts'
import { ConfigProblem } from '../../src/config/problem.ts'
import type { SundewEvent } from '../../src/events/schema.ts'
import { Egress } from '../../src/outputs/egress.ts'
import { message } from '../../src/outputs/kinds/hpfeeds.ts'
import { openSink } from '../../src/outputs/outputs.ts'
import { Busy, Refused, type Sink } from '../../src/outputs/sink.ts'
import { sampleEvent, sampleTurn } from '../store/sample-events.ts'
import { fakeKafka, fakeNats } from './fake-brokers.ts'
import { fakeHttp, fakeTcp, withoutWayBack } from './fake-server.ts'

const SETUP = { ...withoutWayBack, store: { events: async () => [] } }

/** A sink with settings as they would stand in sundew.yaml. */
function open(settings: Record<string, unknown>): Sink {
  const sink = openSink(OutputEntry.parse(settings), { data: '/nonexistent' }, SETUP)
  onTestFinished(async () => sink.close?.())
  return sink
}

const soon = (): AbortSignal => AbortSignal.timeout(2000)
const login = (): SundewEvent =>
  sampleEvent({
    type: 'login',
    lure: 'ssh',
    data: { method: 'password', username: 'root', password: 'p|w=d', accepted: true },
    tags: ['attack:T1110'],
  })

const BULK_TAKEN = { status: 200, body: JSON.stringify({ errors: false, items: [] }) }

/** Outputs over HTTP: how each is set up, and an answer that means taken. */
const HTTP: [kind: string, settings: Record<string, unknown>, taken: { status: number; body?: string }][] = [
  ['elasticsearch', { template: false }, BULK_TAKEN],
  ['splunk', { token: 's3cret' }, { status: 200, body: '{"text":"Success","code":0}' }],
  ['loki', {}, { status: 204 }],
  ['webhook', {}, { status: 200 }],
  ['otlp', {}, { status: 200, body: '{}' }],
]

describe.each(HTTP)('%s', (kind, settings, taken) => {
  const event = sampleTurn({ session: '0198d0a1-0000-7000-8000-000000000001' })

  it('is told to come again by 429, with the pause that was asked for, and by 500; then delivers', async () => {
    const { url, received } = await fakeHttp({ status: 429, headers: { 'retry-after': '7' } }, { status: 500 }, taken)
    const sink = open({ kind, url, ...settings })
    await expect(sink.send([event], soon())).rejects.toMatchObject({ name: 'Busy', retryAfterMs: 7000 })
    await expect(sink.send([event], soon())).rejects.toThrow(Busy)
    await sink.send([event], soon())
    expect(received).toHaveLength(3)
    expect(received[2]?.body).toBe(received[1]?.body)
  })

  it('fails on a connection that is reset or too slow, and can be tried again', async () => {
    const { url, received } = await fakeHttp('reset', 'slow', taken)
    const sink = open({ kind, url, ...settings })
    await expect(sink.send([event], soon())).rejects.not.toThrow(Refused)
    const deadline = new AbortController()
    const late = expect(sink.send([event], deadline.signal)).rejects.not.toThrow(Refused)
    await vi.waitFor(() => expect(received).toHaveLength(2))
    deadline.abort(new Error('too slow'))
    await late
    await sink.send([event], soon())
  })

  it('follows no redirect, and holds an unknown name or password to be no fault of the events', async () => {
    const { url, received } = await fakeHttp({ status: 307, headers: { location: '/elsewhere' } }, { status: 401 })
    const sink = open({ kind, url, ...settings })
    await expect(sink.send([event], soon())).rejects.toThrow(Busy)
    await expect(sink.send([event], soon())).rejects.toThrow(Busy)
    expect(received.map(({ path }) => path)).not.toContain('/elsewhere')
  })

  it('has events refused that cannot be read', async () => {
    const { url } = await fakeHttp({ status: 400, body: 'cannot parse' })
    await expect(open({ kind, url, ...settings }).send([event], soon())).rejects.toThrow(Refused)
  })
})

describe('elasticsearch', () => {
  it('puts the template once, creates documents of ECS under their ids, and takes a conflict for delivered', async () => {
    const first = login()
    const second = sampleTurn()
    const items = [{ create: { status: 201 } }, { create: { status: 409, error: { type: 'version_conflict_engine_exception' } } }]
    const { url, received } = await fakeHttp({ status: 200 }, { status: 200, body: JSON.stringify({ errors: true, items }) }, BULK_TAKEN)
    const sink = open({ kind: 'elasticsearch', url, apiKey: 'k' })
    await sink.send([first, second], soon())
    await sink.send([first], soon())
    expect(received.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'PUT /_index_template/sundew',
      expect.stringMatching('^POST /logs-sundew-default/_bulk\\?filter_path='),
      expect.stringMatching('^POST /logs-sundew-default/_bulk\\?filter_path='),
    ])
    expect(received[1]?.headers.authorization).toBe('ApiKey k')
    const lines = (received[1]?.body ?? '')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines[0]).toEqual({ create: { _id: first.id } })
    expect(lines[1]).toMatchObject({
      '@timestamp': new Date(first.time).toISOString(),
      event: { id: first.id, action: 'login', category: ['authentication'], outcome: 'success' },
      source: { ip: '192.0.2.7', port: 40123 },
      user: { name: 'root' },
      threat: { technique: { id: ['T1110'] } },
    })
    expect(lines[3]).toMatchObject({ process: { command_line: expect.stringContaining('ls -la /root') }, sundew: { source: 'llm' } })
  })

  it('names the documents that were refused for good, and comes again when some were only not taken now', async () => {
    const [good, bad] = [sampleEvent(), sampleEvent()]
    const refused = [{ create: { status: 201 } }, { create: { status: 400, error: { type: 'mapper_parsing_exception' } } }]
    const busy = [{ create: { status: 201 } }, { create: { status: 429, error: { type: 'es_rejected_execution_exception' } } }]
    const { url } = await fakeHttp(
      { status: 200, body: JSON.stringify({ errors: true, items: refused }) },
      { status: 200, body: JSON.stringify({ errors: true, items: busy }) },
    )
    const sink = open({ kind: 'elasticsearch', url, template: false })
    const refusal = await sink.send([good, bad], soon()).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(Refused)
    expect([...((refusal as Refused).reasons ?? [])]).toEqual([[bad.id, expect.stringContaining('mapper_parsing_exception')]])
    await expect(sink.send([good, bad], soon())).rejects.toThrow(Busy)
  })
})

describe('splunk, loki, webhook and otlp', () => {
  it('speak to their receivers in the form that these document', async () => {
    const { url, received } = await fakeHttp({ status: 200, body: '{}' })
    const event = login()
    await open({ kind: 'splunk', url, token: 't0ken', index: 'honey' }).send([event], soon())
    await open({ kind: 'loki', url, tenant: 'soc' }).send([event, sampleEvent()], soon())
    await open({ kind: 'webhook', url: `${url}/hook`, secret: 'key' }).send([event], soon())
    const [splunk, loki, hook] = received
    expect(splunk).toMatchObject({ path: '/services/collector/event', headers: { authorization: 'Splunk t0ken' } })
    expect(JSON.parse(splunk?.body ?? '')).toMatchObject({ time: event.time / 1000, host: 'test', index: 'honey', event: { id: event.id } })
    expect(loki).toMatchObject({ path: '/loki/api/v1/push', headers: { 'x-scope-orgid': 'soc' } })
    const { streams } = JSON.parse(loki?.body ?? '') as { streams: { stream: Record<string, string>; values: [string, string][] }[] }
    expect(streams.map(({ stream }) => stream.lure)).toEqual(['ssh', 'redis'])
    expect(streams[0]?.values[0]?.[0]).toBe(`${event.time}000000`)
    const [, seconds, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(hook?.headers['x-sundew-signature'])) ?? []
    expect(mac).toBe(createHmac('sha256', 'key').update(`${seconds}.${hook?.body}`).digest('hex'))
  })

  it('makes a span of every answer that the engine was asked for, and none of other events', async () => {
    const { url, received } = await fakeHttp({ status: 200, body: '{}' })
    const turn = sampleTurn({ session: '0198d0a1-0000-7000-8000-000000000001' })
    await open({ kind: 'otlp', url }).send([login()], soon())
    expect(received).toHaveLength(0)
    await open({ kind: 'otlp', url }).send([login(), turn], soon())
    const body = JSON.parse(received[0]?.body ?? '') as { resourceSpans: { scopeSpans: { spans: Record<string, unknown>[] }[] }[] }
    const [span] = body.resourceSpans[0]?.scopeSpans[0]?.spans ?? []
    expect(received[0]?.path).toBe('/v1/traces')
    expect(span).toMatchObject({
      traceId: '0198d0a1000070008000000000000001',
      spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
      endTimeUnixNano: `${turn.time}000000`,
    })
    expect(span?.attributes).toContainEqual({ key: 'gen_ai.operation.name', value: { stringValue: 'chat' } })
    expect(JSON.stringify(span)).not.toContain('/root')
  })
})

describe('hpfeeds', () => {
  const nonce = Buffer.from('4242')
  const info = message(1, Buffer.from('\x06broker'), nonce)

  it('proves its secret to the broker and publishes', async () => {
    let heard = Buffer.alloc(0)
    const { port } = await fakeTcp((socket) => {
      // In two pieces: the client must not take a packet for a message.
      socket.write(info.subarray(0, 3))
      setTimeout(() => socket.write(info.subarray(3)), 5)
      socket.on('data', (data: Buffer) => {
        heard = Buffer.concat([heard, data])
      })
    })
    const event = login()
    await open({ kind: 'hpfeeds', host: '127.0.0.1', port, ident: 'me', secret: 'key', channel: 'ch' }).send([event], soon())
    const auth = message(2, Buffer.from('\x02me'), createHash('sha1').update(nonce).update('key').digest())
    expect(heard.subarray(0, auth.length)).toEqual(auth)
    expect(heard.subarray(auth.length)).toEqual(message(3, Buffer.from('\x02me\x02ch'), Buffer.from(JSON.stringify(event))))
  })

  it('fails with the words of a broker that refuses it, and on one that says nothing', async () => {
    const refusing = await fakeTcp((socket) => {
      socket.write(info)
      socket.once('data', () => socket.write(message(0, Buffer.from('authfail'))))
    })
    const settings = { kind: 'hpfeeds', host: '127.0.0.1', ident: 'me', secret: 'key' }
    await expect(open({ ...settings, port: refusing.port }).send([login()], soon())).rejects.toThrow('authfail')
    const silent = await fakeTcp(() => {})
    await expect(open({ ...settings, port: silent.port }).send([login()], AbortSignal.timeout(50))).rejects.toThrow()
  })
})

describe('nats', () => {
  it('waits until JetStream has stored each event, known by its id', async () => {
    const { port, taken } = await fakeNats()
    const event = login()
    await open({ kind: 'nats', servers: [`127.0.0.1:${port}`] }).send([event], soon())
    expect(taken).toEqual([expect.stringMatching(/^sundew\.events\.ssh\.login /)])
    expect(taken[0]).toContain(`Nats-Msg-Id: ${event.id}`)
    expect(taken[0]).toContain(JSON.stringify(event))
  })

  it('waits without JetStream for a sign of life, and not for ever', async () => {
    const server = await fakeNats()
    const sink = open({ kind: 'nats', servers: [`127.0.0.1:${server.port}`], jetstream: false })
    const event = login()
    await sink.send([event], soon())
    expect(server.taken).toEqual([expect.stringContaining(`Nats-Msg-Id: ${event.id}`)])
    server.mood = 'silent'
    await expect(sink.send([login()], AbortSignal.timeout(100))).rejects.toThrow()
  })

  it('fails when nothing is acknowledged in time, or no server is there', async () => {
    const server = await fakeNats()
    server.mood = 'silent'
    await expect(open({ kind: 'nats', servers: [`127.0.0.1:${server.port}`] }).send([login()], AbortSignal.timeout(100))).rejects.toThrow()
    await expect(open({ kind: 'nats', servers: ['127.0.0.1:1'] }).send([login()], soon())).rejects.toThrow()
  })
})

describe('kafka', () => {
  it('produces each event to its topic, and has refused what is too large for the broker', async () => {
    const broker = await fakeKafka()
    const event = login()
    const sink = open({ kind: 'kafka', brokers: [`127.0.0.1:${broker.port}`], topic: 'honey' })
    await sink.send([event], soon())
    expect(broker.taken).toEqual([`honey ${JSON.stringify(event)}`])
    broker.mood = 'refusing'
    await expect(sink.send([login()], soon())).rejects.toThrow(Refused)
  })

  it('fails within its deadline when no broker answers', async () => {
    const silent = await fakeTcp(() => {})
    await expect(open({ kind: 'kafka', brokers: [`127.0.0.1:${silent.port}`] }).send([login()], AbortSignal.timeout(100))).rejects.toThrow()
    await expect(open({ kind: 'kafka', brokers: ['127.0.0.1:1'] }).send([login()], soon())).rejects.toThrow()
  })
})

describe('the egress policy', () => {
  it('lets an output connect to its own destinations alone', async () => {
    const { url, received } = await fakeHttp({ status: 200 })
    const egress = new Egress(['https://siem.example:8088', '127.0.0.1:514'])
    await expect(async () => egress.http('POST', url, { body: 'x', signal: soon() })).rejects.toThrow('is no destination of this output')
    await expect(async () => egress.tcp('127.0.0.1', 22, { tls: false, signal: soon() })).rejects.toThrow('127.0.0.1:22 is no destination')
    await expect(async () => egress.udp('127.0.0.1', 53, [Buffer.of(1)], soon())).rejects.toThrow('127.0.0.1:53 is no destination')
    expect(received).toHaveLength(0)
  })
})

describe('settings of outputs', () => {
  it('takes a secret from the environment, and names the variable that is missing', () => {
    const settings = { kind: 'splunk', url: 'http://127.0.0.1:1', token: { env: 'SPLUNK_TOKEN_OF_TEST' } }
    expect(() => open(settings)).toThrow(ConfigProblem)
    expect(() => open(settings)).toThrow(/SPLUNK_TOKEN_OF_TEST is not set\n\s+cure: export/)
    vi.stubEnv('SPLUNK_TOKEN_OF_TEST', 'x')
    expect(() => open(settings)).not.toThrow()
  })

  it('names file, line, key and cure of a mistake', async () => {
    const { tempFolder } = await import('../store/temp-folder.ts')
    const { writeFileSync } = await import('node:fs')
    const { join } = await import('node:path')
    const config = join(tempFolder(), 'sundew.yaml')
    writeFileSync(config, 'outputs:\n  - kind: syslog\n    host: 127.0.0.1\n    port: 99999\n')
    expect(() => loadSettings({ config, env: {} })).toThrow(/sundew\.yaml:4: outputs\[0\]\.port: .*\n\s+cure: give a value not above 65535/)
    writeFileSync(config, 'outputs:\n  - kind: carrier-pigeon\n')
    expect(() => loadSettings({ config, env: {} })).toThrow(/sundew\.yaml:2: outputs\[0\]\.kind/)
  })
})
