import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  encodeMessage,
  encodeResult,
  OP,
  parseBind,
  parseCompare,
  parseExtended,
  parseMessage,
  parsePage,
  parseSearch,
  parseWrite,
} from '../../../src/emulators/ldap/codec.ts'
import { firstValue, isUnder, parseDn } from '../../../src/emulators/ldap/dn.ts'
import { filterText, parseFilter } from '../../../src/emulators/ldap/filter.ts'
import { BerError, BerReader, encodeElement, encodeOctets } from '../../../src/sensor/ber.ts'

describe('the codec', () => {
  it('reads back the frame that it wrote', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), fc.string(), fc.integer({ min: 0, max: 120 }), (id, text, code) => {
        const message = parseMessage(new BerReader(encodeMessage(id, encodeResult(OP.done, { code, text }))).take(0x30))
        expect([message.id, message.op]).toEqual([id, OP.done])
        const fields = new BerReader(message.content)
        expect([fields.take(0x0a).readUInt8(), String(fields.take(4)), String(fields.take(4))]).toEqual([code, '', text])
      }),
    )
  })

  it('throws nothing but its own error, whatever comes', () => {
    const readers = [parseMessage, parseBind, parseSearch, parseCompare, parseExtended, parsePage, (b: Buffer) => parseWrite(OP.modify, b)]
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.array(fc.constantFrom(0x30, 2, 4, 0x0a, 1, 0xa0, 0x84, 0, 3), { maxLength: 60 }).map((a) => Uint8Array.from(a)),
    )
    fc.assert(
      fc.property(bytes, fc.constantFrom(...readers), (given, read) => {
        try {
          read(Buffer.from(given))
        } catch (error) {
          expect(error).toBeInstanceOf(BerError)
        }
      }),
      { numRuns: 3000 },
    )
  })

  it('refuses a filter that is too deep', () => {
    let filter = encodeElement(0x87, Buffer.from('cn'))
    for (let i = 0; i < 100; i++) filter = encodeElement(0xa2, filter)
    expect(() => parseFilter(new BerReader(filter).any())).toThrow(BerError)
  })
})

describe('filters and names', () => {
  it('writes a filter as people do', () => {
    const equal = encodeElement(0xa3, Buffer.concat([encodeOctets('cn'), encodeOctets('a*\0')]))
    const part = encodeElement(
      0xa4,
      Buffer.concat([
        encodeOctets('sn'),
        encodeElement(0x30, Buffer.concat([encodeElement(0x80, Buffer.from('x')), encodeElement(0x82, Buffer.from('y'))])),
      ]),
    )
    const both = encodeElement(0xa0, Buffer.concat([equal, encodeElement(0xa2, part)]))
    expect(filterText(parseFilter(new BerReader(both).any()))).toBe('(&(cn=a\\2a\\00)(!(sn=x*y)))')
  })

  it.each([
    ['uid=Maris , OU=People,dc=x', ['uid=maris', 'ou=people', 'dc=x']],
    ['cn=a\\,b,dc=x', ['cn=a,b', 'dc=x']],
    ['cn=a\\2cb,dc=x', ['cn=a,b', 'dc=x']],
    ['', []],
    ['nonsense', undefined],
    ['cn=', undefined],
    ['${jndi:ldap://x/a}', undefined],
  ])('%s', (text, parts) => expect(parseDn(text)).toEqual(parts))

  it('knows what stands below what', () => {
    expect(isUnder(['uid=a', 'dc=x'], ['dc=x'])).toBe(true)
    expect(isUnder(['dc=x'], ['uid=a', 'dc=x'])).toBe(false)
    expect(firstValue(['uid=a=b', 'dc=x'])).toBe('a=b')
  })
})
