import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  encodeLength,
  encodePublish,
  MqttError,
  parseAcknowledged,
  parseConnect,
  parseProtocol,
  parsePublish,
  parseSubscribe,
  parseUnsubscribe,
} from '../../../src/emulators/mqtt/codec.ts'
import { covers, isTopicFilter, isTopicName, sharedFilter } from '../../../src/emulators/mqtt/topics.ts'

describe('the codec', () => {
  it('reads back what it wrote', () => {
    const text = fc.stringMatching(/^[a-z/]{1,40}$/).map((s) => Buffer.from(s))
    const payload = fc.uint8Array({ maxLength: 300 }).map((b) => Buffer.from(b))
    const id = fc.integer({ min: 1, max: 65535 })
    fc.assert(
      fc.property(
        text,
        payload,
        fc.integer({ min: 0, max: 2 }),
        fc.boolean(),
        id,
        fc.constantFrom(4, 5) as fc.Arbitrary<4 | 5>,
        (topic, bytes, qos, retain, n, level) => {
          const packet = encodePublish({ topic, payload: bytes, qos, retain, id: n }, level)
          let at = 1
          while (packet[at]! & 0x80) at++
          const read = parsePublish(packet[0]! & 15, packet.subarray(at + 1), level)
          expect(read).toMatchObject({ topic, payload: bytes, qos, retain, id: qos ? n : 0 })
        },
      ),
    )
  })

  it('throws nothing but its own error, whatever comes', () => {
    const readers = [
      (b: Buffer) => parseProtocol(b),
      (b: Buffer) => parseConnect(b),
      (b: Buffer) => parseConnect(Buffer.concat([Buffer.from('00044d51545405', 'hex'), b])),
      (b: Buffer) => parsePublish(2, b, 5),
      (b: Buffer) => parseSubscribe(2, b, 5),
      (b: Buffer) => parseUnsubscribe(2, b, 4),
      (b: Buffer) => parseAcknowledged(b),
    ]
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.constantFrom(...readers), (bytes, read) => {
        try {
          read(Buffer.from(bytes))
        } catch (error) {
          expect(error).toBeInstanceOf(MqttError)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('writes lengths of one to four bytes', () => {
    expect([0, 127, 128, 16_383, 16_384, 268_435_455].map((n) => encodeLength(n).toString('hex'))).toEqual([
      '00',
      '7f',
      '8001',
      'ff7f',
      '808001',
      'ffffff7f',
    ])
  })
})

describe('topics', () => {
  it.each([
    ['#', 'a/b', true],
    ['a/#', 'a', true],
    ['a/+', 'a/b', true],
    ['a/+', 'a/b/c', false],
    ['+/b', '/b', true],
    ['#', '$SYS/broker/version', false],
    ['$SYS/#', '$SYS/broker/version', true],
    ['a', 'a/b', false],
  ])('%s covers %s: %s', (filter, topic, expected) => expect(covers(filter, topic)).toBe(expected))

  it('knows names and filters from what is none', () => {
    expect(['a/#/b', 'a#', '', '#', '+/+', 'a+'].map(isTopicFilter)).toEqual([false, false, false, true, true, false])
    expect(['a', 'a/+', '', '/', 'a/'.repeat(201)].map(isTopicName)).toEqual([true, false, false, true, false])
    expect(sharedFilter('$share/g/a/#')).toBe('a/#')
  })
})
