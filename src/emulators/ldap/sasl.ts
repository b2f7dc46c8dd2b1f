import { createHash, createHmac, randomBytes, randomInt } from 'node:crypto'
import { encodeElement } from '../../sensor/ber.ts'
import type { LoginDesk } from '../../sensor/login-desk.ts'
import { encodeChallenge, NtlmError, type NtlmTarget, parseNtlm } from '../../sensor/ntlm.ts'
import { hashcatLine, ntlmVersion, proves } from '../../sensor/ntlm-proof.ts'
import { parseClientFinal, parseClientFirst, ScramError, type ScramHash, ScramServer } from '../../sensor/scram.ts'
import { encodeReply, parseSpnego, SpnegoError } from '../../sensor/spnego.ts'
import type { Result } from './codec.ts'
import { SASL_MECHANISMS } from './root-dse.ts'
import { CODE } from './search.ts'

export interface SaslContext {
  desk: LoginDesk
  hostname: string
  target: NtlmTarget
  isEncrypted: boolean
}

/** What a step comes to: the answer, and who is in when it was the last. */
export interface SaslStep {
  result: Result
  user?: string
}

/** One SASL exchange in binds, as Cyrus SASL 2.1 plays it. */
export interface SaslExchange {
  readonly mechanism: string
  step(credentials: Buffer): Promise<SaslStep>
}

/** Cyrus looks for a password in clear, which directories do not keep: whoever is wrong hears this. */
const REFUSED: SaslStep = { result: { code: CODE.invalidCredentials, text: 'SASL(-13): user not found: no secret in database' } }
const MALFORMED: SaslStep = { result: { code: CODE.protocolError, text: 'SASL(-5): bad protocol / cancel: bad protocol' } }

function challenge(bytes: string | Buffer): SaslStep {
  return { result: { code: CODE.saslBindInProgress, text: 'SASL(0): successful result: ', more: [serverCredentials(bytes)] } }
}

const serverCredentials = (bytes: string | Buffer): Buffer => encodeElement(0x87, Buffer.from(bytes as Buffer))

/** Begins an exchange; the answer when there is no such mechanism. */
export function beginSasl(mechanism: string, context: SaslContext): SaslExchange | Result {
  if (mechanism === 'PLAIN') return new Plain(context)
  if (mechanism === 'EXTERNAL') return unavailable('')
  if (mechanism === 'ANONYMOUS') return unavailable('security flags do not match required')
  if (!SASL_MECHANISMS.some((known) => known === mechanism)) return unavailable(`Couldn't find mech ${mechanism}`)
  if (mechanism === 'DIGEST-MD5') return new DigestMd5(context)
  if (mechanism === 'CRAM-MD5') return new CramMd5(context)
  if (mechanism === 'NTLM') return new Ntlm(mechanism, context)
  return new Scram(mechanism, context)
}

const unavailable = (why: string): Result => ({ code: CODE.authMethodNotSupported, text: `SASL(-4): no mechanism available: ${why}` })

/** RFC 4616. In clear it is refused, after it has been said. */
class Plain implements SaslExchange {
  readonly mechanism = 'PLAIN'
  readonly #context: SaslContext

  constructor(context: SaslContext) {
    this.#context = context
  }

  async step(credentials: Buffer): Promise<SaslStep> {
    const [, user, password] = splitNul(credentials)
    if (!user || !password) return MALFORMED
    const accepted = this.#context.desk.password('ldap-plain', user, password)
    if (!this.#context.isEncrypted) {
      const text = 'SASL(-16): encryption needed to use mechanism: security flags do not match required'
      return { result: { code: CODE.inappropriateAuthentication, text } }
    }
    return accepted ? { result: { code: CODE.success }, user: user.toString('utf8') } : REFUSED
  }
}

function splitNul(bytes: Buffer): Buffer[] {
  const first = bytes.indexOf(0)
  const second = first < 0 ? -1 : bytes.indexOf(0, first + 1)
  return second < 0 ? [] : [bytes.subarray(0, first), bytes.subarray(first + 1, second), bytes.subarray(second + 1)]
}

/** RFC 2195. */
class CramMd5 implements SaslExchange {
  readonly mechanism = 'CRAM-MD5'
  readonly #context: SaslContext
  readonly #challenge: string
  #asked = false

  constructor(context: SaslContext) {
    this.#context = context
    this.#challenge = `<${randomInt(2 ** 32)}.${randomInt(2 ** 24)}@${context.hostname}>`
  }

  async step(credentials: Buffer): Promise<SaslStep> {
    if (!this.#asked) {
      this.#asked = true
      return challenge(this.#challenge)
    }
    const space = credentials.lastIndexOf(0x20)
    const digest = credentials.subarray(space + 1).toString('latin1')
    if (space < 0 || !/^[0-9a-f]{32}$/.test(digest)) return MALFORMED
    const user = credentials.subarray(0, space)
    const proof = (password: string): boolean => createHmac('md5', password).update(this.#challenge).digest('hex') === digest
    const hash = { mode: 10200, line: `$cram_md5$${Buffer.from(this.#challenge).toString('base64')}$${credentials.toString('base64')}` }
    const accepted = this.#context.desk.proof('ldap-cram-md5', user, hash, proof)
    return accepted ? { result: { code: CODE.success }, user: user.toString('utf8') } : REFUSED
  }
}

/** RFC 2831. */
class DigestMd5 implements SaslExchange {
  readonly mechanism = 'DIGEST-MD5'
  readonly #context: SaslContext
  readonly #nonce = randomBytes(32).toString('base64')
  #asked = false

  constructor(context: SaslContext) {
    this.#context = context
  }

  async step(credentials: Buffer): Promise<SaslStep> {
    if (!this.#asked) {
      this.#asked = true
      return challenge(
        `nonce="${this.#nonce}",realm="${this.#context.hostname}",qop="auth,auth-int,auth-conf",cipher="rc4-40,rc4-56,rc4,des,3des",maxbuf=65536,charset=utf-8,algorithm=md5-sess`,
      )
    }
    const said = new Map(
      [
        ...credentials
          .subarray(0, 4096)
          .toString('latin1')
          .matchAll(/([a-z-]{1,20})=(?:"([^"]{0,512})"|([^,"]{1,256}))/g),
      ].map(([, name = '', quoted, bare]) => [name, quoted ?? bare ?? '']),
    )
    const user = Buffer.from(said.get('username') ?? '', 'latin1')
    const response = said.get('response')
    if (user.length === 0 || response === undefined) return MALFORMED
    const { accepted, password } = await this.#context.desk.mutualProof('ldap-digest-md5', user, async (passwords) =>
      passwords.find((one) => this.#digest(said, one, 'AUTHENTICATE') === response),
    )
    // A layer over all that follows is not spoken here: who wants one is refused, with the password known.
    const isPlain = (said.get('qop') ?? 'auth') === 'auth'
    if (!accepted || password === undefined || !isPlain) return REFUSED
    const final = serverCredentials(`rspauth=${this.#digest(said, password, '')}`)
    return { result: { code: CODE.success, more: [final] }, user: user.toString('utf8') }
  }

  /** §2.1.2.1 */
  #digest(said: ReadonlyMap<string, string>, password: string, method: string): string {
    const md5 = (...parts: (string | Buffer)[]): Buffer => parts.reduce((hash, part) => hash.update(part), createHash('md5')).digest()
    const of = (name: string): Buffer => Buffer.from(said.get(name) ?? '', 'latin1')
    const secret = md5(of('username'), ':', of('realm'), ':', password)
    const authzid = said.has('authzid') ? [':', of('authzid')] : []
    const a1 = md5(secret, ':', this.#nonce, ':', of('cnonce'), ...authzid).toString('hex')
    const qop = said.get('qop') ?? 'auth'
    const a2 = md5(method, ':', of('digest-uri'), qop === 'auth' ? '' : `:${'0'.repeat(32)}`).toString('hex')
    return md5(a1, ':', this.#nonce, ':', of('nc'), ':', of('cnonce'), ':', qop, ':', a2).toString('hex')
  }
}

/** RFC 5802 and its relatives. */
class Scram implements SaslExchange {
  readonly mechanism: string
  readonly #context: SaslContext
  #server: ScramServer | undefined
  #user = ''

  constructor(mechanism: string, context: SaslContext) {
    this.mechanism = mechanism
    this.#context = context
  }

  async step(credentials: Buffer): Promise<SaslStep> {
    try {
      const text = credentials.toString('utf8')
      return this.#server ? await this.#finish(this.#server, text) : this.#begin(text)
    } catch (error) {
      if (error instanceof ScramError) return MALFORMED
      throw error
    }
  }

  #begin(text: string): SaslStep {
    const clientFirst = parseClientFirst(text)
    this.#user = clientFirst.user
    const hash = this.mechanism.slice('SCRAM-'.length).replace('-', '').toLowerCase() as ScramHash
    this.#server = new ScramServer({ hash, salt: randomBytes(16), iterations: 4096, clientFirst, nonceBytes: 32 })
    return challenge(this.#server.serverFirst)
  }

  async #finish(server: ScramServer, text: string): Promise<SaslStep> {
    const final = parseClientFinal(text)
    const method = `ldap-${this.mechanism.toLowerCase()}`
    const { accepted, password } = await this.#context.desk.mutualProof(method, Buffer.from(this.#user), (passwords) =>
      server.find(final, passwords),
    )
    if (!accepted || password === undefined) return REFUSED
    return { result: { code: CODE.success, more: [serverCredentials(await server.serverFinal(final, password))] }, user: this.#user }
  }
}

/** NTLMSSP as it is, or in SPNEGO as Windows wants it. */
export class Ntlm implements SaslExchange {
  readonly mechanism: string
  readonly #context: SaslContext
  readonly #challenge = randomBytes(8)

  constructor(mechanism: string, context: SaslContext) {
    this.mechanism = mechanism
    this.#context = context
  }

  async step(credentials: Buffer): Promise<SaslStep> {
    try {
      const { token, isRaw } = parseSpnego(credentials)
      if (!token) return MALFORMED
      const message = parseNtlm(token)
      if (message.type === 'negotiate') {
        const { target } = this.#context
        const version = { major: 10, minor: 0, build: 17763 }
        const answer = encodeChallenge({
          clientFlags: message.flags,
          challenge: this.#challenge,
          target: { ...target, time: Date.now() },
          version,
        })
        return challenge(isRaw ? answer : encodeReply({ state: 'accept-incomplete', namesMechanism: true, token: answer }))
      }
      const { accepted } = await this.#context.desk.mutualProof(
        `ldap-${ntlmVersion(message)}`,
        Buffer.from(message.user),
        async (passwords) => passwords.find((one) => proves(message, this.#challenge, one)),
        hashcatLine(message, this.#challenge),
      )
      return accepted ? { result: { code: CODE.success }, user: message.user } : REFUSED
    } catch (error) {
      if (error instanceof NtlmError || error instanceof SpnegoError) return MALFORMED
      throw error
    }
  }
}
