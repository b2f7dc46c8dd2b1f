import { createSocket } from 'node:dgram'
import fc from 'fast-check'
import memjs from 'memjs'
import { afterEach, describe, expect, it } from 'vitest'
import {
  decodeHeader,
  decodeUdp,
  encodeRequest,
  encodeUdp,
  MemcachedFormatError,
  splitBody,
} from '../../../src/emulators/memcached/codec.ts'
import memcached from '../../../src/emulators/memcached/index.ts'
import { type Playing, play } from '../../harness.ts'

let playing: Playing
afterEach(() => playing?.stop())

async function serve(settings: Record<string, unknown> = {}): Promise<void> {
  playing = await play(memcached, { persona: 'plain', prompts: 'test/fixtures/prompts', settings: { listen: { offset: 0 }, ...settings } })
}

describe('the codec', () => {
  const bytes = (max: number) => fc.uint8Array({ maxLength: max }).map((b) => Buffer.from(b))

  it('reads what a client writes', () => {
    const request = fc.record({
      opcode: fc.nat(255),
      opaque: fc.nat(),
      cas: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      extras: bytes(20),
      key: bytes(250),
      value: bytes(100),
    })
    fc.assert(
      fc.property(request, (message) => {
        const packet = encodeRequest(message)
        expect(splitBody(decodeHeader(packet.subarray(0, 24)), packet.subarray(24))).toMatchObject(message)
      }),
    )
    fc.assert(
      fc.property(fc.nat(65_535), bytes(300), (requestId, payload) => {
        expect(decodeUdp(encodeUdp({ requestId, sequence: 0, datagrams: 1, payload }))).toEqual({
          requestId,
          sequence: 0,
          datagrams: 1,
          payload,
        })
      }),
    )
  })

  it('throws nothing but its own error', () => {
    fc.assert(
      fc.property(bytes(60), (input) => {
        for (const decode of [decodeHeader, decodeUdp]) {
          try {
            decode(input)
          } catch (error) {
            expect(error).toBeInstanceOf(MemcachedFormatError)
          }
        }
      }),
    )
  })
})

describe('a driver', () => {
  it('stores, reads, counts and deletes over the binary protocol', async () => {
    await serve()
    const client = memjs.Client.create(`127.0.0.1:${playing.port()}`, { retries: 0 })
    try {
      await client.set('greeting', 'hello', { expires: 60 })
      expect((await client.get('greeting')).value?.toString()).toBe('hello')
      expect(await client.increment('n', 2, { initial: 40 })).toMatchObject({ success: true })
      expect(await client.increment('n', 2, { initial: 0 })).toMatchObject({ value: 42 })
      expect(await client.delete('greeting')).toBe(true)
      expect((await client.get('greeting')).value).toBeNull()
    } finally {
      client.close()
    }
  })
})

describe('an attacker', () => {
  it('finds what an application keeps there, by cachedump and by metadump', async () => {
    await serve()
    const dump = (await playing.exchange('lru_crawler metadump all\r\n', { end: true })).toString()
    const keys = [...dump.matchAll(/^key=(\S+)/gm)].map((match) => decodeURIComponent(match[1] as string))
    const session = keys.find((key) => key.startsWith('sess_'))
    expect(keys.length).toBeGreaterThan(20)
    expect((await playing.exchange(`get ${session}\r\n`, { end: true })).toString()).toContain('user_id|i:')
    const [, slab] = /items:(\d+):number/.exec((await playing.exchange('stats items\r\n', { end: true })).toString()) ?? []
    expect((await playing.exchange(`stats cachedump ${slab} 5\r\n`, { end: true })).toString()).toMatch(/^ITEM \S+ \[\d+ b; 0 s\]\r\n/)
  })

  it('leaves a note of ransom that is kept, with what it points at', async () => {
    await serve()
    const note = 'send BTC to 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa or else!'
    await playing.exchange(`flush_all\r\nset warning 0 0 ${note.length}\r\n${note}\r\n`, { end: true })
    expect(playing.data('memcached.command').map((command) => command.name)).toEqual(['flush_all', 'set'])
    expect(playing.data('artifact')).toMatchObject([{ how: 'memcached.set', name: 'warning', size: note.length }])
    expect(playing.data('indicator')).toMatchObject([{ kind: 'wallet', value: '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa' }])
  })
})

describe('over UDP', () => {
  async function ask(payload: string): Promise<Buffer | undefined> {
    const socket = createSocket('udp4')
    try {
      const answered = new Promise<Buffer | undefined>((resolve) => {
        const timer = setTimeout(() => resolve(undefined), 300)
        socket.once('message', (bytes) => {
          clearTimeout(timer)
          resolve(bytes)
        })
      })
      socket.send(encodeUdp({ requestId: 7, sequence: 0, datagrams: 1, payload: Buffer.from(payload) }), playing.port(1), '127.0.0.1')
      return await answered
    } finally {
      socket.close()
    }
  }

  it('answers a request in its frame', async () => {
    await serve()
    expect((await ask('version\r\n'))?.toString('latin1')).toBe('\0\x07\0\0\0\x01\0\0VERSION 1.6.18\r\n')
  })

  it('gives 200 bytes of two thousand, says how many datagrams it would be, and then falls silent', async () => {
    await serve({ udp: { governLoopback: true } })
    const answers: (Buffer | undefined)[] = []
    for (let i = 0; i < 12; i++) answers.push(await ask('stats\r\n'))
    const [first] = answers
    expect(first?.length).toBe(200)
    expect(first?.readUInt16BE(4)).toBe(2)
    expect(answers.at(-1)).toBeUndefined()
    expect(playing.data('memcached.udp-request')[0]).toMatchObject({ name: 'stats\r\n' })
    expect(playing.events.find((event) => event.type === 'memcached.udp-request')?.tags).toContain('cve:CVE-2018-1000115')
  })

  it('says nothing to a datagram without its frame', async () => {
    await serve()
    const socket = createSocket('udp4')
    socket.send('version\r\n', playing.port(1), '127.0.0.1')
    expect((await playing.seen('memcached.udp-request')).data).toMatchObject({ isWellFormed: false })
    socket.close()
  })
})
