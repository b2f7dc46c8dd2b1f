import { createCipheriv, createDiffieHellmanGroup, createHash, createHmac } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import { loadPersona } from '../../../src/config/personas.ts'
import { applianceOf } from '../../../src/emulators/cisco-asa/appliance.ts'
import {
  decodeIke,
  decodeSa,
  decodeSa2,
  encodeIke,
  IkeFormatError,
  type IkeMessage,
  PAYLOAD,
} from '../../../src/emulators/cisco-asa/ike/codec.ts'
import ciscoAsa from '../../../src/emulators/cisco-asa/index.ts'
import { type Playing, play } from '../../harness.ts'
import { MemoryHosts } from '../../http/memory-hosts.ts'
import { ask } from '../ntp/ask.ts'
import { aggressive, COOKIE, main, sa1, saInit } from './ike-messages.ts'

const identity = new Identity(Buffer.alloc(32, 7))
const asa = applianceOf(loadPersona('test/fixtures/prompts', 'plain', identity), identity, '9.8(2)')
let playing: Playing

beforeAll(async () => {
  playing = await play(ciscoAsa, { persona: 'plain', prompts: 'test/fixtures/prompts', identity, hosts: new MemoryHosts() })
})
beforeEach(() => {
  playing.events.length = 0
  COOKIE.writeUInt32BE(COOKIE.readUInt32BE(0) + 1)
})
afterAll(() => playing.stop())

/** @param quietMs how long an answer is waited for: less where none is to come */
async function exchange(request: Buffer, quietMs = 3_000): Promise<IkeMessage | undefined> {
  const [answer] = await ask(playing.port(1), request, { quietMs })
  return answer && decodeIke(answer)
}
const typesOf = (message: IkeMessage | undefined): number[] => message?.payloads.map(({ type }) => type) ?? []
const body = ({ payloads }: IkeMessage, type: number): Buffer => payloads.find((one) => one.type === type)?.body ?? Buffer.alloc(0)

describe('the codec', () => {
  it('reads back what it writes', () => {
    const bytes = fc.uint8Array({ maxLength: 60 }).map((part) => Buffer.from(part))
    const eight = fc.uint8Array({ minLength: 8, maxLength: 8 }).map((part) => Buffer.from(part))
    const payloads = fc.array(fc.record({ type: fc.integer({ min: 1, max: 40 }), body: bytes }), { maxLength: 8 })
    fc.assert(
      fc.property(eight, eight, payloads, fc.constantFrom(1, 2), (initiator, responder, payloads, major) => {
        const { next, ...message } = decodeIke(encodeIke({ initiator, responder, major, exchange: 2, flags: 0, id: 7, payloads }))
        expect([message, next]).toEqual([{ initiator, responder, major, exchange: 2, flags: 0, id: 7, payloads }, payloads[0]?.type ?? 0])
      }),
    )
  })

  it('throws nothing but its own error', () => {
    for (const decode of [decodeIke, decodeSa, decodeSa2])
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
          try {
            decode(Buffer.from(bytes))
          } catch (error) {
            expect(error).toBeInstanceOf(IkeFormatError)
          }
        }),
      )
  })
})

describe('main mode', () => {
  it('is answered with the offered transform and the vendor ids in the order of an ASA', async () => {
    const roomy = main([
      { type: PAYLOAD.sa, body: sa1() },
      { type: PAYLOAD.vendorId, body: Buffer.alloc(300, 1) },
    ])
    const answer = await exchange(roomy)
    expect(body(answer as IkeMessage, PAYLOAD.sa)).toEqual(sa1())
    const ids = (answer as IkeMessage).payloads
      .slice(1)
      .map((one) => one.body.toString('hex'))
      .join('')
    // nmap's ike-fingerprints: Cisco, PIX OS 7.1 or later
    expect(ids).toMatch(
      /^12f5f28c457168a9702d9fe274cc010009002689dfd6b7124048b7d56ebce88525e7de7f00d6c2d3c00000001f07f70eaa6514d3b0fa96542a....../,
    )
  })

  it('never gives a stranger more than it got', async () => {
    const [answer] = await ask(playing.port(1), main(), { quietMs: 3_000 })
    expect(answer?.length).toBeLessThanOrEqual(main().length)
    const [again] = await ask(playing.port(1), main(), { quietMs: 3_000 })
    expect(again).toEqual(answer)
  })

  it('goes on to the key exchange with who repeats our cookie', async () => {
    const first = (await exchange(main())) as IkeMessage
    const payloads = [
      { type: PAYLOAD.ke, body: Buffer.alloc(128, 3) },
      { type: PAYLOAD.nonce, body: Buffer.alloc(20, 4) },
    ]
    const wrong = encodeIke({ ...first, responder: Buffer.alloc(8, 1), payloads })
    expect(await exchange(wrong, 400)).toBeUndefined()
    const second = (await exchange(encodeIke({ ...first, payloads }))) as IkeMessage
    expect([typesOf(second).slice(0, 2), body(second, PAYLOAD.ke).length]).toEqual([[PAYLOAD.ke, PAYLOAD.nonce], 128])
  })

  it('refuses DES with a notification', async () => {
    const answer = (await exchange(main([{ type: PAYLOAD.sa, body: sa1(2, 1) }]))) as IkeMessage
    expect([answer.exchange, body(answer, PAYLOAD.notify).readUInt16BE(6)]).toEqual([5, 14])
  })

  it('speaks behind the marker on the port of NAT traversal, and is silent to ESP', async () => {
    const [answer] = await ask(playing.port(3), Buffer.concat([Buffer.alloc(4), main()]), { quietMs: 3_000 })
    expect(answer?.subarray(0, 4)).toEqual(Buffer.alloc(4))
    expect(decodeIke(answer?.subarray(4) as Buffer).exchange).toBe(2)
    expect(await ask(playing.port(3), main(), { quietMs: 100 })).toEqual([])
  })

  it('tells BENIGNCERTAIN by its oversized association', async () => {
    await exchange(main([{ type: PAYLOAD.sa, body: Buffer.concat([sa1(), Buffer.alloc(2_200)]) }]), 400)
    expect((await playing.seen('cisco-asa.ike')).tags).toContain('cve:CVE-2016-6415')
  })
})

describe('aggressive mode', () => {
  const dh = createDiffieHellmanGroup('modp2')
  dh.generateKeys()
  const ni = Buffer.alloc(20, 8)
  const group = asa.groups[0].group
  const psk = asa.pskOf(group)
  const hmac = (name: string, key: Buffer, ...parts: Buffer[]): Buffer => createHmac(name, key).update(Buffer.concat(parts)).digest()

  it.each([
    ['sha1', 2, 5400],
    ['md5', 1, 5300],
  ])('gives a hash of the group’s key with %s, as hashcat cracks it', async (name, hash, mode) => {
    const request = aggressive(group, dh.getPublicKey(), ni, hash)
    const answer = (await exchange(request)) as IkeMessage
    expect(typesOf(answer).slice(0, 5)).toEqual([PAYLOAD.sa, PAYLOAD.ke, PAYLOAD.nonce, PAYLOAD.id, PAYLOAD.hash])
    const skeyid = hmac(name, Buffer.from(psk), ni, body(answer, PAYLOAD.nonce))
    const expected = hmac(
      name,
      skeyid,
      body(answer, PAYLOAD.ke),
      dh.getPublicKey(),
      answer.responder,
      COOKIE,
      sa1(hash),
      body(answer, PAYLOAD.id),
    )
    expect(body(answer, PAYLOAD.hash)).toEqual(expected)
    const [event] = playing.data<{ group: string; given: { mode: number; line: string } }>('cisco-asa.ike')
    expect([event?.group, event?.given.mode]).toEqual([group, mode])
    expect(event?.given.line.split(':')).toEqual(
      [
        body(answer, PAYLOAD.ke),
        dh.getPublicKey(),
        answer.responder,
        COOKIE,
        sa1(hash),
        body(answer, PAYLOAD.id),
        ni,
        body(answer, PAYLOAD.nonce),
        expected,
      ].map((part) => part.toString('hex')),
    )
  })

  it('answers a group that there is not as one that there is: its hash is of a key that nobody has', async () => {
    const answer = (await exchange(aggressive('vpn', dh.getPublicKey(), ni))) as IkeMessage
    expect(typesOf(answer)).toEqual(typesOf(await exchange(aggressive(group, dh.getPublicKey(), ni))))
    expect(body(answer, PAYLOAD.hash)).toHaveLength(20)
    expect(playing.data('cisco-asa.ike')[0]).toMatchObject({ exchange: 'aggressive', group: 'vpn', given: { mode: 5400 } })
    expect(asa.pskOf('vpn')).toBe(asa.pskOf('another'))
    expect(asa.pskOf('vpn')).toMatch(/^[0-9a-f]{48}$/)
  })

  it.each(['clear', 'encrypted'])('knows the key in a proof that is %s, and writes another one down to be cracked', async (how) => {
    const request = aggressive(group, dh.getPublicKey(), ni)
    const answer = (await exchange(request)) as IkeMessage
    const idi = Buffer.concat([Buffer.of(11, 17, 1, 244), Buffer.from(group)])
    const prove = (key: string): Buffer => {
      const skeyid = hmac('sha1', Buffer.from(key), ni, body(answer, PAYLOAD.nonce))
      const hash = hmac('sha1', skeyid, dh.getPublicKey(), body(answer, PAYLOAD.ke), COOKIE, answer.responder, sa1(), idi)
      const facts = { initiator: COOKIE, responder: answer.responder, major: 1, exchange: 4, id: 0 }
      const plain = encodeIke({ ...facts, flags: 0, payloads: [{ type: PAYLOAD.hash, body: hash }] })
      if (how === 'clear') return plain
      const secret = dh.computeSecret(body(answer, PAYLOAD.ke))
      const padded = Buffer.concat([Buffer.alloc(128 - secret.length), secret])
      let last: Buffer = Buffer.alloc(0)
      for (const n of [0, 1, 2]) last = hmac('sha1', skeyid, last, padded, COOKIE, answer.responder, Buffer.of(n))
      const one = hmac('sha1', last, Buffer.of(0))
      const iv = createHash('sha1').update(dh.getPublicKey()).update(body(answer, PAYLOAD.ke)).digest().subarray(0, 8)
      const cipher = createCipheriv('des-ede3-cbc', Buffer.concat([one, hmac('sha1', last, one)]).subarray(0, 24), iv)
      const sealed = Buffer.concat([cipher.update(plain.subarray(28)), cipher.final()])
      const bytes = Buffer.concat([plain.subarray(0, 28), sealed])
      bytes[19] = 1
      bytes.writeUInt32BE(bytes.length, 24)
      return bytes
    }
    await exchange(prove('wrong'), 400)
    await exchange(prove(psk), 400)
    const logins = playing.data<{ hash?: { mode: number; line: string } }>('login')
    expect(logins).toMatchObject([
      { method: 'ike-psk', username: group, accepted: false },
      { username: group, password: psk, accepted: true },
    ])
    expect(logins[0]?.hash?.mode).toBe(how === 'clear' ? 5400 : undefined)
  })
})

describe('IKEv2', () => {
  it('is answered with one proposal, our half and a nonce when that is no more than what came', async () => {
    const request = saInit({ pad: 200 })
    const answer = (await exchange(request)) as IkeMessage
    expect([answer.flags, typesOf(answer).slice(0, 4)]).toEqual([0x20, [PAYLOAD.sa2, PAYLOAD.ke2, PAYLOAD.nonce2, PAYLOAD.vendorId2]])
    expect(decodeSa2(body(answer, PAYLOAD.sa2))).toEqual(decodeSa2(body(decodeIke(request), PAYLOAD.sa2)))
  })

  it('wants its cookie back before it gives more than it got', async () => {
    const asked = (await exchange(saInit())) as IkeMessage
    const notify = body(asked, PAYLOAD.notify2)
    expect([typesOf(asked), notify.readUInt16BE(2)]).toEqual([[PAYLOAD.notify2], 16390])
    const answer = (await exchange(saInit({ before: [{ type: PAYLOAD.notify2, body: notify }] }))) as IkeMessage
    expect(typesOf(answer).length).toBe(8)
    expect(playing.data<{ answered: string }>('cisco-asa.ike').map(({ answered }) => answered)).toEqual(['cookie', 'sa'])
  })

  it('says which group it wants, and that it has no such cipher', async () => {
    const group = body((await exchange(saInit({ ke: Buffer.alloc(10) }))) as IkeMessage, PAYLOAD.notify2)
    expect([group.readUInt16BE(2), group.readUInt16BE(4)]).toEqual([17, 2])
    expect(body((await exchange(saInit({ cipher: 20 }))) as IkeMessage, PAYLOAD.notify2).readUInt16BE(2)).toBe(14)
  })
})

describe('fragments', () => {
  it('are written down, and one that is too short is CVE-2016-1287', async () => {
    const fragment = (content: Buffer): Buffer =>
      encodeIke({
        initiator: COOKIE,
        responder: Buffer.alloc(8),
        major: 2,
        exchange: 35,
        flags: 8,
        id: 1,
        payloads: [{ type: PAYLOAD.ciscoFragment, body: content }],
      })
    await exchange(fragment(Buffer.concat([Buffer.from('00050201', 'hex'), Buffer.from('part')])), 400)
    await exchange(fragment(Buffer.of(0, 5)), 400)
    expect(playing.data('cisco-asa.fragment')).toMatchObject([
      { version: 2, id: 5, sequence: 2, last: true, length: 12, bytes: 'part' },
      { id: 5, length: 6 },
    ])
    const tags = playing.events.filter(({ type }) => type === 'cisco-asa.fragment').map((event) => event.tags ?? [])
    expect([tags[0], tags[1]]).toEqual([[], expect.arrayContaining(['cve:CVE-2016-1287'])])
  })
})
