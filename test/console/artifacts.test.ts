import { randomBytes } from 'node:crypto'
import { crc32, inflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encryptedZip } from '../../src/console/api/encrypted-zip.ts'
import { uuid7 } from '../../src/events/uuid7.ts'
import { sampleEvent } from '../store/sample-events.ts'
import { ConsoleUnderTest } from './console-under-test.ts'

/** What an unpacker does: APPNOTE.TXT §4.3.7 and §6.1, from the archive's end to the file. */
function unzip(zip: Buffer, password: string): { name: string; bytes: Buffer } {
  const end = zip.length - 22
  expect(zip.readUInt32LE(end)).toBe(0x06054b50)
  const central = zip.readUInt32LE(end + 16)
  expect(zip.readUInt32LE(central)).toBe(0x02014b50)
  const local = zip.readUInt32LE(central + 42)
  expect(zip.readUInt32LE(local)).toBe(0x04034b50)
  expect(zip.readUInt16LE(local + 6) & 1).toBe(1)
  const [crc, packedSize, nameLength] = [zip.readUInt32LE(local + 14), zip.readUInt32LE(local + 18), zip.readUInt16LE(local + 26)]
  const name = zip.toString('utf8', local + 30, local + 30 + nameLength)
  const plain = decrypt(zip.subarray(local + 30 + nameLength, local + 30 + nameLength + packedSize), password)
  expect(plain[11]).toBe(crc >>> 24)
  const bytes = inflateRawSync(plain.subarray(12))
  expect(crc32(bytes)).toBe(crc)
  return { name, bytes }
}

function decrypt(bytes: Uint8Array, password: string): Buffer {
  const step = (crc: number, byte: number): number => ~crc32(Buffer.from([byte]), ~crc >>> 0) >>> 0
  let [a, b, c] = [0x12345678, 0x23456789, 0x34567890]
  const update = (byte: number): void => {
    a = step(a, byte)
    b = Number((BigInt((b + (a & 0xff)) % 2 ** 32) * 134775813n + 1n) % 2n ** 32n)
    c = step(c, b >>> 24)
  }
  for (const byte of Buffer.from(password)) update(byte)
  return Buffer.from(
    Array.from(bytes, (byte) => {
      const word = (c | 2) % 65536
      const plain = byte ^ (((word * (word ^ 1)) >>> 8) & 0xff)
      update(plain)
      return plain
    }),
  )
}

describe('an encrypted archive', () => {
  it('gives the file back to whoever knows the password', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom(...'abcdefz') }),
        (bytes, password) => {
          const { name, bytes: unpacked } = unzip(encryptedZip('evil.bin', bytes, password, new Date()), password)
          expect(name).toBe('evil.bin')
          expect(unpacked.equals(bytes)).toBe(true)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('shows nothing of it to a scanner', () => {
    const file = Buffer.concat([Buffer.from('X5O!P%@AP[4\\PZX54(P^)7CC)7}$'), randomBytes(64)])
    expect(encryptedZip('a', file, 'infected', new Date()).includes(file.subarray(0, 16))).toBe(false)
  })
})

describe('artifacts', () => {
  it('are listed with what is known of them, and leave in an encrypted archive, which is written down', async () => {
    const console = await ConsoleUnderTest.open()
    const browser = await console.browser('grace', 'analyst')
    const bytes = Buffer.from('\x7fELF and the rest of it')
    const artifact = console.stores.artifacts.put(bytes)
    const session = uuid7()
    await console.keep([
      sampleEvent({ session, type: 'artifact', data: { ...artifact, name: '/tmp/<b>x</b>', how: 'sftp' } }),
      sampleEvent({ session: uuid7(), type: 'artifact', data: { ...artifact, sha256: 'b'.repeat(64), how: 'sftp' } }),
    ])
    expect((await browser.get('/artifacts')).body).toMatchObject({
      values: 2,
      artifacts: expect.arrayContaining([expect.objectContaining({ sha256: artifact.sha256, magic: 'elf', kept: true, count: 1 })]),
    })
    expect((await browser.get(`/artifacts/${artifact.sha256}`)).body).toMatchObject({
      names: ['/tmp/<b>x</b>'],
      how: ['sftp'],
      sessions: [{ session }],
      artifact: { md5: artifact.md5 },
    })
    expect((await browser.get(`/artifacts/${'b'.repeat(64)}`)).body).toMatchObject({ artifact: { kept: false, magic: 'elf' } })
    const zip = await browser.get(`/artifacts/${artifact.sha256}/zip`)
    expect(unzip(zip.bytes, 'infected').bytes).toEqual(bytes)
    expect((await browser.get(`/artifacts/${'b'.repeat(64)}/zip`)).status).toBe(404)
    expect((await browser.get('/artifacts/hashes')).text.split('\n')).toContain(`${artifact.sha256}  ${artifact.sha256}`)
    expect(console.accounts.audits(10)).toContainEqual(
      expect.objectContaining({ account: 'grace', action: 'file downloaded', detail: artifact.sha256 }),
    )
    await console.close()
  })
})
