import { randomBytes } from 'node:crypto'
import { connect as tlsConnect } from 'node:tls'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Identity } from '../../../src/config/identity.ts'
import { planPorts } from '../../../src/config/ports.ts'
import { Settings } from '../../../src/config/schema.ts'
import { entropyOf } from '../../../src/emulators/catch-all/entropy.ts'
import catchAll from '../../../src/emulators/catch-all/index.ts'
import { PortList } from '../../../src/emulators/catch-all/port-list.ts'
import { recognise, recogniseWhole } from '../../../src/emulators/catch-all/recognise.ts'
import redis from '../../../src/emulators/redis/index.ts'
import socks5 from '../../../src/emulators/socks5/index.ts'
import { createHosts } from '../../../src/host/hosts.ts'
import http from '../../../src/http/lure.ts'
import { defineLure } from '../../../src/sensor/lure.ts'
import { MemoryState, noEngine, type Playing, play } from '../../harness.ts'

const greeter = defineLure({
  name: 'greeter',
  standsFor: [],
  about: 'speaks first, where MySQL does',
  profiles: [],
  ports: [{ transport: 'tcp', port: 3306 }],
  options: z.strictObject({}),
  events: {},
  serve: (visit) => visit.write('greetings'),
})

let playing: Playing
beforeAll(async () => {
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  const hosts = createHosts({ identity, engine: noEngine, state })
  const given = { persona: 'debian-web', identity, state, hosts }
  playing = await play(catchAll, { ...given, ports: [0], options: { waitMs: 150 }, beside: [http, redis, socks5, greeter] })
})
afterAll(() => playing.stop())

const opening = (): Record<string, unknown> => playing.data('catch-all.opening').at(-1)!

describe('a connection is handed to the lure that plays what it speaks', () => {
  it.each([
    ['http', 'GET / HTTP/1.0\r\n\r\n', 'HTTP/1.1 200'],
    ['redis', '*1\r\n$4\r\nPING\r\n', '+PONG'],
    ['redis', 'PING\r\n', '+PONG'],
    ['socks5', '\x05\x01\x00', '\x05\x00'],
  ])('%s', async (protocol, sent, answer) => {
    expect((await playing.exchange(Buffer.from(sent, 'latin1'), { quietMs: 700 })).toString('latin1')).toContain(answer)
    expect(opening()).toMatchObject({ protocol, by: 'bytes', lure: protocol })
  })

  it('TLS, by its hello', async () => {
    const socket = tlsConnect({ port: playing.port(), host: '127.0.0.1', rejectUnauthorized: false, servername: 'shop.example' })
    await new Promise((resolve) => socket.once('secureConnect', resolve))
    socket.write('GET / HTTP/1.0\r\n\r\n')
    const [first] = (await new Promise<Buffer>((resolve) => socket.once('data', resolve))).toString('latin1').split('\r\n')
    expect(first).toBe('HTTP/1.1 200 OK')
    expect(opening()).toMatchObject({ protocol: 'tls', lure: 'http' })
    socket.destroy()
  })

  it('in pieces too', async () => {
    const { connect, collect } = await import('../../harness.ts')
    const socket = await connect(playing.port())
    socket.setNoDelay(true)
    socket.write('G')
    setTimeout(() => socket.write('ET / HT'), 60)
    setTimeout(() => socket.write('TP/1.0\r\n\r\n'), 120)
    expect((await collect(socket, 600)).toString('latin1')).toContain('HTTP/1.1 200')
  })
})

describe('a client that waits', () => {
  it('is greeted as the port is known for', async () => {
    const there = await play(catchAll, { persona: 'debian-web', ports: [3307], options: { waitMs: 120 }, beside: [greeter] })
    try {
      expect(String(await there.exchange('', { quietMs: 900 }))).toBe('greetings')
      expect(there.data('catch-all.opening')).toEqual([{ data: '', bytes: 0, protocol: 'mysql', by: 'port', lure: 'greeter' }])
    } finally {
      await there.stop()
    }
  })
})

describe('what nobody plays', () => {
  it('is listened to and kept, with what it looks like', async () => {
    const noise = randomBytes(4096)
    noise[0] = 0xee
    expect(await playing.exchange(noise, { end: true })).toHaveLength(0)
    await playing.seen('catch-all.payload')
    const data = playing.data<{ entropy: number; bytes: number; artifact: string }>('catch-all.payload').at(-1)!
    expect(data).toMatchObject({ bytes: 4096, printable: expect.closeTo(0.38, 1) })
    expect(data.entropy).toBeGreaterThan(7.8)
    expect(playing.artifacts.get(data.artifact)).toEqual(noise)
  })

  it('is named when its protocol is known', async () => {
    await playing.exchange('JDWP-Handshake', { end: true })
    expect(opening()).toEqual({ data: 'JDWP-Handshake', bytes: 14, protocol: 'jdwp', by: 'bytes' })
  })
})

describe('recognition', () => {
  const hex = (text: string): Buffer => Buffer.from(text.replace(/ /g, ''), 'hex')
  it.each([
    ['ssh', Buffer.from('SSH-2.0-Go\r\n')],
    ['rdp', hex('03 00 00 2b 26 e0 00 00 00 00 00 43 6f 6f 6b 69 65')],
    ['s7', hex('03 00 00 16 11 e0 00 00 00 01 00 c0 01 0a')],
    ['smb', hex('00 00 00 85 ff 53 4d 42 72')],
    ['smb', hex('00 00 00 6c fe 53 4d 42 40')],
    ['postgresql', hex('00 00 00 08 04 d2 16 2f')],
    ['mongodb', hex('3a 00 00 00 01 00 00 00 00 00 00 00 d4 07 00 00')],
    ['mssql', hex('12 01 00 2f 00 00 01 00')],
    ['adb', Buffer.from('CNXN\0\0\0\x01')],
    ['mqtt', hex('10 10 00 04 4d 51 54 54 04')],
    ['sip', Buffer.from('OPTIONS sip:nm SIP/2.0\r\n')],
    ['http-proxy', Buffer.from('CONNECT a:443 HTTP/1.1\r\n')],
    ['telnet', hex('ff fb 1f ff fb 20')],
    ['minecraft', hex('fe 01 fa')],
    ['java-rmi', hex('4a 52 4d 49 00 02 4b')],
    ['t3', Buffer.from('t3 12.2.1\nAS:255\n')],
    ['ajp', hex('12 34 00 6c 02 02')],
    ['memcached', Buffer.from('stats\r\n')],
    ['pjl', Buffer.from('\x1b%-12345X@PJL INFO ID\r\n')],
    ['pptp', hex('00 9c 00 01 1a 2b 3c 4d 00 01')],
    ['modbus', hex('00 01 00 00 00 06 01 03 00 00')],
    ['dicom', hex('01 00 00 00 00 cd 00 01 00 00')],
    ['oracle', hex('00 3a 00 00 01 00 00 00 01 36 01 2c')],
    ['zookeeper', Buffer.from('ruok')],
    ['asterisk-manager', Buffer.from('action: login\r\n')],
  ])('%s', (protocol, bytes) => {
    expect(recogniseWhole(bytes)?.protocol).toBe(protocol)
  })

  it('waits only for what a rule may still become, and never changes its mind', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const early = recognise(Buffer.from(bytes))
        if (early === 'maybe') return
        const late = recognise(Buffer.concat([bytes, Buffer.alloc(40, 0x41)]))
        expect(late).toEqual(early)
      }),
    )
  })
})

describe('ports', () => {
  it('are written as lists and ranges', () => {
    expect(PortList.parse('79, 8000-8002,79')).toEqual([79, 8000, 8001, 8002])
    for (const wrong of ['0', '70000', '9-8', 'x', '', '1-65535']) expect(PortList.safeParse(wrong).success).toBe(false)
  })

  it('leave to others what others have', () => {
    const lures = [greeter as unknown as typeof catchAll, catchAll]
    const settings = Settings.parse({
      profile: 'standard',
      console: { port: 13308 },
      lures: [{ lure: 'catch-all', options: { ports: '3305-3308, 60000' } }, { lure: 'greeter' }],
    })
    const plan = planPorts(settings, lures).map((use) => [use.lure.name, use.ports.map(({ port }) => port)])
    expect(plan).toEqual([
      ['catch-all', [13305, 13307]],
      ['greeter', [13306]],
    ])
  })
})

it('entropy tells noise from text', () => {
  expect(entropyOf(Buffer.alloc(100))).toEqual({ entropy: 0, printable: 0 })
  expect(entropyOf(Buffer.from('abab'))).toEqual({ entropy: 1, printable: 1 })
  expect(entropyOf(Buffer.from(Array.from({ length: 256 }, (_, i) => i))).entropy).toBe(8)
})
