import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { globMatches } from '../../../src/emulators/ftp/listing.ts'
import { formatPasv, fromAscii, parseCommand, parseEprt, parsePort, parseTimeVal, timeVal, toAscii } from '../../../src/sensor/ftp-codec.ts'

describe('host and port', () => {
  it('of PORT are read as PASV writes them', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.nat(65_535), (address, port) => {
        expect(parsePort(formatPasv({ address, port }))).toEqual({ address, port })
        expect(parseEprt(`|1|${address}|${port}|`)).toEqual({ address, port })
      }),
    )
  })

  it('may be any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 60 }), (text) => {
        parsePort(text)
        parseEprt(text)
        parseTimeVal(text)
        parseCommand(Buffer.from(text, 'latin1'))
      }),
    )
    expect([parsePort('1,2,3,4,5'), parsePort('256,0,0,1,0,1'), parseEprt('|3|a|1|'), parseEprt('|1|1.2.3.4|99999|')]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })
})

describe('TYPE A', () => {
  it('changes line ends there and back', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary-ascii', maxLength: 10 }).map((s) => s.replace(/[\r\n]/g, ''))), (lines) => {
        const text = Buffer.from(lines.map((l) => `${l}\n`).join(''), 'latin1')
        expect(fromAscii(toAscii(text))).toEqual(text)
      }),
    )
  })
})

describe('small forms', () => {
  it('times are those of RFC 3659', () => {
    expect(timeVal(Date.UTC(2024, 2, 5, 10, 1, 2))).toBe('20240305100102')
    expect(parseTimeVal('20240305100102')).toBe(Date.UTC(2024, 2, 5, 10, 1, 2))
  })

  it('ABOR is found behind the bytes of Telnet', () => {
    expect(parseCommand(Buffer.from([0xff, 0xf4, 0xff, 0xf2, 0x41, 0x42, 0x4f, 0x52]))).toEqual({ verb: 'ABOR', argument: '' })
  })

  it('patterns of many stars are decided in no time', () => {
    const startedAt = performance.now()
    expect(globMatches('*a'.repeat(120), 'a'.repeat(255))).toBe(true)
    expect(performance.now() - startedAt).toBeLessThan(500)
    expect([globMatches('a?c*', 'abcd'), globMatches('a?c', 'ac')]).toEqual([true, false])
  })
})
