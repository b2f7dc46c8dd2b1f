import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBrowserRequest } from '../../../src/emulators/mssql/browser.ts'
import {
  decodeHeader,
  decodeLogin7,
  decodeOldLogin,
  decodePrelogin,
  disguised,
  encodeLogin7,
  encodePackets,
  encodePrelogin,
  revealed,
  TdsFormatError,
  withoutHeaders,
} from '../../../src/emulators/mssql/codec.ts'
import { decodeRpc } from '../../../src/emulators/mssql/rpc.ts'

const bytes = fc.uint8Array({ maxLength: 200 }).map((one) => Buffer.from(one))

describe('the codec', () => {
  it('reads LOGIN7 with any password', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.string({ unit: 'grapheme', maxLength: 40 }), (user, password) => {
        const login = decodeLogin7(encodeLogin7({ user, password, database: 'shop' }))
        expect(login.user.toString()).toBe(Buffer.from(user, 'utf16le').toString('utf16le'))
        expect(login.password.toString()).toBe(password)
        expect(login).toMatchObject({ database: 'shop', host: 'WS1', tdsVersion: 0x74000004 })
      }),
    )
    fc.assert(
      fc.property(bytes, (password) => {
        expect(revealed(disguised(password))).toEqual(password)
      }),
    )
  })

  it('cuts messages into packets of the size that was agreed on', () => {
    fc.assert(
      fc.property(bytes, fc.integer({ min: 16, max: 64 }), (message, size) => {
        const all = encodePackets(4, message, size)
        const parts: Buffer[] = []
        for (let at = 0, isLast = false; !isLast; ) {
          const header = decodeHeader(all.subarray(at))
          expect(header.length).toBeLessThanOrEqual(size)
          parts.push(all.subarray(at + 8, at + header.length))
          at += header.length
          isLast = header.isLast
        }
        expect(Buffer.concat(parts).equals(message)).toBe(true)
      }),
    )
  })

  it('answers PRELOGIN with the bytes that nmap takes for SQL Server 2019', () => {
    const reply = encodePackets(4, encodePrelogin({ version: '15.0.2000.5', encryption: 2, isMarsAsked: false }), 4096)
    expect(reply.toString('hex')).toBe(
      '0401002500000100' + '00001500060100' + '1b000102001c000103001d0000ff' + '0f0007d00000' + '02' + '00',
    )
    expect(decodePrelogin(reply.subarray(8))).toMatchObject({ version: '15.0.2000', encryption: 2 })
  })

  it('reads the password of the login that hydra sends', () => {
    const record = Buffer.alloc(512)
    record.write('sa', 31)
    record[61] = 2
    record.write('letmein', 62)
    record[92] = 7
    expect(decodeOldLogin(record)).toMatchObject({ user: Buffer.from('sa'), password: Buffer.from('letmein') })
  })

  it('throws only its own error', () => {
    const decoders = [
      decodeLogin7,
      decodeOldLogin,
      decodePrelogin,
      withoutHeaders,
      (all: Buffer) => decodeRpc(all, true),
      (all: Buffer) => decodeRpc(all, false),
    ]
    const damaged = fc.tuple(bytes, fc.constantFrom(...decoders))
    fc.assert(
      fc.property(damaged, ([input, decode]) => {
        try {
          decode(input)
        } catch (error) {
          expect(error).toBeInstanceOf(TdsFormatError)
        }
        decodeBrowserRequest(input)
      }),
    )
    const rpc = fc.uint8Array({ maxLength: 100 }).map((tail) => Buffer.concat([Buffer.from('ffff0a00000000', 'hex'), Buffer.from(tail)]))
    fc.assert(
      fc.property(rpc, (input) => {
        try {
          decodeRpc(input, true)
        } catch (error) {
          expect(error).toBeInstanceOf(TdsFormatError)
        }
      }),
    )
  })
})
