import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeAsdu, decodeTime, encodeAsdus, encodeTime } from '../../../src/emulators/iec104/asdu.ts'
import { decodeFrame, encodeFrame, Iec104Error } from '../../../src/emulators/iec104/frame.ts'

describe('the codec', () => {
  it('reads back frames and ASDUs, and throws nothing but its own error', () => {
    const bytes = fc.uint8Array({ maxLength: 60 }).map((b) => Buffer.from(b))
    fc.assert(
      fc.property(fc.nat(32_767), fc.nat(32_767), bytes, bytes, (send, receive, asdu, noise) => {
        const frame = { kind: 'I' as const, send, receive, asdu }
        expect(decodeFrame(encodeFrame(frame).subarray(2))).toEqual(frame)
        for (const decode of [decodeFrame, decodeAsdu]) {
          try {
            decode(noise)
          } catch (error) {
            expect(error).toBeInstanceOf(Iec104Error)
          }
        }
      }),
    )
  })

  it('cuts many objects into ASDUs that fit, and writes times as they are read', () => {
    const objects = Array.from({ length: 100 }, (_, i) => ({ address: i + 1, elements: Buffer.alloc(5) }))
    const asdus = encodeAsdus(13, 20, 7, objects)
    expect(asdus.map((one) => one[1])).toEqual([30, 30, 30, 10])
    expect(Math.max(...asdus.map((one) => one.length))).toBeLessThanOrEqual(249)
    const at = Date.UTC(2026, 10, 24, 9, 30, 15, 250)
    expect(decodeTime(encodeTime(at))).toBe(at)
  })
})
