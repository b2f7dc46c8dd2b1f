import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { encapsulate } from '../../src/ssh/transport/sntrup761.ts'
import { Umac } from '../../src/ssh/transport/umac.ts'

// Answers of OpenSSH 9.2p1's own umac.c and sntrup761.c, built for this with a fixed source of randomness.
function knownAnswers<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`known-answers/${name}.json`, import.meta.url), 'utf8')) as T
}

/** The linear congruential generator that the answers were made with. */
function generator(seed: number): (n: number) => Buffer {
  let state = seed
  return (n) =>
    Buffer.from(
      Array.from({ length: n }, () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0
        return state >>> 24
      }),
    )
}

describe('UMAC', () => {
  const key = Buffer.from(Array.from({ length: 16 }, (_, i) => (i * 7 + 1) & 255))
  const message = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 31 + (i >> 8)) & 255))
  const answers = knownAnswers<Record<string, { bytes: number; nonce: number; tag: string }[]>>('umac')

  it.each([
    ['umac-64', 8],
    ['umac-128', 16],
  ] as const)('%s gives the tags of OpenSSH for messages below, at and above one block', (name, tagBytes) => {
    const umac = new Umac(key, tagBytes)
    for (const { bytes, nonce, tag } of answers[name]!) expect(umac.tag(message.subarray(0, bytes), nonce).toString('hex')).toBe(tag)
  })
})

describe('sntrup761', () => {
  it('hides the same key in the same ciphertext as OpenSSH does', () => {
    for (const { seed, publicKey, ciphertext, key } of knownAnswers<Record<string, string>[]>('sntrup761')) {
      const hidden = encapsulate(Buffer.from(publicKey!, 'hex'), generator(Number(seed)))
      expect(hidden.ciphertext.toString('hex')).toBe(ciphertext)
      expect(hidden.key.toString('hex')).toBe(key)
    }
  })

  it('takes any bytes of the right length for a public key', () => {
    expect(encapsulate(Buffer.alloc(1158, 255)).ciphertext).toHaveLength(1039)
    expect(() => encapsulate(Buffer.alloc(1157))).toThrow(RangeError)
  })
})
