import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  readChannelOpen,
  readChannelRequest,
  readGlobalRequest,
  readInfoResponse,
  readOfferedKey,
  readPassword,
  readUserAuthRequest,
} from '../../src/ssh/messages.ts'
import { readScpCommand } from '../../src/ssh/scp.ts'
import { answer, readRequest, writeAttributes } from '../../src/ssh/sftp/codec.ts'
import { shellWords } from '../../src/ssh/shell-words.ts'
import { IdentificationReader } from '../../src/ssh/transport/identification.ts'
import { type KexInit, readKexInit, writeKexInit } from '../../src/ssh/transport/kexinit.ts'
import { InboundPackets, OutboundPackets, PacketError } from '../../src/ssh/transport/packets.ts'
import { WireError, WireReader, WireWriter } from '../../src/ssh/transport/wire.ts'

const bytes = (maxLength = 200): fc.Arbitrary<Buffer> => fc.uint8Array({ maxLength }).map((b) => Buffer.from(b))

/** What OpenSSH takes as a string of C, without some letter. */
const cstring = (but = '\0'): fc.Arbitrary<Buffer> =>
  bytes().map((b) => Buffer.from(b.filter((byte) => byte !== 0 && byte !== but.charCodeAt(0))))

/** Runs `read` on anything; only its own typed error may come out. */
function throwsOnly(kind: new (what: string) => Error, read: (input: Buffer) => unknown): void {
  fc.assert(
    fc.property(bytes(), (input) => {
      try {
        read(input)
      } catch (error) {
        expect(error).toBeInstanceOf(kind)
      }
    }),
    { numRuns: 500 },
  )
}

describe('data types of RFC 4251', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(fc.nat(255), fc.boolean(), fc.nat(0xffffffff), fc.bigInt(0n, 2n ** 64n - 1n), bytes(), (byte, flag, word, long, text) => {
        const written = new WireWriter().byte(byte).boolean(flag).uint32(word).uint64(long).string(text).mpint(text).done()
        const reader = new WireReader(written)
        expect([reader.byte(), reader.boolean(), reader.uint32(), reader.uint64(), reader.string()]).toEqual([byte, flag, word, long, text])
        expect(BigInt(`0x0${reader.mpint().toString('hex')}`)).toBe(BigInt(`0x0${text.toString('hex')}`))
        reader.end()
      }),
    )
  })

  it('give mpints the form of the examples in RFC 4251 §5', () => {
    const mpint = (hex: string): string => new WireWriter().mpint(Buffer.from(hex, 'hex')).done().toString('hex')
    expect(mpint('')).toBe('00000000')
    expect(mpint('09a378f9b2e332a7')).toBe('0000000809a378f9b2e332a7')
    expect(mpint('80')).toBe('000000020080')
  })
})

describe('messages', () => {
  it.each([
    ['USERAUTH_REQUEST', readUserAuthRequest],
    ['USERAUTH_INFO_RESPONSE', readInfoResponse],
    ['GLOBAL_REQUEST', readGlobalRequest],
    ['CHANNEL_OPEN', readChannelOpen],
    ['CHANNEL_REQUEST', readChannelRequest],
    ['KEXINIT', readKexInit],
    ['SFTP', readRequest],
  ] as const)('%s of any bytes is read or refused, never worse', (_, read) => throwsOnly(WireError, read))

  it('keep user and password as the bytes that came', () => {
    fc.assert(
      fc.property(cstring(':'), cstring(), (user, password) => {
        const payload = new WireWriter(50).string(user).string('ssh-connection').string('password').boolean(false).string(password).done()
        const { reader, ...request } = readUserAuthRequest(payload)
        expect(request).toEqual({ user, service: 'ssh-connection', method: 'password' })
        expect(readPassword(reader)).toEqual({ password, changes: false })
      }),
    )
  })

  it('keep a command as the bytes that came', () => {
    fc.assert(
      fc.property(cstring(), (command) => {
        const payload = new WireWriter(98).uint32(4).string('exec').boolean(true).string(command).done()
        expect(readChannelRequest(payload)).toEqual({ channel: 4, wantReply: true, type: 'exec', command })
      }),
    )
  })

  it('say which bytes of a publickey request are signed', () => {
    const unsigned = new WireWriter(50)
      .string('root')
      .string('ssh-connection')
      .string('publickey')
      .boolean(true)
      .string('ssh-ed25519')
      .string('key')
      .done()
    const payload = Buffer.concat([unsigned, new WireWriter().string('signature').done()])
    const request = readUserAuthRequest(payload)
    expect(readOfferedKey(request, payload)).toMatchObject({ algorithm: 'ssh-ed25519', key: Buffer.from('key'), covered: unsigned })
    expect(request.reader.string().toString()).toBe('signature')
  })

  it('KEXINIT comes back as it was written', () => {
    const names = fc.array(fc.stringMatching(/^[a-z0-9@.-]{1,20}$/), { maxLength: 5 })
    const lists = [
      'kex',
      'hostKey',
      'cipherIn',
      'cipherOut',
      'macIn',
      'macOut',
      'compressionIn',
      'compressionOut',
      'languageIn',
      'languageOut',
    ]
    const offer = fc.record({ ...Object.fromEntries(lists.map((l) => [l, names])), firstKexFollows: fc.boolean() }) as fc.Arbitrary<unknown>
    fc.assert(fc.property(offer, (o) => void expect(readKexInit(writeKexInit(o as KexInit))).toEqual(o)))
  })
})

describe('packets in the clear', () => {
  it('come through whatever the pieces that TCP cuts them into', () => {
    fc.assert(
      fc.property(
        fc.array(
          bytes(300).filter((b) => b.length > 0),
          { minLength: 1, maxLength: 5 },
        ),
        fc.integer({ min: 1, max: 40 }),
        (payloads, cut) => {
          const sent: Uint8Array[] = []
          const out = OutboundPackets.clear((b) => sent.push(b), true)
          for (const payload of payloads) {
            const packet = out.allocPacket(payload.length)
            packet.set(payload, 5)
            out.encrypt(packet)
          }
          const got: Buffer[] = []
          const inbound = InboundPackets.clear((payload) => void got.push(Buffer.from(payload)) as undefined, 'openssh')
          const all = Buffer.concat(sent)
          for (let at = 0; at < all.length; at += cut) inbound.decrypt(all, at, Math.min(all.length, at + cut))
          expect(got).toEqual(payloads)
        },
      ),
    )
  })

  it('of any bytes are read or refused', () => {
    throwsOnly(PacketError, (input) => InboundPackets.clear(() => undefined, 'openssh').decrypt(input, 0, input.length))
  })
})

describe('the identification line', () => {
  it('of any bytes is accepted, refused or waited for', () => {
    fc.assert(
      fc.property(bytes(), fc.constantFrom('openssh' as const, 'dropbear' as const), (input, software) => {
        const line = new IdentificationReader(software).push(input)
        if (line?.kind === 'accepted') expect(line.line.toString('latin1')).toMatch(/^SSH-/)
      }),
    )
  })
})

describe('SFTP', () => {
  it('attributes come back as they were written', () => {
    const attributes = fc.record(
      {
        size: fc.bigInt(0n, 2n ** 63n),
        owner: fc.record({ uid: fc.nat(), gid: fc.nat() }),
        permissions: fc.nat(0o177777),
        times: fc.record({ atime: fc.nat(), mtime: fc.nat() }),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(attributes, cstring(), (given, path) => {
        const packet = writeAttributes(new WireWriter(9).uint32(7).string(path), given).done()
        expect(readRequest(packet)).toEqual({ id: 7, type: 'setstat', path, attributes: given })
      }),
    )
  })

  it('status texts are those of OpenSSH', () => {
    expect(answer.status(3, 'NO_SUCH_FILE').toString('hex')).toBe('0000001d65000000030000000200000' + '00c4e6f20737563682066696c6500000000')
  })
})

describe('command lines of scp', () => {
  it.each([
    ['scp -t /tmp', { direction: 'upload', paths: ['/tmp'] }],
    ['scp -r -p -d -t -- /tmp/a\\ b', { direction: 'upload', recursive: true, preserve: true, intoDirectory: true, paths: ['/tmp/a b'] }],
    ["scp -f '/etc/pass wd' x", { direction: 'download', paths: ['/etc/pass wd', 'x'] }],
    ['/usr/bin/scp -v -f x', { direction: 'download', paths: ['x'] }],
  ])('%s', (line, expected) => expect(readScpCommand(line)).toMatchObject(expected))

  it.each(['scp a b', 'scp', 'ls -t x', 'scp -t /tmp; id', 'scp -t $(id)', "scp -t 'open"])('%s is for the shell', (line) => {
    expect(readScpCommand(line)).toBeUndefined()
  })

  it('words of any line are found or left to the shell', () => {
    fc.assert(fc.property(fc.string(), (line) => void shellWords(line)))
  })
})
