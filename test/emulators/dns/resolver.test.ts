import { createSocket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import { CLASS, encodeResponse, FLAG, RCODE, TYPE } from '../../../src/emulators/dns/codec.ts'
import dns from '../../../src/emulators/dns/index.ts'
import { Recursion } from '../../../src/emulators/dns/recursion.ts'
import { type Playing, play } from '../../harness.ts'

let playing: Playing
let resolver: Resolver
beforeAll(async () => {
  playing = await play(dns, { persona: 'debian-web', settings: { udp: { governLoopback: false } } })
  resolver = new Resolver({ timeout: 2000, tries: 1 })
  resolver.setServers([`127.0.0.1:${playing.port()}`])
})
afterAll(() => playing.stop())

describe('a resolver that anybody may ask', () => {
  it('knows an address for every name that somebody may have, the same each time, and it is nobody’s', async () => {
    const [first] = await resolver.resolve4('www.example.com')
    expect(first).toMatch(/^(198\.51\.100|203\.0\.113)\.\d+$/)
    expect(await resolver.resolve4('www.example.com')).toEqual([first])
    expect(await resolver.resolveMx('example.co.uk')).toMatchObject([{ exchange: 'mail.example.co.uk', priority: 10 }])
  })

  it('has nothing for names that nobody would have', async () => {
    await expect(resolver.resolve4('host.nosuchtld')).rejects.toMatchObject({ code: 'ENOTFOUND' })
    await expect(resolver.resolve4('x7f93kq0zt2b.example.com')).rejects.toMatchObject({ code: 'ENOTFOUND' })
  })

  it('counts the time to live down, and answers who wants no recursion from what was asked before', () => {
    const recursion = new Recursion(new Identity(Buffer.alloc(32, 7)), [])
    const question = { name: 'news.example.org', type: TYPE.A, class: CLASS.IN }
    expect(recursion.cached(question, 1e12)).toBeUndefined()
    const ttl = recursion.answer(question, 1e12).answers[0]!.ttl
    expect(recursion.answer(question, 1e12 + 5000).answers[0]!.ttl).toBe(ttl - 5)
    expect(recursion.cached(question, 1e12 + 6000)?.answers[0]?.ttl).toBe(ttl - 6)
    expect(recursion.answer(question, 1e12 + ttl * 1000 + 1).answers[0]!.ttl).toBe(ttl)
  })

  it('gives its zone away over TCP, and writes it down as such', async () => {
    const question = { name: 'tarnholt-weir.internal', type: TYPE.AXFR, class: CLASS.IN }
    const message = encodeResponse({ id: 9, flags: 0, rcode: RCODE.NOERROR, question })
    const framed = Buffer.concat([Buffer.from([0, message.length]), message])
    const reply = await playing.exchange(framed, { port: playing.port(1) })
    expect(reply.readUInt16BE(0)).toBe(reply.length - 2)
    expect(reply.readUInt16BE(8)).toBeGreaterThan(7)
    expect((await playing.seen('dns.query')).transport).toBeDefined()
    expect(playing.events.find(({ type, tags }) => type === 'dns.query' && tags?.includes('attack:T1590.002'))).toBeDefined()
  })

  it('says in 512 bytes that there would be more, and counts what others would have sent', async () => {
    const question = { name: 'isc.org', type: TYPE.ANY, class: CLASS.IN }
    const edns = { udpSize: 4096, dnssec: true, options: [] }
    const request = encodeResponse({ id: 8, flags: FLAG.RD, rcode: RCODE.NOERROR, question, edns })
    const socket = createSocket('udp4')
    socket.send(request, playing.port(), '127.0.0.1')
    const [reply] = (await once(socket, 'message')) as [Buffer]
    socket.close()
    expect(reply.length).toBeLessThanOrEqual(512)
    expect(reply.readUInt16BE(2) & FLAG.TC).toBe(FLAG.TC)
    const whole = await playing.exchange(Buffer.concat([Buffer.from([0, request.length]), request]), { port: playing.port(1) })
    expect([whole.length > 902, whole.length <= 4098, whole.readUInt16BE(4) & FLAG.TC]).toEqual([true, true, 0])
    const asked = playing.data<{ vector: string; potentialBytes: number }>('dns.query').find(({ vector }) => vector === 'any')
    expect(asked?.potentialBytes).toBeGreaterThan(900)
  })
})
