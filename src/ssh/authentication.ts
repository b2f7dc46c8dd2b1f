import { createHash } from 'node:crypto'
import type { Identity } from '../config/identity.ts'
import { evidence } from '../events/bytes.ts'
import type { DoorLog } from '../host/contract.ts'
import { toText } from '../host/text.ts'
import type { LoginAttempt, Visit } from '../sensor/visit.ts'
import { type ClientKey, clientKey, isAuthorized, isSignedBy } from './client-key.ts'
import type { Daemon } from './daemons.ts'
import {
  HOSTBOUND,
  type OfferedKey,
  readDevices,
  readInfoResponse,
  readOfferedKey,
  readPassword,
  readUserAuthRequest,
  type UserAuthRequest,
} from './messages.ts'
import type { SshdConfig } from './sshd-config.ts'
import { Message } from './transport/message-numbers.ts'
import type { Incoming, Transport } from './transport/transport.ts'
import { WireError, WireReader, WireWriter } from './transport/wire.ts'

/** Who may come in; the lure answers from the persona's policy and the host. */
export interface Gate {
  admitsPassword(user: string, password: string): boolean
  authorizedKeys(user: string): string[]
}

export interface AuthenticationSetup {
  transport: Transport
  visit: Pick<Visit, 'login' | 'pause'>
  daemon: Daemon
  config: SshdConfig
  identity: Identity
  gate: Gate
  /** The daemon's own log; asked for when there is something to write. */
  log(): DoorLog
  /** False answers failures at once, for tests. */
  delays: boolean
}

/** What a failure's delay and its line in the log depend on. */
interface Failure {
  tookPam?: boolean
  key?: ClientKey | undefined
}

/** OpenSSH, auth2.c: no more requests than this, whatever they are. */
const MAX_ATTEMPTS = 1024
const CONNECTION = 'ssh-connection'

/** User authentication, RFC 4252 and RFC 4256, as auth2.c does it: what counts as a failure, when it gives up, how long it waits. */
export class Authentication {
  readonly #setup: AuthenticationSetup
  #serviceAccepted = false
  #attempts = 0
  #failures = 0
  #givenUp = false
  #method = ''
  #first: { user: Buffer; service: string } | undefined
  /** A keyboard-interactive dialogue, until the next request: its user, as long as the answer is out. */
  #dialogue: { asked: Buffer | undefined } | undefined
  #saidNone = false
  #admitted: Buffer | undefined

  constructor(setup: AuthenticationSetup) {
    this.#setup = setup
  }

  /** Name of the user who is in. */
  get admitted(): string | undefined {
    return this.#admitted === undefined ? undefined : toText(this.#admitted)
  }

  /** How that user got in, as sshd's log names it: `password`, or the kind and fingerprint of a key. */
  get method(): string {
    return this.#method
  }

  /** @throws WireError for a message that breaks its format */
  async receive({ payload, sequence }: Incoming): Promise<void> {
    const type = payload[0]
    if (type === Message.SERVICE_REQUEST) this.#serviceRequested(payload)
    else if (type === Message.USERAUTH_REQUEST && this.#serviceAccepted) await this.#requested(readUserAuthRequest(payload), payload)
    else if (type === Message.USERAUTH_INFO_RESPONSE && this.#dialogue) await this.#answered(this.#dialogue, payload)
    // RFC 8308: a client may send extensions of its own, once, if it has said so.
    else if (type === Message.EXT_INFO && this.#setup.transport.takesExtensions) readExtensions(payload)
    else this.#setup.transport.unimplemented(sequence)
  }

  #serviceRequested(payload: Buffer): void {
    const reader = new WireReader(payload, 1)
    const service = reader.name()
    reader.end()
    this.#serviceAccepted = service === 'ssh-userauth'
    if (!this.#serviceAccepted) this.#setup.transport.disconnect(`bad service request ${service}`)
    else this.#setup.transport.send(new WireWriter(Message.SERVICE_ACCEPT).string(service).done())
  }

  async #requested(request: UserAuthRequest, payload: Buffer): Promise<void> {
    const startedAt = performance.now()
    const { user, service } = request
    this.#dialogue = undefined
    if (this.#attempts >= MAX_ATTEMPTS) return this.#giveUp()
    if (this.#attempts++ === 0) {
      this.#first = { user, service }
      this.#sendBanner()
    } else if (!user.equals(this.#first!.user) || service !== this.#first!.service) {
      const before = `${this.#first!.user.toString('latin1')},${this.#first!.service}`
      const after = `${user.toString('latin1')},${service}`
      const text = `Change of username or service not allowed: (${before}) -> (${after})`
      return this.#setup.transport.disconnect(Buffer.from(text, 'latin1'))
    }
    await this.#try(request, payload, startedAt)
  }

  async #try(request: UserAuthRequest, payload: Buffer, startedAt: number): Promise<void> {
    const { config } = this.#setup
    const { method, user, reader } = request
    // The first "none" asks for the list of methods and is free; OpenSSH reads no other one.
    if (method === 'none' && !this.#saidNone) {
      this.#saidNone = true
      reader.end()
    } else if (method === 'password') return this.#passwordSaid(request, startedAt)
    else if ((method === 'publickey' || method === HOSTBOUND) && config.publickey)
      return this.#tryKey(request, readOfferedKey(request, payload), startedAt)
    else if (method === 'keyboard-interactive' && config.keyboardInteractive) {
      const devices = readDevices(reader)
      if (devices.length === 0 || devices.includes('pam')) return this.#ask(user)
    }
    return this.#fail(method, startedAt)
  }

  async #passwordSaid({ user, reader }: UserAuthRequest, startedAt: number): Promise<void> {
    if (this.#setup.config.password) {
      const { password, changes } = readPassword(reader)
      return this.#tryPassword('password', user, password, startedAt, !changes && isWorthTrying(password))
    }
    // What is not on offer fails, but a password that was said all the same is worth as much.
    const password = quietly(() => readPassword(reader).password)
    if (password) this.#record({ method: 'password', username: evidence(user), password: evidence(password), accepted: false })
    return this.#fail('password', startedAt)
  }

  /** @param isTried false for what OpenSSH refuses by itself; PAM, which takes its time, does not see it */
  async #tryPassword(method: string, user: Buffer, password: Buffer, startedAt: number, isTried: boolean): Promise<void> {
    const accepted = isTried && this.#isValid && this.#setup.gate.admitsPassword(toText(user), toText(password))
    this.#record({ method, username: evidence(user), password: evidence(password), accepted })
    if (accepted) return this.#succeed(user, 'password')
    await this.#fail('password', startedAt, { tookPam: isTried })
  }

  /** A user of any other service than that of RFC 4254 is none (auth2.c). */
  get #isValid(): boolean {
    return this.#first!.service === CONNECTION
  }

  async #tryKey({ method, user, reader }: UserAuthRequest, offered: OfferedKey, startedAt: number): Promise<void> {
    const { transport, gate, daemon } = this.#setup
    if (offered.hostKey && !transport.hostKey.blob.equals(offered.hostKey)) throw new WireError('bound to another host key')
    const key = quietly(() => clientKey(offered.key))
    if (!key || !daemon.keyAlgorithms(key.type).includes(offered.algorithm)) return this.#fail(method, startedAt, { key })
    const signature = offered.isSigned ? reader.string() : undefined
    reader.end()
    const known = this.#isValid && isAuthorized(key, gate.authorizedKeys(toText(user)))
    if (known && !signature) {
      transport.send(new WireWriter(Message.USERAUTH_PK_OK).string(offered.algorithm).string(offered.key).done())
      return
    }
    const accepted = known && signature !== undefined && this.#isSigned(key, offered, signature)
    this.#record({ method: 'publickey', username: evidence(user), fingerprint: key.fingerprint, accepted })
    if (accepted) return this.#succeed(user, keyName(key))
    await this.#fail(method, startedAt, { key })
  }

  #isSigned(key: ClientKey, { algorithm, covered }: OfferedKey, signature: Buffer): boolean {
    const data = Buffer.concat([new WireWriter().string(this.#setup.transport.sessionId).done(), covered])
    return isSignedBy(key, algorithm, data, signature)
  }

  #ask(user: Buffer): void {
    this.#dialogue = { asked: user }
    const request = new WireWriter(Message.USERAUTH_INFO_REQUEST).string('').string('').string('').uint32(1)
    this.#setup.transport.send(request.string('Password: ').boolean(false).done())
  }

  async #answered(dialogue: { asked: Buffer | undefined }, payload: Buffer): Promise<void> {
    const user = dialogue.asked
    if (!user) throw new WireError('an answer to no question')
    dialogue.asked = undefined
    await this.#tryPassword('keyboard-interactive', user, readInfoResponse(payload), performance.now(), true)
  }

  #record(attempt: LoginAttempt): void {
    this.#setup.visit.login(attempt)
  }

  #succeed(user: Buffer, method: string): void {
    this.#admitted = user
    this.#method = method
    this.#setup.transport.send(Buffer.of(Message.USERAUTH_SUCCESS))
    this.#setup.transport.authenticated()
  }

  async #fail(method: string, startedAt: number, { tookPam = false, key }: Failure = {}): Promise<void> {
    const { config, transport } = this.#setup
    if (method !== 'none') {
      await this.#delay(tookPam, startedAt)
      this.#setup.log().failed(toText(this.#first!.user), key ? keyName(key) : method)
    }
    if (method !== 'none' || this.#attempts > 1) this.#failures++
    if (this.#failures >= config.maxAuthTries) return this.#giveUp()
    transport.send(new WireWriter(Message.USERAUTH_FAILURE).nameList(this.#methods()).boolean(false).done())
  }

  #methods(): string[] {
    const { publickey, password, keyboardInteractive } = this.#setup.config
    return [
      ...(publickey ? ['publickey'] : []),
      ...(password ? ['password'] : []),
      ...(keyboardInteractive ? ['keyboard-interactive'] : []),
    ]
  }

  /** Whether the client was sent away for its failures. */
  get hasGivenUp(): boolean {
    return this.#givenUp
  }

  #giveUp(): void {
    this.#givenUp = true
    this.#setup.transport.disconnect('Too many authentication failures')
  }

  #sendBanner(): void {
    const { banner } = this.#setup.config
    if (banner) this.#setup.transport.send(new WireWriter(Message.USERAUTH_BANNER).string(banner).string('').done())
  }

  async #delay(tookPam: boolean, startedAt: number): Promise<void> {
    const { delays, daemon, identity, visit } = this.#setup
    if (!delays) return
    if (daemon.software === 'dropbear') return visit.pause(250 + Math.random() * 100)
    const spent = performance.now() - startedAt + (tookPam ? pamDelay() : 0)
    await visit.pause(failureTime(identity, this.#first!.user, spent) - (performance.now() - startedAt))
  }
}

/** OpenSSH, auth-passwd.c: an empty password is none as long as PermitEmptyPasswords is off, and one has 1024 bytes at most. */
function isWorthTrying(password: Buffer): boolean {
  return password.length > 0 && password.length <= 1024
}

/** SSH_MSG_EXT_INFO of a client, RFC 8308 §2.3. @throws WireError */
function readExtensions(payload: Buffer): void {
  const reader = new WireReader(payload, 1)
  for (let left = reader.uint32(); left > 0; left--) {
    reader.cstring()
    reader.string()
  }
  reader.end()
}

/** What `read` gives, or undefined where the bytes are malformed. */
function quietly<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof WireError) return undefined
    throw error
  }
}

/** `publickey: ED25519 SHA256:…`, as sshd names it in its log. */
function keyName({ type, fingerprint }: ClientKey): string {
  const kind = type.startsWith('ecdsa') ? 'ECDSA' : type === 'ssh-ed25519' ? 'ED25519' : type.replace(/^ssh-/, '').toUpperCase()
  return `publickey: ${kind} ${fingerprint}`
}

/** Milliseconds that pam_unix takes for a wrong password: two seconds, spread as libpam spreads them (pam_delay.c). */
function pamDelay(): number {
  const spread = (Math.random() + Math.random() + Math.random()) / 3 - 0.5
  return 2000 * (1 + spread)
}

/**
 * Milliseconds after which OpenSSH answers a failure (auth2.c, ensure_minimum_time_since): a time between 5 and 9.3 ms
 * that is the user's own, doubled until it is longer than what the attempt took anyway.
 */
function failureTime(identity: Identity, user: Buffer, spent: number): number {
  const secret = identity.bytes('ssh failure delay', 8)
  const own = createHash('sha512').update(secret).update(user).digest().readUInt32BE() / 1e9
  let time = 5 + own
  while (time < spent) time *= 2
  return time
}
