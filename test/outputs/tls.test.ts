import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTls, type TLSSocket } from 'node:tls'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import { OutputEntry } from '../../src/config/outputs.ts'
import { message } from '../../src/outputs/kinds/hpfeeds.ts'
import { openSink } from '../../src/outputs/outputs.ts'
import { Refused, type Sink } from '../../src/outputs/sink.ts'
import { type Certificate, certificateOf } from '../../src/sensor/certificate.ts'
import { sampleTurn } from '../store/sample-events.ts'
import { type FakeBroker, fakeKafka, fakeNats } from './fake-brokers.ts'
import { withoutWayBack } from './fake-server.ts'

let server: Certificate
let client: Certificate
let files: { ca: string; cert: string; key: string }

beforeAll(async () => {
  const alternativeNames = [{ type: 'ip' as const, value: '127.0.0.1' }]
  const identity = new Identity(Buffer.alloc(32, 3))
  server = await certificateOf(identity, { name: 'siem', subject: 'CN=siem.example', alternativeNames })
  client = await certificateOf(identity, { name: 'sensor', subject: 'CN=sensor-7', alternativeNames: [] })
  const folder = mkdtempSync(join(tmpdir(), 'outputs-tls-'))
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  files = { ca: file('ca.pem', server.cert), cert: file('cert.pem', client.cert), key: file('key.pem', client.key) }
})

/** A receiver that speaks TLS and asks for our certificate: where it listens, who came, and how much. */
interface Receiver {
  port: number
  clients: string[]
  bytes: number
}

function remember(receiver: Receiver, socket: TLSSocket): void {
  receiver.clients.push(String(socket.getPeerCertificate().subject?.CN ?? ''))
}

async function listening(listener: ReturnType<typeof createTls>, receiver: Receiver): Promise<Receiver> {
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  receiver.port = (listener.address() as AddressInfo).port
  onTestFinished(() => void listener.close())
  return receiver
}

function https(): Promise<Receiver> {
  const receiver: Receiver = { port: 0, clients: [], bytes: 0 }
  const listener = createHttps({ ...server, requestCert: true, rejectUnauthorized: false }, (request, response) => {
    remember(receiver, request.socket as TLSSocket)
    request.on('data', (data: Buffer) => {
      receiver.bytes += data.length
    })
    request.on('end', () => response.end('{"errors":false,"items":[]}'))
  })
  onTestFinished(() => listener.closeAllConnections())
  return listening(listener, receiver)
}

function stream(greeting: Buffer): Promise<Receiver> {
  const receiver: Receiver = { port: 0, clients: [], bytes: 0 }
  const listener = createTls({ ...server, requestCert: true, rejectUnauthorized: false }, (socket) => {
    remember(receiver, socket)
    socket.on('error', () => socket.destroy())
    socket.on('data', (data: Buffer) => {
      receiver.bytes += data.length
    })
    socket.write(greeting)
    onTestFinished(() => void socket.destroy())
  })
  return listening(listener, receiver)
}

/** A broker as a receiver. */
async function broker(fake: (certificate: Certificate) => Promise<FakeBroker>): Promise<Receiver> {
  const { port, clients, taken } = await fake(server)
  return {
    port,
    clients,
    get bytes() {
      return taken.join('').length
    },
  }
}

function open(settings: Record<string, unknown>): Sink {
  const setup = { ...withoutWayBack, store: { events: async () => [] } }
  const sink = openSink(OutputEntry.parse(settings), { data: '/nonexistent' }, setup)
  onTestFinished(async () => sink.close?.())
  return sink
}

const url = (port: number): Record<string, unknown> => ({ url: `https://127.0.0.1:${port}` })
const address = (port: number): Record<string, unknown> => ({ host: '127.0.0.1', port })
const HELLO = message(1, Buffer.from('\x06broker'), Buffer.from('4242'))

/** How each output is pointed at a receiver. */
const OUTPUTS: [kind: string, receiver: () => Promise<Receiver>, settings: (port: number) => Record<string, unknown>][] = [
  ['elasticsearch', https, (port) => ({ ...url(port), template: false })],
  ['splunk', https, (port) => ({ ...url(port), token: 't' })],
  ['loki', https, url],
  ['webhook', https, url],
  ['otlp', https, url],
  ['syslog', () => stream(Buffer.alloc(0)), (port) => ({ ...address(port), transport: 'tls' })],
  ['hpfeeds', () => stream(HELLO), (port) => ({ ...address(port), ident: 'me', secret: 'key', useTls: true })],
  // These two speak TLS when their settings have `tls`.
  ['nats', () => broker(fakeNats), (port) => ({ servers: [`127.0.0.1:${port}`], tls: {} })],
  ['kafka', () => broker(fakeKafka), (port) => ({ brokers: [`127.0.0.1:${port}`], tls: {} })],
]

describe.each(OUTPUTS)('%s over TLS', (kind, receiver, settings) => {
  const event = sampleTurn({ session: '0198d0a1-0000-7000-8000-000000000001' })
  const soon = (): AbortSignal => AbortSignal.timeout(3000)

  it('gives nothing to a receiver whose certificate nobody vouches for, and takes that for no fault of the events', async () => {
    const to = await receiver()
    const error: unknown = await open({ kind, ...settings(to.port) })
      .send([event], soon())
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Error)
    expect(error).not.toBeInstanceOf(Refused)
    expect(to.bytes).toBe(0)
  })

  it('trusts the authority that it is given, and shows its own certificate', async () => {
    const to = await receiver()
    await open({ kind, ...settings(to.port), tls: files }).send([event], soon())
    await expect.poll(() => to.bytes).toBeGreaterThan(0)
    expect(to.clients).toContain('sensor-7')
  })

  it('takes any certificate when it is told to', async () => {
    const to = await receiver()
    await open({ kind, ...settings(to.port), tls: { insecure: true } }).send([event], soon())
    await expect.poll(() => to.bytes).toBeGreaterThan(0)
  })
})
