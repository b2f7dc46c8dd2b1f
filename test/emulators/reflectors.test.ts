import { createSocket, type Socket } from 'node:dgram'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AMPLIFIED } from '../../bench/reflection-requests.ts'
import chargen from '../../src/emulators/chargen/index.ts'
import coap from '../../src/emulators/coap/index.ts'
import { CLASS, encodeResponse, FLAG, RCODE, TYPE } from '../../src/emulators/dns/codec.ts'
import dns from '../../src/emulators/dns/index.ts'
import ldap from '../../src/emulators/ldap/index.ts'
import memcached from '../../src/emulators/memcached/index.ts'
import ntp from '../../src/emulators/ntp/index.ts'
import sip from '../../src/emulators/sip/index.ts'
import upnp from '../../src/emulators/upnp/index.ts'
import { type Playing, play } from '../harness.ts'

const query = (name: string, type: number): Buffer =>
  encodeResponse({
    id: 7,
    flags: FLAG.RD,
    rcode: RCODE.NOERROR,
    question: { name, type, class: CLASS.IN },
    edns: { udpSize: 4096, dnssec: true, options: [] },
  })

/** What is asked of each lure, the word for it in the record, and how many times its bytes a server without a governor sends. */
const VECTORS: readonly [lure: string, request: string, bytes: Buffer, amplification: [least: number, most: number]][] = [
  ['ntp', 'MON_GETLIST_1', AMPLIFIED.ntp!, [5500, 5500]],
  ['ntp', 'READVAR', Buffer.from('160200010000000000000000', 'hex'), [20, 60]],
  ['ntp', 'time', Buffer.concat([Buffer.from([0x23]), Buffer.alloc(47, 1)]), [1, 1]],
  ['dns', 'any', query('isc.org', TYPE.ANY), [20, 60]],
  ['dns', 'keys', query('isc.org', TYPE.DNSKEY), [10, 60]],
  ['dns', 'random-label', query('x7f93kq0zt2b.example.com', TYPE.A), [1, 5]],
  ['upnp', 'ssdp:all', AMPLIFIED.upnp!, [30, 100]],
  ['chargen', 'characters', AMPLIFIED.chargen!, [1024, 1024]],
  ['ldap', 'rootDSE', AMPLIFIED.ldap!, [10, 100]],
  ['memcached', 'amplified', AMPLIFIED.memcached!, [50, 300]],
  ['coap', 'GET', AMPLIFIED.coap!, [4, 30]],
  ['sip', 'OPTIONS', AMPLIFIED.sip!, [0, 1.5]],
]
const PACKETS = 60

let playing: Playing
const sockets: Socket[] = []
beforeAll(async () => {
  const beside = [chargen, coap, dns, ldap, memcached, sip, upnp]
  // All answers together are bounded by the second: test/sensor/reply-governor.test.ts.
  const udp = { governLoopback: true, totalAnswersPerSecond: 1000, totalBytesPerSecond: 1_000_000 }
  playing = await play(ntp, { persona: 'openwrt-router', beside, settings: { udp } })
})
afterAll(async () => {
  for (const socket of sockets) socket.close()
  await playing.stop()
})

/** A victim: in its name requests are sent, and it counts what it gets. */
async function victim(address: string): Promise<{ send: (lure: string, bytes: Buffer) => void; got: Buffer[] }> {
  const socket = createSocket('udp4')
  sockets.push(socket)
  const got: Buffer[] = []
  socket.on('message', (bytes) => got.push(bytes))
  await new Promise<void>((resolve) => socket.bind(0, address, resolve))
  const ports = playing.sensor.ports().filter(({ transport }) => transport === 'udp')
  return { got, send: (lure, bytes) => socket.send(bytes, ports.find((row) => row.lure === lure)!.port, '127.0.0.1') }
}

describe('a spoofed flood', () => {
  it.each(
    VECTORS.map((vector, i) => [vector[0], vector[1], i] as const),
  )('of %s, %s: three answers at most, two of them large', async (lure, request, i) => {
    const [, , bytes] = VECTORS[i]!
    const address = `127.20.${i}.9`
    const { send, got } = await victim(address)
    for (let n = 0; n < PACKETS; n++) {
      send(lure, bytes)
      await new Promise(setImmediate)
    }
    await expect
      .poll(() => playing.data('flood.start'), { timeout: 5000 })
      .toContainEqual(expect.objectContaining({ victim: address, vector: lure, request }))
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(got.length).toBeLessThanOrEqual(3)
    if (lure !== 'sip') expect(got.length).toBeGreaterThan(0)
    for (const large of got.slice(2)) expect(large.length).toBeLessThanOrEqual(3 * bytes.length)
  })

  it('over every lure at once is still one source: three answers in all', async () => {
    const { send, got } = await victim('127.21.1.9')
    for (const [lure, , bytes] of VECTORS) send(lure, bytes)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(got.length).toBeGreaterThan(0)
    expect(got.length).toBeLessThanOrEqual(3)
  })

  it('over two protocols is one attack on its victim', async () => {
    const { send } = await victim('127.22.1.9')
    for (let n = 0; n < 25; n++) for (const lure of ['ntp', 'chargen']) send(lure, AMPLIFIED[lure]!)
    const starts = () => playing.data<{ victim: string; attack: string }>('flood.start')
    await expect.poll(() => starts().filter(({ victim }) => victim === '127.22.1.9').length, { timeout: 5000 }).toBe(2)
    const idsOf = (wanted: (victim: string) => boolean) =>
      new Set(starts().flatMap(({ victim, attack }) => (wanted(victim) ? [attack] : [])))
    expect(idsOf((victim) => victim === '127.22.1.9').size).toBe(1)
    expect(idsOf(() => true).size).toBe(VECTORS.length + 1)
  })

  it('is one attack in the record, with its victim, vector, rate and what it was after', async () => {
    await playing.stop()
    expect(playing.data('lure.fault')).toEqual([])
    for (const [i, [lure, request, bytes, [least, most]]] of VECTORS.entries()) {
      const ends = playing.data<{ victim: string; amplification: number }>('flood.end').filter(({ victim }) => victim === `127.20.${i}.9`)
      expect(ends).toMatchObject([
        { vector: lure, request, packets: PACKETS, bytes: PACKETS * bytes.length, perSecond: expect.any(Number) },
      ])
      expect([request, ends[0]!.amplification]).toEqual([request, expect.toSatisfy((times: number) => times >= least && times <= most)])
    }
  })
})
