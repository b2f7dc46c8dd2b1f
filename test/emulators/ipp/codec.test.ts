import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBrowsePacket, encodeBrowsePacket } from '../../../src/emulators/ipp/browse-packet.ts'
import { decodeMessage, encodeMessage, type IppAttribute, IppFormatError, type IppValue, TAG } from '../../../src/emulators/ipp/codec.ts'

const name = fc.stringMatching(/^[a-z][a-z-]{0,30}$/)
const plain: fc.Arbitrary<IppValue> = fc.record({
  tag: fc.constantFrom(TAG.integer, TAG.boolean, TAG.text, TAG.keyword, TAG.uri, TAG.noValue, TAG.resolution, TAG.range),
  bytes: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
})
const { attribute: attributes } = fc.letrec<{ attribute: IppAttribute; value: IppValue }>((tie) => ({
  attribute: fc.record({ name, values: fc.array(tie('value'), { minLength: 1, maxLength: 3 }) }),
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    plain,
    fc.record({ tag: fc.constant(TAG.begCollection), members: fc.array(tie('attribute'), { maxLength: 3 }) }),
  ),
}))
const messages = fc.record({
  version: fc.record({ major: fc.integer({ min: 0, max: 255 }), minor: fc.integer({ min: 0, max: 255 }) }),
  code: fc.integer({ min: 0, max: 0xffff }),
  requestId: fc.integer(),
  groups: fc.array(fc.record({ tag: fc.constantFrom(1, 2, 4, 5, 6), attributes: fc.array(attributes, { maxLength: 4 }) }), {
    maxLength: 3,
  }),
  data: fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
})

describe('an IPP message', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(messages, (message) => {
        expect(decodeMessage(encodeMessage(message))).toEqual(message)
      }),
    )
  })

  it('that is cut or changed is a format error or another message', () => {
    fc.assert(
      fc.property(messages, fc.nat(), fc.nat(255), (message, at, byte) => {
        const bytes = encodeMessage(message)
        const changed = Buffer.from(bytes)
        changed[at % bytes.length] = byte
        for (const wrong of [bytes.subarray(0, at % bytes.length), changed]) {
          try {
            decodeMessage(wrong)
          } catch (error) {
            expect(error).toBeInstanceOf(IppFormatError)
          }
        }
      }),
    )
  })

  it('with collections a thousand deep is a format error', () => {
    const begin = Buffer.from('34000000004a00000001' + '61', 'hex')
    const bytes = Buffer.concat([
      Buffer.from('0200000b0000000101', 'hex'),
      Buffer.from('3400016100004a0000000161', 'hex'),
      ...Array<Buffer>(1000).fill(begin),
    ])
    expect(() => decodeMessage(bytes)).toThrow(IppFormatError)
  })
})

describe('a browsing packet', () => {
  it('is read back as it was written', () => {
    const text = fc.string({ unit: fc.constantFrom(...'azAZ09_ .-'), maxLength: 40 })
    fc.assert(
      fc.property(
        fc.stringMatching(/^[0-9a-f]{1,6}$/),
        fc.stringMatching(/^[0-9]$/),
        fc.webUrl(),
        text,
        text,
        text,
        (type, state, uri, location, info, makeAndModel) => {
          const packet = { type, state, uri, location, info, makeAndModel }
          expect(decodeBrowsePacket(encodeBrowsePacket(packet))).toEqual(packet)
        },
      ),
    )
  })

  it('of any other bytes is none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) =>
        [true, false].includes(decodeBrowsePacket(Buffer.from(bytes)) === undefined),
      ),
    )
  })
})
