import { createSocket } from 'node:dgram'
import { mkdtempSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTls } from 'node:tls'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import { OutputEntry } from '../../src/config/outputs.ts'
import type { SundewEvent } from '../../src/events/schema.ts'
import { openSink } from '../../src/outputs/outputs.ts'
import type { Sink } from '../../src/outputs/sink.ts'
import { certificateOf } from '../../src/sensor/certificate.ts'
import { sampleEvent, sampleTurn } from '../store/sample-events.ts'
import { fakeTcp, withoutWayBack } from './fake-server.ts'

function open(settings: Record<string, unknown>): Sink {
  const setup = { ...withoutWayBack, store: { events: async () => [] } }
  const sink = openSink(OutputEntry.parse({ kind: 'syslog', host: '127.0.0.1', ...settings }), { data: '/nonexistent' }, setup)
  onTestFinished(async () => sink.close?.())
  return sink
}

const soon = (): AbortSignal => AbortSignal.timeout(5000)
const login = (): SundewEvent =>
  sampleEvent({
    type: 'login',
    lure: 'ssh',
    data: { method: 'password', username: 'root', password: 'p|w=d', accepted: true },
    tags: ['attack:T1110'],
  })
const large = (): SundewEvent => sampleTurn({ data: { input: `first ${'x'.repeat(20_000)}`, kind: 'shell', exitCode: 7 } })

it('counts octets over TCP, and connects again when the receiver has closed', async () => {
  let text = ''
  const server = await fakeTcp((socket) => {
    socket.on('data', (data: Buffer) => {
      text += data.toString('utf8')
      if (data.includes('third')) socket.destroy()
    })
  })
  const sink = open({ port: server.port, transport: 'tcp', body: 'cef' })
  const event = login()
  await sink.send([event, sampleEvent({ type: 'second', tags: [] })], soon())
  await vi.waitFor(() => expect(text).toContain('second'))
  const [, length, rest = ''] = /^(\d+) (<.*)$/s.exec(text) ?? []
  const first = Buffer.from(rest).subarray(0, Number(length)).toString()
  expect(first).toMatch(
    /^<109>1 \d{4}-\d\d-\d\dT[\d:.]+Z test sundew - login \[sundew@32473 id="[0-9a-f-]{36}" src="192\.0\.2\.7" dst_port="6379" lure="ssh"\] CEF:0\|Sundew\|/,
  )
  expect(first).toContain('suser=root')
  expect(first).toContain('msg=login root:p|w\\=d accepted')
  await sink.send([sampleEvent({ type: 'third' })], soon()).catch(() => undefined)
  await vi.waitFor(async () => {
    await sink.send([login()], soon())
    expect(server.connections).toBe(2)
  })
})

it('sends a datagram an event, and says so when its data does not fit', async () => {
  const heard: string[] = []
  const socket = createSocket('udp4').on('message', (data) => heard.push(data.toString('utf8')))
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  onTestFinished(() => void socket.close())
  const sink = open({ port: (socket.address() as AddressInfo).port, body: 'ocsf' })
  await sink.send([login(), large()], soon())
  await vi.waitFor(() => expect(heard).toHaveLength(2))
  const ocsf = JSON.parse(heard[0]?.slice(heard[0].indexOf('{')) ?? '') as Record<string, unknown>
  expect(ocsf).toMatchObject({
    class_uid: 3002,
    activity_id: 1,
    type_uid: 300201,
    status_id: 1,
    user: { name: 'root' },
    attacks: [{ technique: { uid: 'T1110' } }],
  })
  expect(heard[1]?.length).toBeLessThan(8192)
  expect(heard[1]).toContain('truncated="true"')
})

it('has the texts of a message cut that is longer than the receiver takes, whatever the transport, and leaves it readable', async () => {
  let text = ''
  const server = await fakeTcp((socket) => socket.on('data', (data: Buffer) => (text += data.toString('utf8'))))
  const sink = open({ port: server.port, transport: 'tcp', maxBytes: 2048 })
  await sink.send([large(), sampleTurn({ data: Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`key${i}`, i])) })], soon())
  await vi.waitFor(() => expect(text.match(/truncated="true"/g)).toHaveLength(2))
  const length = Number.parseInt(text, 10)
  expect(length).toBeLessThanOrEqual(2048)
  const first = text.slice(text.indexOf(' ') + 1, text.indexOf(' ') + 1 + length)
  const { data } = JSON.parse(first.slice(first.indexOf('{'))) as { data: { input: string; exitCode: number } }
  expect(data).toMatchObject({ input: expect.stringMatching(/^first x{100,}$/), exitCode: 7 })
})

it('gives a receiver of datagrams time to take them', async () => {
  let heard = 0
  const socket = createSocket('udp4').on('message', () => heard++)
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  onTestFinished(() => void socket.close())
  const startedAt = performance.now()
  await open({ port: socket.address().port }).send(Array.from({ length: 201 }, login), soon())
  expect(performance.now() - startedAt).toBeGreaterThan(38)
  await vi.waitFor(() => expect(heard).toBe(201))
})

describe('a receiver that does not want us', () => {
  it('is noticed when it hangs up on a new connection, though it took the bytes', async () => {
    const server = await fakeTcp((socket) => socket.once('data', () => socket.end()))
    await expect(open({ port: server.port, transport: 'tcp' }).send([login()], soon())).rejects.toThrow('closed the connection')
  })

  it('is noticed with TLS 1.3, where it looks at our certificate after the handshake', async () => {
    const names = [{ type: 'ip' as const, value: '127.0.0.1' }]
    const certificate = await certificateOf(new Identity(Buffer.alloc(32, 3)), {
      name: 'siem',
      subject: 'CN=siem',
      alternativeNames: names,
    })
    const server = createTls({ ...certificate, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const ca = join(mkdtempSync(join(tmpdir(), 'syslog-')), 'ca.pem')
    writeFileSync(ca, certificate.cert)
    const { port } = server.address() as AddressInfo
    await expect(open({ port, transport: 'tls', tls: { ca } }).send([login()], soon())).rejects.toThrow(/certificate required/)
  })
})
