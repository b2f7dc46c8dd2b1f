import { once } from 'node:events'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Identity } from '../../../src/config/identity.ts'
import { addressLength, encodeAddress, readAddress, SocksError } from '../../../src/emulators/socks5/codec.ts'
import socks5 from '../../../src/emulators/socks5/index.ts'
import { createHosts } from '../../../src/host/hosts.ts'
import http from '../../../src/http/lure.ts'
import { defineLure } from '../../../src/sensor/lure.ts'
import { connect, MemoryState, noEngine, type Playing, play } from '../../harness.ts'

const talker = defineLure({
  name: 'talker',
  standsFor: [],
  about: 'speaks first',
  profiles: [],
  ports: [{ transport: 'tcp', port: 2525 }],
  options: z.strictObject({}),
  events: {},
  async serve(visit) {
    await visit.write('220 hello\r\n')
    const line = await visit.line(100)
    await visit.write(`you said ${line}\r\n`)
  },
})

let playing: Playing
beforeAll(async () => {
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  const hosts = createHosts({ identity, engine: noEngine, state })
  const options = { login: { policy: 'list', accept: [{ user: 'tunnel', password: 'proxy' }] } }
  playing = await play(socks5, { persona: 'debian-web', identity, state, hosts, options, beside: [http, talker] })
})
afterAll(() => playing.stop())

const named = (host: string, port: number): Buffer => Buffer.concat([Buffer.of(5, 1, 0), encodeAddress({ type: 3, host, port })])

async function through(request: Buffer, bytes: string): Promise<string> {
  const answer = await playing.exchange(Buffer.concat([Buffer.of(5, 1, 0), request, Buffer.from(bytes)]), { end: true })
  return answer.toString('latin1')
}

describe('a tunnel', () => {
  it('to port 80 of anybody ends at our own web site', async () => {
    const answer = await through(named('www.example.com', 80), 'GET / HTTP/1.0\r\nHost: www.example.com\r\n\r\n')
    expect(answer.slice(0, 2 + 4)).toBe('\x05\x00\x05\x00\x00\x01')
    expect(answer).toContain('HTTP/1.1 200 OK')
    expect(await playing.seen('http.request')).toMatchObject({ data: { host: 'www.example.com', status: 200 } })
    expect(playing.data('socks5.request').at(-1)).toMatchObject({ host: 'www.example.com', port: 80, answer: 'lure', lure: 'http' })
    expect(playing.data('indicator')).toContainEqual({ kind: 'host', value: 'www.example.com', how: 'socks5 connect' })
    expect((await playing.seen('socks5.tunnel')).data).toMatchObject({ host: 'www.example.com', port: 80, bytes: 41 })
  })

  it('carries both ways, a server that speaks first too', async () => {
    const answer = await through(named('mx.example.net', 2525), 'EHLO me\r\n')
    expect(answer).toContain('220 hello\r\nyou said EHLO me\r\n')
  })

  it('to a port that nobody plays is listened to', async () => {
    const answer = await through(named('c2.example.org', 4444), 'beacon')
    expect(answer.slice(2, 4)).toBe('\x05\x00')
    const tunnels = playing.events.filter(({ type }) => type === 'socks5.tunnel')
    expect(tunnels.at(-1)?.data).toMatchObject({ host: 'c2.example.org', port: 4444, data: 'beacon', bytes: 6 })
  })

  it('ends for both when the client is gone', async () => {
    const closes = playing.events.filter(({ type, lure }) => type === 'session.close' && lure === 'talker').length
    const socket = await connect(playing.port())
    socket.write(Buffer.concat([Buffer.of(5, 1, 0), named('mx.example.net', 2525)]))
    await once(socket, 'data')
    socket.resetAndDestroy()
    await expect
      .poll(() => playing.events.filter(({ type, lure }) => type === 'session.close' && lure === 'talker').length)
      .toBe(closes + 1)
  })
})

describe('a login', () => {
  const login = (user: string, password: string): Buffer =>
    Buffer.concat([Buffer.of(5, 2, 0, 2, 1, user.length), Buffer.from(user), Buffer.of(password.length), Buffer.from(password)])

  it('is written down and judged by the policy', async () => {
    expect((await playing.exchange(login('admin', 'hunter2'))).toString('hex')).toBe('05020101')
    expect((await playing.exchange(login('tunnel', 'proxy'), { quietMs: 100 })).toString('hex')).toBe('05020100')
    expect(playing.data('login')).toEqual([
      { method: 'socks5', username: 'admin', password: 'hunter2', accepted: false },
      { method: 'socks5', username: 'tunnel', password: 'proxy', accepted: true },
    ])
  })
})

describe('SOCKS 4', () => {
  it('records the user, and the name of 4A', async () => {
    const request = Buffer.concat([Buffer.of(4, 1, 0, 80, 0, 0, 0, 1), Buffer.from('ident\0www.example.org\0')])
    const answer = await playing.exchange(Buffer.concat([request, Buffer.from('GET / HTTP/1.0\r\n\r\n')]), { end: true })
    expect([...answer.subarray(0, 2)]).toEqual([0, 0x5a])
    expect(answer.toString('latin1')).toContain('HTTP/1.1')
    expect(playing.data('socks5.request').at(-1)).toMatchObject({ version: 4, user: 'ident', host: 'www.example.org', lure: 'http' })
  })
})

it('what is no SOCKS is kept, and gets nothing', async () => {
  expect(await playing.exchange('GET / HTTP/1.0\r\n\r\n')).toHaveLength(0)
  expect((await playing.seen('socks5.malformed')).data).toEqual({ message: 'version 71', bytes: 'GET / HTTP/1.0\r\n\r\n' })
})

describe('the codec', () => {
  it('reads what it writes', () => {
    const ipv4 = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)).map((octets) => ({ type: 1, host: octets.join('.') }))
    const name = fc.string({ maxLength: 255, unit: 'binary-ascii' }).map((host) => ({ type: 3, host }))
    const ipv6 = fc
      .array(fc.nat(0xffff), { minLength: 8, maxLength: 8 })
      .map((words) => ({ type: 4, host: words.map((word) => word.toString(16)).join(':') }))
    fc.assert(
      fc.property(fc.oneof(ipv4, name, ipv6), fc.nat(0xffff), (address, port) => {
        const bytes = encodeAddress({ ...address, port })
        expect(readAddress(address.type, bytes.subarray(address.type === 3 ? 2 : 1))).toEqual({ ...address, port })
      }),
    )
  })

  it('throws nothing but its own error', () => {
    fc.assert(
      fc.property(fc.nat(255), fc.uint8Array({ maxLength: 40 }), (type, bytes) => {
        try {
          addressLength(type, bytes.length)
          readAddress(type, Buffer.from(bytes))
        } catch (error) {
          expect(error).toBeInstanceOf(SocksError)
        }
      }),
    )
  })
})
