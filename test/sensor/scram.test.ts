import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseClientFinal, parseClientFirst, ScramError, ScramServer } from '../../src/sensor/scram.ts'

/** The client's side of RFC 5802, as far as a test needs it. */
function clientFinal(
  server: ScramServer,
  password: string,
  hash: 'sha1' | 'sha256',
  salt: Buffer,
  iterations: number,
  bare: string,
): string {
  const withoutProof = `c=biws,r=${server.nonce}`
  const salted = pbkdf2Sync(password, salt, iterations, hash === 'sha1' ? 20 : 32, hash)
  const clientKey = createHmac(hash, salted).update('Client Key').digest()
  const signature = createHmac(hash, createHash(hash).update(clientKey).digest())
    .update(`${bare},${server.serverFirst},${withoutProof}`)
    .digest()
  return `${withoutProof},p=${Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] as number))).toString('base64')}`
}

describe('SCRAM', () => {
  it.each(['sha1', 'sha256'] as const)('finds the password behind a proof, and proves in return that it knows it (%s)', async (hash) => {
    const clientFirst = parseClientFirst('n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL')
    const salt = Buffer.from('QSXCR+Q6sek8bf92', 'base64')
    const server = new ScramServer({ hash, salt, iterations: 4096, clientFirst })
    const final = parseClientFinal(clientFinal(server, 'pencil', hash, salt, 4096, clientFirst.bare))
    expect(await server.find(final, ['eraser', 'pencil'])).toBe('pencil')
    expect(await server.find(final, ['eraser'])).toBeUndefined()
    const serverKey = createHmac(hash, pbkdf2Sync('pencil', salt, 4096, hash === 'sha1' ? 20 : 32, hash))
      .update('Server Key')
      .digest()
    expect(await server.serverFinal(final, 'pencil')).toBe(
      `v=${createHmac(hash, serverKey).update(server.authMessage(final)).digest('base64')}`,
    )
  })

  it('finds nothing behind a proof for another nonce', async () => {
    const clientFirst = parseClientFirst('n,,n=user,r=abc')
    const server = new ScramServer({ hash: 'sha256', salt: Buffer.alloc(16), iterations: 4096, clientFirst })
    const other = new ScramServer({ hash: 'sha256', salt: Buffer.alloc(16), iterations: 4096, clientFirst })
    expect(
      await server.find(parseClientFinal(clientFinal(other, 'a', 'sha256', Buffer.alloc(16), 4096, clientFirst.bare)), ['a']),
    ).toBeUndefined()
  })

  it('reads the messages of RFC 5802, and throws nothing but its own error', () => {
    expect(parseClientFirst('p=tls-server-end-point,,n=a=2Cb,r=x')).toMatchObject({
      gs2Header: 'p=tls-server-end-point,,',
      user: 'a,b',
      nonce: 'x',
    })
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const parse of [parseClientFirst, parseClientFinal]) {
          try {
            parse(text)
          } catch (error) {
            expect(error).toBeInstanceOf(ScramError)
          }
        }
      }),
    )
  })
})
