import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CLASS, DnsFormatError, decodeQuery, encodeResponse, FLAG, RCODE, TYPE } from '../../../src/emulators/dns/codec.ts'

const label = fc.stringMatching(/^[a-z0-9-]{1,20}$/)
const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'))

describe('the DNS codec', () => {
  it('reads the question that it wrote', () => {
    fc.assert(
      fc.property(name, fc.integer({ min: 1, max: 65_535 }), fc.integer({ min: 0, max: 65_535 }), (asked, type, id) => {
        const question = { name: asked, type, class: CLASS.IN }
        const edns = { udpSize: 1232, dnssec: type % 2 === 0, options: [{ code: 10, bytes: Buffer.from('12345678') }] }
        const query = decodeQuery(encodeResponse({ id, flags: FLAG.RD, rcode: RCODE.NOERROR, question, edns }))
        expect(query).toMatchObject({ id, question, edns: { ...edns, version: 0 } })
      }),
    )
  })

  it('throws its own error and no other, in time that does not grow with the counts of a header', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 12, maxLength: 600 }), (bytes) => {
        const message = Buffer.from(bytes)
        try {
          decodeQuery(message)
        } catch (error) {
          expect(error).toBeInstanceOf(DnsFormatError)
        }
      }),
    )
    const lying = Buffer.from('0007010000010000ffffffff00', 'hex')
    const started = performance.now()
    for (let i = 0; i < 10_000; i++) expect(() => decodeQuery(lying)).toThrow(DnsFormatError)
    expect(performance.now() - started).toBeLessThan(2000)
  })

  it('leaves out what does not fit and says so, but not for what is only additional', () => {
    const record = (i: number) => ({ name: 'a.test', ttl: 60, data: { type: 'TXT' as const, text: `${i}`.repeat(100) } })
    const question = { name: 'a.test', type: TYPE.TXT, class: CLASS.IN }
    const base = { id: 1, flags: FLAG.QR, rcode: RCODE.NOERROR, question }
    const cut = encodeResponse({ ...base, answers: [0, 1, 2, 3, 4, 5].map(record) }, 512)
    expect(cut.length).toBeLessThanOrEqual(512)
    expect(cut.readUInt16BE(2) & FLAG.TC).toBe(FLAG.TC)
    expect(cut.readUInt16BE(6)).toBe(4)
    const whole = encodeResponse({ ...base, answers: [record(0)], additional: [1, 2, 3, 4, 5].map(record) }, 512)
    expect(whole.readUInt16BE(2) & FLAG.TC).toBe(0)
    expect(whole.readUInt16BE(10)).toBe(3)
  })
})
