import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteQueue } from '../../src/sensor/byte-queue.ts'

describe('a byte queue', () => {
  it('gives the bytes back in order, however they came and however they are taken', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 })), fc.array(fc.nat(30)), (chunks, cuts) => {
        const queue = new ByteQueue()
        for (const chunk of chunks) queue.push(Buffer.from(chunk))
        const whole = Buffer.concat(chunks)
        const taken: Buffer[] = []
        for (const cut of cuts) {
          const n = Math.min(cut, queue.length)
          expect(queue.peek(n)).toEqual(whole.subarray(whole.length - queue.length, whole.length - queue.length + n))
          taken.push(queue.take(n))
        }
        taken.push(queue.takeAll())
        expect(Buffer.concat(taken).equals(whole)).toBe(true)
        expect(queue.length).toBe(0)
      }),
    )
  })

  it('finds a mark across chunks', () => {
    const queue = new ByteQueue()
    for (const byte of 'ab\r\ncd') queue.push(Buffer.from(byte))
    expect(queue.indexOf(Buffer.from('\r\n'))).toBe(2)
    expect(queue.indexOf(Buffer.from('\r\n'), 3)).toBe(-1)
  })

  it('does not give what it does not have', () => {
    expect(() => new ByteQueue().take(1)).toThrow(RangeError)
  })
})
