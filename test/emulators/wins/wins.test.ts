import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { encodeMessage, encodeStart, parseMessage, parseStart, TYPE, WinsError } from '../../../src/emulators/wins/codec.ts'
import wins from '../../../src/emulators/wins/index.ts'
import { type Playing, play } from '../../harness.ts'

let playing: Playing
beforeAll(async () => {
  playing = await play(wins, { persona: 'debian-web' })
})
afterAll(() => playing.stop())

const start = encodeMessage({
  association: 0,
  type: TYPE.START_REQUEST,
  body: encodeStart({ association: 0x11223344, major: 2, minor: 5 }),
})
const replication = (body: Buffer): Buffer => encodeMessage({ association: 1, type: TYPE.REPLICATION, body })

it('associates: version 2.5, the partner’s own handle, one of ours', async () => {
  const answer = await playing.exchange(start)
  const { association, type, body } = parseMessage(answer.subarray(4))
  expect({ association, type, length: answer.readUInt32BE() }).toEqual({ association: 0x11223344, type: TYPE.START_RESPONSE, length: 41 })
  expect(parseStart(body)).toMatchObject({ major: 2, minor: 5 })
  expect(playing.data('wins.association').at(-1)).toEqual({ association: 0x11223344, major: 2, minor: 5 })
})

it('owns records, and gives none away', async () => {
  const map = await playing.exchange(Buffer.concat([start, replication(Buffer.alloc(4))]))
  const owners = parseMessage(map.subarray(45 + 4)).body
  expect(owners.readUInt32BE(0)).toBe(1)
  expect(owners.readUInt32BE(4)).toBe(1)
  expect([...owners.subarray(8, 12)]).toEqual([127, 0, 0, 1])
  const records = await playing.exchange(Buffer.concat([start, replication(Buffer.from([0, 0, 0, 2, ...Buffer.alloc(24)]))]))
  expect(parseMessage(records.subarray(45 + 4)).body.toString('hex')).toBe('0000000300000000')
  expect(playing.data('wins.replication').map(({ operation }) => operation)).toEqual(['owner-version-map-request', 'name-records-request'])
})

it('keeps what is too long for a request', async () => {
  await playing.exchange(Buffer.concat([start, replication(Buffer.alloc(1500, 0x90))]))
  expect(playing.data('artifact').at(-1)).toMatchObject({ how: 'wins.message', size: 1500 })
})

it('says nothing to what is no message of WINS', async () => {
  expect(await playing.exchange('GET / HTTP/1.0\r\n\r\n')).toHaveLength(0)
  await playing.seen('wins.protocol-error')
})

it('the codec throws nothing but its own error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        parseStart(parseMessage(Buffer.from(bytes)).body)
      } catch (error) {
        expect(error).toBeInstanceOf(WinsError)
      }
    }),
  )
})

it('an SMB greeting is answered so that nmap knows Windows WINS', async () => {
  const playing = await play(wins)
  try {
    const reply = await playing.exchange(Buffer.concat([Buffer.from('000000a4ff534d4272', 'hex'), Buffer.alloc(0xa4 - 5)]))
    expect(reply.toString('latin1')).toMatch(/^\0\0\0\x1e\xffS\xad\x80\0\0\0\x01\0{11}[\s\S]{3}\0\0\x01\0\0\x81\0\x02$/)
  } finally {
    await playing.stop()
  }
})
