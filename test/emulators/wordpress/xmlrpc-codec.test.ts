import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeCall, encodeCall, XmlRpcFormatError, type XmlRpcValue } from '../../../src/emulators/wordpress/xmlrpc-codec.ts'

/** Text that XML can hold; it makes one line end of all. */
const text = fc.string({ unit: 'grapheme-ascii', maxLength: 20 }).map((value) => value.replace(/[\0-\x08\x0b-\x1f]/g, ''))
const { value: values } = fc.letrec<{ value: XmlRpcValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map((n) => n || 0),
    fc.boolean(),
    fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}))

describe('an XML-RPC call', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-zA-Z.]{1,30}$/), fc.array(values, { maxLength: 4 }), (method, params) => {
        expect(decodeCall(encodeCall({ method, params }))).toEqual({ method, params })
      }),
    )
  })

  it('of any other text is a format error', () => {
    const pieces = fc.array(
      fc.constantFrom(
        '<methodCall>',
        '<methodName>',
        'a.b',
        '</methodName>',
        '<params>',
        '<param>',
        '<value>',
        '<array>',
        '<data>',
        '<struct>',
        '<member>',
        '</value>',
        '</param>',
        '<i4>',
        '&#x;',
        '<',
        ']]>',
        '<![CDATA[',
      ),
      { maxLength: 30 },
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          pieces.map((list) => list.join('')),
        ),
        (xml) => {
          try {
            decodeCall(xml)
          } catch (error) {
            expect(error).toBeInstanceOf(XmlRpcFormatError)
          }
        },
      ),
    )
  })

  it('nested a thousand times is a format error', () => {
    const deep = `<methodCall><methodName>a</methodName><params><param>${'<value><array><data>'.repeat(1000)}`
    expect(() => decodeCall(deep)).toThrow(XmlRpcFormatError)
  })

  it('knows values without a type, CDATA and no white space', () => {
    expect(
      decodeCall(
        '<methodCall><methodName>x</methodName><params><param><value> a&lt;b </value></param><param><value><string><![CDATA[<c>]]></string></value></param></params></methodCall>',
      ),
    ).toEqual({ method: 'x', params: [' a<b ', '<c>'] })
  })
})
