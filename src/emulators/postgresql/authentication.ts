import { createHash, randomBytes } from 'node:crypto'
import type { Identity } from '../../config/identity.ts'
import { evidence } from '../../events/bytes.ts'
import type { LoginDesk } from '../../sensor/login-desk.ts'
import { parseClientFinal, parseClientFirst, ScramError, ScramServer } from '../../sensor/scram.ts'
import type { Visit } from '../../sensor/visit.ts'
import { decodeSaslInitial, encodeAuthentication, PostgresFormatError } from './codec.ts'
import type { PostgresqlEvents } from './events.ts'

const AUTHENTICATION = { ok: 0, cleartext: 3, md5: 5, sasl: 10, saslContinue: 11, saslFinal: 12 } as const
/** `scram_iterations`. */
const ITERATIONS = 4096

export type AuthenticationMethod = 'scram-sha-256' | 'md5' | 'password'

export interface LoginExchange {
  visit: Visit<PostgresqlEvents>
  desk: LoginDesk
  identity: Identity
  user: Buffer
  method: AuthenticationMethod
  /** The next message of type `p`. */
  readPassword(): Promise<Buffer>
}

/** What came of a login; `malformed` is an exchange that broke off. */
export type LoginOutcome = 'accepted' | 'refused' | 'malformed'

/** Plays the server's side of pg_hba.conf's method, up to AuthenticationOk, which the caller sends. */
export async function logIn(exchange: LoginExchange): Promise<LoginOutcome> {
  switch (exchange.method) {
    case 'password':
      return cleartext(exchange)
    case 'md5':
      return md5(exchange)
    case 'scram-sha-256':
      return scram(exchange)
  }
}

const verdict = (accepted: boolean): LoginOutcome => (accepted ? 'accepted' : 'refused')

function withoutNul(bytes: Buffer): Buffer {
  return bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes
}

async function cleartext({ visit, desk, user, readPassword }: LoginExchange): Promise<LoginOutcome> {
  await visit.write(encodeAuthentication(AUTHENTICATION.cleartext))
  return verdict(desk.password('postgresql-password', user, withoutNul(await readPassword())))
}

const md5Hex = (...parts: (string | Buffer)[]): string => {
  const hash = createHash('md5')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

/** `md5` and MD5(MD5(password, user), salt): hashcat mode 11100. */
async function md5({ visit, desk, user, readPassword }: LoginExchange): Promise<LoginOutcome> {
  const salt = randomBytes(4)
  await visit.write(encodeAuthentication(AUTHENTICATION.md5, salt))
  const answer = withoutNul(await readPassword()).toString('latin1')
  if (!/^md5[0-9a-f]{32}$/.test(answer)) return verdict(desk.password('postgresql-md5', user, Buffer.from(answer, 'latin1')))
  const hash = { mode: 11100, line: `$postgres$${user.toString('utf8')}*${salt.toString('hex')}*${answer.slice(3)}` }
  const proves = (password: string): boolean => `md5${md5Hex(md5Hex(password, user), salt)}` === answer
  return verdict(desk.proof('postgresql-md5', user, hash, proves))
}

async function scram(exchange: LoginExchange): Promise<LoginOutcome> {
  const { visit, desk, identity, user, readPassword } = exchange
  // The variant with channel binding is offered under TLS alone, and first.
  const mechanisms = [...(visit.tls ? ['SCRAM-SHA-256-PLUS'] : []), 'SCRAM-SHA-256']
  await visit.write(encodeAuthentication(AUTHENTICATION.sasl, Buffer.from(`${mechanisms.join('\0')}\0\0`)))
  try {
    const { mechanism, response } = decodeSaslInitial(await readPassword())
    if (!mechanisms.includes(mechanism)) return 'malformed'
    const clientFirst = parseClientFirst(response.toString('utf8'))
    const salt = identity.bytes(`postgresql/salt/${user.toString('latin1')}`, 16)
    const server = new ScramServer({ hash: 'sha256', salt, iterations: ITERATIONS, clientFirst })
    await visit.write(encodeAuthentication(AUTHENTICATION.saslContinue, Buffer.from(server.serverFirst)))
    const final = parseClientFinal((await readPassword()).toString('utf8'))
    const { accepted, password } = await desk.mutualProof('scram-sha-256', user, (passwords) => server.find(final, passwords))
    if (password === undefined) {
      const authMessage = evidence(server.authMessage(final))
      visit.record('postgresql.scram', {
        user: evidence(user),
        salt: salt.toString('base64'),
        iterations: ITERATIONS,
        authMessage,
        proof: final.proof.toString('base64'),
      })
      return 'refused'
    }
    if (!accepted) return 'refused'
    await visit.write(encodeAuthentication(AUTHENTICATION.saslFinal, Buffer.from(await server.serverFinal(final, password))))
    return 'accepted'
  } catch (error) {
    if (error instanceof ScramError || error instanceof PostgresFormatError) return 'malformed'
    throw error
  }
}
