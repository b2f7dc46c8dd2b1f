import { randomBytes } from 'node:crypto'
import { evidence } from '../../events/bytes.ts'
import { toBytes } from '../../host/text.ts'
import { LoginDesk } from '../../sensor/login-desk.ts'
import { encodeChallenge, NTLM, type NtlmAuthenticate, NtlmError, parseNtlm } from '../../sensor/ntlm.ts'
import { hashcatLine, isAnonymous, type NtlmProof, ntlmMic, ntlmVersion, proves, sessionKey } from '../../sensor/ntlm-proof.ts'
import { encodeReply, parseSpnego, SpnegoError, type SpnegoToken } from '../../sensor/spnego.ts'
import type { Visit } from '../../sensor/visit.ts'
import type { SmbEvents } from './events.ts'
import { weakPasswords } from './machine.ts'
import type { SmbContext } from './options.ts'
import { STATUS } from './status.ts'

export interface Admission {
  kind: 'user' | 'guest' | 'anonymous'
  user: string
  /** What is signed and sealed with; only where we know the password. */
  key?: Buffer
}

export interface LogonStep {
  status: number
  blob: Buffer
  admission?: Admission
}

/** What else a client said of itself beside its token. */
export interface ClientFacts {
  nativeOs?: Buffer
  nativeLanMan?: Buffer
}

/** One login with NTLMSSP: NEGOTIATE, CHALLENGE, AUTHENTICATE. */
export class Logon {
  readonly #visit: Visit<SmbEvents>
  readonly #context: SmbContext
  /** What clients prove their password against. */
  readonly challenge = randomBytes(8)
  #clientMechanisms: Buffer | undefined

  constructor(visit: Visit<SmbEvents>, context: SmbContext) {
    this.#visit = visit
    this.#context = context
  }

  async step(blob: Buffer, facts: ClientFacts = {}): Promise<LogonStep> {
    try {
      const spnego = parseSpnego(blob)
      this.#clientMechanisms ??= spnego.mechanisms
      // Kerberos, or mechanisms without a token: NTLMSSP is all we take.
      if (!spnego.token)
        return { status: STATUS.MORE_PROCESSING_REQUIRED, blob: encodeReply({ state: 'accept-incomplete', namesMechanism: true }) }
      const message = parseNtlm(spnego.token)
      if (message.type === 'negotiate') return this.#answerNegotiate(message.flags, spnego)
      return await this.#answerAuthenticate(message, spnego, facts)
    } catch (error) {
      if (!(error instanceof NtlmError) && !(error instanceof SpnegoError)) throw error
      this.#visit.record('smb.protocol-error', { message: error.message })
      return { status: STATUS.INVALID_PARAMETER, blob: Buffer.alloc(0) }
    }
  }

  #answerNegotiate(clientFlags: number, { isRaw }: SpnegoToken): LogonStep {
    const { machine } = this.#context.room
    const token = encodeChallenge({
      clientFlags,
      challenge: this.challenge,
      target: { ...machine.target, time: Date.now() },
      version: machine.ntlmVersion,
    })
    const blob = isRaw ? token : encodeReply({ state: 'accept-incomplete', namesMechanism: true, token })
    return { status: STATUS.MORE_PROCESSING_REQUIRED, blob }
  }

  /** A login of SMB1 without NTLMSSP: two responses to the challenge, or passwords in clear. */
  async classic(given: { lm: Buffer; nt: Buffer; user: string; domain: string }, facts: ClientFacts): Promise<Admission | undefined> {
    const { lm, nt, user, domain } = given
    const proof = { user, domain, workstation: '', lmResponse: lm, ntResponse: nt, flags: 0, encryptedSessionKey: Buffer.alloc(0) }
    const isClear = user !== '' && lm.length > 1 && lm.length !== 24 && nt.length < 24
    const admission = isClear ? this.#admitClear(user, lm) : await this.#admit(proof)
    this.#record(proof, facts, admission)
    return admission
  }

  async #answerAuthenticate(message: NtlmAuthenticate, { isRaw, mic }: SpnegoToken, facts: ClientFacts): Promise<LogonStep> {
    const admission = await this.#admit(message)
    this.#record(message, facts, admission)
    if (!admission) return { status: STATUS.LOGON_FAILURE, blob: Buffer.alloc(0) }
    if (isRaw) return { status: STATUS.SUCCESS, blob: Buffer.alloc(0), admission }
    const signs = mic && admission.key && this.#clientMechanisms && message.flags & NTLM.SIGN
    const ownMic = signs && ntlmMic(admission.key as Buffer, message.flags, this.#clientMechanisms as Buffer)
    return { status: STATUS.SUCCESS, blob: encodeReply({ state: 'accept-completed', ...(ownMic && { mic: ownMic }) }), admission }
  }

  #record(message: NtlmProof, facts: ClientFacts, admission: Admission | undefined): void {
    this.#visit.record('smb.client', {
      domain: evidence(message.domain),
      workstation: evidence(message.workstation),
      ...(facts.nativeOs && { nativeOs: evidence(facts.nativeOs) }),
      ...(facts.nativeLanMan && { nativeLanMan: evidence(facts.nativeLanMan) }),
      ntlm: isAnonymous(message) ? 'none' : ntlmVersion(message),
      session: admission?.kind ?? 'refused',
    })
  }

  #admitClear(user: string, password: Buffer): Admission | undefined {
    const end = password.indexOf(0)
    const accepted = this.#desk(user).password('password', toBytes(user), end < 0 ? password : password.subarray(0, end))
    return accepted ? { kind: 'user', user } : undefined
  }

  async #admit(message: NtlmProof): Promise<Admission | undefined> {
    const { options, room, host } = this.#context
    if (isAnonymous(message)) {
      this.#visit.login({ method: 'none', username: '', accepted: options.anonymous })
      return options.anonymous ? { kind: 'anonymous', user: '' } : undefined
    }
    const { accepted, password } = await this.#desk(message.user).mutualProof(
      ntlmVersion(message),
      toBytes(message.user),
      async (passwords) => passwords.find((one) => proves(message, this.challenge, one)),
      hashcatLine(message, this.challenge),
    )
    if (accepted && password !== undefined) {
      const key = sessionKey(message, this.challenge, password)
      return { kind: 'user', user: message.user, ...(key && { key }) }
    }
    const isKnown = host.userExists(message.user) || isAccount(room.machine.accounts, message.user)
    const maps = options.guest ?? room.machine.shape === 'samba'
    return this.#isGenerous() || (maps && !isKnown) ? { kind: 'guest', user: message.user } : undefined
  }

  /** Whoever guesses is let in; whose password we do not know becomes a guest, since nothing can be signed then. */
  #isGenerous(): boolean {
    const { options, persona, loopback } = this.#context
    return options.login ? (options.login.policy ?? persona.login.policy) === 'any' : loopback || persona.login.policy === 'any'
  }

  #desk(user: string): LoginDesk {
    const { identity, persona, room, options, host, state, loopback } = this.#context
    const isAdministrator = room.machine.shape === 'windows' && user.toLowerCase() === 'administrator'
    const weak = isAdministrator ? weakPasswords(identity).map((password) => ({ user, password })) : []
    const login = { ...persona.login, accept: [...(options.login?.accept ?? persona.login.accept), ...weak] }
    const { accept: _, ...rest } = options.login ?? {}
    return new LoginDesk(this.#visit, {
      options: options.login ? { login: rest } : {},
      identity,
      host,
      state,
      loopback,
      persona: { ...persona, login },
    })
  }
}

function isAccount(accounts: readonly { name: string }[], user: string): boolean {
  return accounts.some(({ name }) => name.toLowerCase() === user.toLowerCase())
}
