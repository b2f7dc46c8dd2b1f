import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parsePublicKey } from '../../../src/emulators/adb/auth.ts'
import {
  AdbError,
  COMMANDS,
  checksumOf,
  decodeHeader,
  encode,
  HEADER_BYTES,
  MAX_PAYLOAD,
  parseBanner,
  parseShellService,
} from '../../../src/emulators/adb/codec.ts'
import { parseWindowSize } from '../../../src/emulators/adb/shell.ts'
import { modeOf, parseSend, statV1, statV2 } from '../../../src/emulators/adb/sync-codec.ts'
import recording from './adb-29.json' with { type: 'json' }

const word = fc.integer({ min: 0, max: 0xffffffff })

describe('packets', () => {
  it('are read as they are written', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...COMMANDS),
        word,
        word,
        fc.uint8Array({ maxLength: 300 }),
        fc.boolean(),
        (command, arg0, arg1, body, sum) => {
          const payload = Buffer.from(body)
          const bytes = encode({ command, arg0, arg1, payload }, sum)
          expect(decodeHeader(bytes, MAX_PAYLOAD)).toEqual({
            command,
            arg0,
            arg1,
            length: payload.length,
            checksum: sum ? checksumOf(payload) : 0,
          })
          expect(bytes.subarray(HEADER_BYTES).equals(payload)).toBe(true)
        },
      ),
    )
  })

  it('throw nothing but their own error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: HEADER_BYTES, maxLength: HEADER_BYTES }), (bytes) => {
        try {
          decodeHeader(Buffer.from(bytes), MAX_PAYLOAD)
        } catch (error) {
          expect(error).toBeInstanceOf(AdbError)
        }
      }),
    )
  })

  it('have the checksums that the real client sent', () => {
    for (const { cmd, arg0, arg1, cksum, data } of recording.hostPackets) {
      const payload = Buffer.from(data, 'latin1')
      const bytes = encode({ command: cmd, arg0: Number(arg0), arg1: Number(arg1), payload }, Number(cksum) !== 0)
      expect([cmd, bytes.readUInt32LE(16)]).toEqual([cmd, Number(cksum)])
    }
  })
})

describe('names of services', () => {
  it('say how a shell is wanted', () => {
    const shell = (name: string) => parseShellService(Buffer.from(name))
    expect(shell('shell,v2,TERM=xterm,raw:id')).toEqual({ isV2: true, isPty: false, term: 'xterm', command: Buffer.from('id') })
    expect(shell('shell,v2,TERM=xterm-256color,pty:')).toMatchObject({ isV2: true, isPty: true, command: undefined })
    expect(shell('shell:')).toMatchObject({ isV2: false, isPty: true, command: undefined })
    expect(shell('shell:echo a,b:c')).toMatchObject({ isPty: false, command: Buffer.from('echo a,b:c') })
    expect(shell('sync:')).toBeUndefined()
  })

  it('carry features in the banner', () => {
    expect(parseBanner('host::features=shell_v2,cmd')).toEqual({ system: 'host', features: ['shell_v2', 'cmd'] })
    expect(parseBanner('host::')).toEqual({ system: 'host', features: [] })
  })
})

describe('sync', () => {
  it('parts path and mode at the last comma', () => {
    expect(parseSend(Buffer.from('/a,b/c,33188'))).toEqual({ path: Buffer.from('/a,b/c'), mode: 0o100644 })
    expect(parseSend(Buffer.from('/a'))).toEqual({ path: Buffer.from('/a'), mode: 0o100644 })
  })

  it('answers stats in 16 and 72 bytes', () => {
    const stat = {
      type: 'file' as const,
      mode: 0o644,
      uid: 2000,
      gid: 2000,
      size: 6,
      mtime: 5000,
      atime: 5000,
      ctime: 5000,
      links: 1,
      inode: 7,
    }
    expect(modeOf(stat)).toBe(0o100644)
    expect(statV1(stat)).toEqual(Buffer.from('STAT\xa4\x81\0\0\x06\0\0\0\x05\0\0\0', 'latin1'))
    expect(statV1(undefined)).toEqual(Buffer.from(`STAT${'\0'.repeat(12)}`, 'latin1'))
    expect(statV2('STA2', stat)).toHaveLength(72)
    expect(statV2('LST2', { errorCode: 'ENOENT' }).readUInt32LE(4)).toBe(2)
  })
})

it('reads the key that the real client offered', () => {
  const offered = parsePublicKey(Buffer.from(recording.publicKey, 'latin1'))
  expect(offered?.fingerprint).toMatch(/^([0-9A-F]{2}:){15}[0-9A-F]{2}$/)
  expect(String(offered?.comment)).toMatch(/^\w+@/)
  fc.assert(fc.property(fc.uint8Array({ maxLength: 900 }), (bytes) => void parsePublicKey(Buffer.from(bytes))))
})

it('reads window sizes', () => {
  expect(parseWindowSize('24x80,640x480')).toEqual({ rows: 24, columns: 80 })
  expect(parseWindowSize('x')).toBeUndefined()
})
