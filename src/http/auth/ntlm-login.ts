import { randomBytes } from 'node:crypto'
import { evidence } from '../../events/bytes.ts'
import { LoginDesk } from '../../sensor/login-desk.ts'
import { encodeChallenge, type NtlmAuthenticate, NtlmError, parseNtlm } from '../../sensor/ntlm.ts'
import { hashcatLine, ntlmVersion, proves } from '../../sensor/ntlm-proof.ts'
import { encodeReply, parseSpnego, SpnegoError } from '../../sensor/spnego.ts'
import type { WebRequest } from '../request.ts'
import type { LureContext } from '../site/context.ts'

const MESSAGE = /^(NTLM|Negotiate) +([A-Za-z0-9+/=]{16,12000})$/i

/** Where a login stands after a message; `challenge` is the value of WWW-Authenticate that goes on with it. */
export type NtlmStep = { verdict: 'accepted' | 'refused' } | { verdict: 'continue'; challenge: string }

/** Logins by NTLM (MS-NTHT), which hold for the connection they were made on. */
export class NtlmLogins {
  readonly #challenges = new WeakMap<object, Buffer>()
  readonly #admitted = new WeakSet<object>()

  isIn({ visit }: WebRequest): boolean {
    return this.#admitted.has(visit)
  }

  /** One message of a login; undefined when the request has none. */
  answer(request: WebRequest, context: LureContext): NtlmStep | undefined {
    const [, scheme = '', token = ''] = MESSAGE.exec(request.headers.get('authorization') ?? '') ?? []
    if (scheme === '') return undefined
    try {
      const offer = parseSpnego(Buffer.from(token, 'base64'))
      const message = offer.token && parseNtlm(offer.token)
      if (!message) return { verdict: 'refused' }
      if (message.type === 'authenticate') return this.#judge(message, request, context)
      const challenge = randomBytes(8)
      this.#challenges.set(request.visit, challenge)
      const answer = challengeOf(message.flags, challenge, context)
      const wrapped = offer.isRaw ? answer : encodeReply({ state: 'accept-incomplete', namesMechanism: true, token: answer })
      return { verdict: 'continue', challenge: `${scheme} ${wrapped.toString('base64')}` }
    } catch (error) {
      if (error instanceof NtlmError || error instanceof SpnegoError) return { verdict: 'refused' }
      throw error
    }
  }

  #judge(proof: NtlmAuthenticate, { visit }: WebRequest, context: LureContext): NtlmStep {
    const challenge = this.#challenges.get(visit)
    this.#challenges.delete(visit)
    const { user, domain, workstation } = proof
    visit.record('http.ntlm', { domain: evidence(domain), workstation: evidence(workstation) })
    const line = challenge && hashcatLine(proof, challenge)
    const desk = new LoginDesk(visit, context)
    if (!challenge || !line) {
      visit.login({ method: ntlmVersion(proof), username: evidence(user), accepted: false })
      return { verdict: 'refused' }
    }
    const isIn = desk.proof(ntlmVersion(proof), Buffer.from(user), line, (password) => proves(proof, challenge, password))
    if (isIn) this.#admitted.add(visit)
    return { verdict: isIn ? 'accepted' : 'refused' }
  }
}

function challengeOf(clientFlags: number, challenge: Buffer, { persona }: LureContext): Buffer {
  const name = persona.hostname.toUpperCase().slice(0, 15)
  const isWindows = persona.web?.server === 'iis'
  const dnsComputer = `${persona.hostname}.${persona.domain}`
  return encodeChallenge({
    clientFlags,
    challenge,
    target: { netbiosComputer: name, netbiosDomain: name, dnsComputer, dnsDomain: persona.domain, time: Date.now() },
    // Windows Server 2019; what winbind says of itself elsewhere.
    version: isWindows ? { major: 10, minor: 0, build: 17_763 } : { major: 6, minor: 1, build: 0 },
  })
}
