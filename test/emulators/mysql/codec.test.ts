import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nativeProof } from '../../../src/emulators/mysql/authentication.ts'
import {
  CLIENT,
  decodeHandshakeResponse,
  encodeGreeting,
  encodeHandshakeResponse,
  type HandshakeResponse,
  MysqlFormatError,
} from '../../../src/emulators/mysql/codec.ts'
import { decodeExecution } from '../../../src/emulators/mysql/statements.ts'
import truth from './truth.json' with { type: 'json' }

const withoutNul = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes.map((byte) => byte || 1)))
const bytes = (max: number) => fc.uint8Array({ maxLength: max }).map((b) => Buffer.from(b))

const response: fc.Arbitrary<HandshakeResponse> = fc
  .record({
    user: withoutNul,
    response: bytes(400),
    database: fc.option(withoutNul, { nil: undefined }),
    plugin: fc.constantFrom('mysql_native_password', 'caching_sha2_password'),
    attributes: fc.array(fc.tuple(bytes(300), bytes(20)), { maxLength: 5 }),
  })
  .map((login) => ({
    capabilities:
      (CLIENT.PROTOCOL_41 |
        CLIENT.PLUGIN_AUTH |
        CLIENT.PLUGIN_AUTH_LENENC |
        (login.database ? CLIENT.CONNECT_WITH_DB : 0) |
        (login.attributes.length ? CLIENT.CONNECT_ATTRS : 0)) >>>
      0,
    extended: 0x18,
    maxPacket: 16_777_216,
    charset: 45,
    login,
  }))

describe('the codec', () => {
  it('reads what a client writes', () => {
    fc.assert(
      fc.property(response, (message) => {
        expect(decodeHandshakeResponse(encodeHandshakeResponse(message))).toEqual(message)
      }),
    )
  })

  it('throws nothing but its own error', () => {
    const own = (act: () => unknown): void => {
      try {
        act()
      } catch (error) {
        expect(error).toBeInstanceOf(MysqlFormatError)
      }
    }
    fc.assert(
      fc.property(bytes(200), fc.nat(20), (input, count) => {
        own(() => decodeHandshakeResponse(input))
        own(() => decodeExecution(input, count, [], new Map()))
      }),
      { numRuns: 2000 },
    )
  })

  it('greets byte for byte as the recorded server, but for thread and challenge, and that it has TLS and utf8mb4', () => {
    const recorded = Buffer.from(truth.greeting, 'hex').subarray(4)
    const scramble = Buffer.concat([recorded.subarray(39, 47), recorded.subarray(74, 86)])
    const at = recorded.indexOf(0) + 1
    const challenge = Buffer.concat([recorded.subarray(at + 4, at + 12), recorded.subarray(at + 31, at + 43)])
    expect(scramble.length).toBe(20)
    const ours = encodeGreeting({
      version: '5.5.5-10.11.19-MariaDB-0+deb12u1',
      connectionId: 4,
      scramble: challenge,
      capabilities: 0x81ff_f7fe,
      extended: 0x1d,
      charset: 8,
      status: 2,
      plugin: 'mysql_native_password',
    })
    expect(ours.toString('hex')).toBe(recorded.toString('hex'))
  })

  it('proves a password as a MariaDB client did', () => {
    // Recorded: user root with password "pw" at a MariaDB 10.11.19.
    const scramble = Buffer.from('217c703f263f4c3f383b5e4931564122242c523a', 'hex')
    expect(nativeProof('pw', scramble).toString('hex')).toBe('8320c0e8064f1b152379194b6819c830099ae70f')
  })
})
