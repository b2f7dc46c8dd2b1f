import { randomBytes } from 'node:crypto'
import type { Persona } from '../../config/persona.ts'
import { evidence } from '../../events/bytes.ts'
import type { AuthVerifier } from '../../sensor/dcerpc/pdu.ts'
import { encodeChallenge, NtlmError, parseNtlm } from '../../sensor/ntlm.ts'
import { hashcatLine, isAnonymous, ntlmVersion } from '../../sensor/ntlm-proof.ts'
import { encodeReply, parseSpnego, SpnegoError } from '../../sensor/spnego.ts'
import type { LoginAttempt } from '../../sensor/visit.ts'

/** Answers the tokens of binds; whoever proves a password here is written down, and gets nowhere by it. */
export function ntlmAnswer(visit: { login(attempt: LoginAttempt): void }, persona: Persona): (auth: AuthVerifier) => Buffer | undefined {
  const challenge = randomBytes(8)
  const name = persona.hostname.slice(0, 15).toUpperCase()
  return ({ token }) => {
    try {
      const { token: inner, isRaw } = parseSpnego(token)
      if (!inner) return undefined
      const message = parseNtlm(inner)
      if (message.type === 'authenticate') {
        const hash = hashcatLine(message, challenge)
        const method = isAnonymous(message) ? 'none' : ntlmVersion(message)
        visit.login({ method, username: evidence(message.user), ...(hash && { hash }), accepted: false })
        return Buffer.alloc(0)
      }
      const answer = encodeChallenge({
        clientFlags: message.flags,
        challenge,
        target: { netbiosComputer: name, netbiosDomain: name, dnsComputer: name, dnsDomain: name, time: Date.now() },
        version: { major: 6, minor: 1, build: 7601 },
      })
      return isRaw ? answer : encodeReply({ state: 'accept-incomplete', namesMechanism: true, token: answer })
    } catch (error) {
      if (error instanceof NtlmError || error instanceof SpnegoError) return undefined
      throw error
    }
  }
}
