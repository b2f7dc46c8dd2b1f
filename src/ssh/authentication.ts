import { createHash } from 'node:crypto'
import type { Identity } from '../config/identity.ts'
import { evidence } from '../events/bytes.ts'
import type { DoorLog } from '../host/contract.ts'
import { toText } from '../host/text.ts'
import type { LoginAttempt, Visit } from '../sensor/visit.ts'
import { type ClientKey, clientKey, isAuthorized, isSignedBy } from './client-key.ts'
import type { Daemon } from './daemons.ts'
import { readInfoResponse, readUserAuthRequest, type UserAuthMethod, type UserAuthRequest } from './messages.ts'
import type { SshdConfig } from './sshd-config.ts'
import { Message } from './transport/message-numbers.ts'
import type { Incoming, Transport } from './transport/transport.ts'
import { WireReader, WireWriter } from './transport/wire.ts'

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
  /** The user of a keyboard-interactive dialogue whose answer is still out. */
  #asked: Buffer | undefined
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
    else if (type === Message.USERAUTH_REQUEST && this.#serviceAccepted) await this.#requested(readUserAuthRequest(payload))
    else if (type === Message.USERAUTH_INFO_RESPONSE && this.#asked) await this.#answered(this.#asked, payload)
    // A client that knows RFC 8308 may send extensions of its own.
    else if (type !== Message.EXT_INFO) this.#setup.transport.unimplemented(sequence)
  }

  #serviceRequested(payload: Buffer): void {
    const reader = new WireReader(payload, 1)
    const service = reader.name()
    reader.end()
    this.#serviceAccepted = service === 'ssh-userauth'
    if (!this.#serviceAccepted) this.#setup.transport.disconnect(`bad service request ${service}`)
    else this.#setup.transport.send(new WireWriter(Message.SERVICE_ACCEPT).string(service).done())
  }

  async #requested(request: UserAuthRequest): Promise<void> {
    const startedAt = performance.now()
    const { user, service } = request
    this.#asked = undefined
    if (this.#attempts >= MAX_ATTEMPTS) return this.#giveUp()
    if (this.#attempts++ === 0) {
      this.#first = { user, service }
      this.#sendBanner()
    } else if (!user.equals(this.#first!.user) || service !== this.#first!.service) {
      const before = `${this.#first!.user.toString('latin1')},${this.#first!.service}`
      const after = `${user.toString('latin1')},${service}`
      return this.#setup.transport.disconnect(`Change of username or service not allowed: (${before}) -> (${after})`)
    }
    if (service !== CONNECTION) return this.#fail(request, startedAt)
    await this.#try(user, request, startedAt)
  }

  async #try(user: Buffer, request: UserAuthMethod, startedAt: number): Promise<void> {
    const { config } = this.#setup
    if (request.method === 'password' && config.password) return this.#tryPassword('password', user, request.password, startedAt)
    if (request.method === 'publickey' && config.publickey) return this.#tryKey(user, request, startedAt)
    if (request.method === 'keyboard-interactive' && config.keyboardInteractive) return this.#ask(user)
    // What is not on offer fails, but a password that was said all the same is worth as much.
    if (request.method === 'password')
      this.#record({ method: 'password', username: evidence(user), password: evidence(request.password), accepted: false })
    return this.#fail(request, startedAt)
  }

  async #tryPassword(method: string, user: Buffer, password: Buffer, startedAt: number): Promise<void> {
    const accepted = this.#setup.gate.admitsPassword(toText(user), toText(password))
    this.#record({ method, username: evidence(user), password: evidence(password), accepted })
    if (accepted) return this.#succeed(user, 'password')
    await this.#fail({ method: 'password', password }, startedAt)
  }

  async #tryKey(user: Buffer, request: UserAuthMethod & { method: 'publickey' }, startedAt: number): Promise<void> {
    const { transport, gate } = this.#setup
    const key = clientKey(request.key)
    const known = isAuthorized(key, gate.authorizedKeys(toText(user)))
    if (known && !request.signed) {
      transport.send(new WireWriter(Message.USERAUTH_PK_OK).string(request.algorithm).string(request.key).done())
      return
    }
    const accepted = known && this.#isSignatureRight(key, request)
    this.#record({ method: 'publickey', username: evidence(user), fingerprint: key.fingerprint, accepted })
    if (accepted) return this.#succeed(user, keyName(key))
    await this.#fail(request, startedAt)
  }

  #isSignatureRight(key: ClientKey, request: UserAuthMethod & { method: 'publickey' }): boolean {
    if (!request.signed) return false
    const covered = Buffer.concat([new WireWriter().string(this.#setup.transport.sessionId).done(), request.signed.covered])
    return isSignedBy(key, request.algorithm, covered, request.signed.signature)
  }

  #ask(user: Buffer): void {
    this.#asked = user
    const request = new WireWriter(Message.USERAUTH_INFO_REQUEST).string('').string('').string('').uint32(1)
    this.#setup.transport.send(request.string('Password: ').boolean(false).done())
  }

  async #answered(user: Buffer, payload: Buffer): Promise<void> {
    this.#asked = undefined
    const [password] = readInfoResponse(payload)
    await this.#tryPassword('keyboard-interactive', user, password ?? Buffer.alloc(0), performance.now())
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

  async #fail(request: UserAuthMethod, startedAt: number): Promise<void> {
    const { config, transport } = this.#setup
    if (request.method !== 'none') {
      await this.#delay(request.method, startedAt)
      this.#setup.log().failed(toText(this.#first!.user), request.method === 'publickey' ? keyName(clientKey(request.key)) : request.method)
    }
    // A first "none" only asks for the list of methods and is free.
    if (request.method !== 'none' || this.#attempts > 1) this.#failures++
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

  async #delay(method: string, startedAt: number): Promise<void> {
    const { delays, daemon, identity, visit } = this.#setup
    if (!delays) return
    if (daemon.software === 'dropbear') return visit.pause(250 + Math.random() * 100)
    const spent = performance.now() - startedAt + (method === 'password' ? pamDelay() : 0)
    await visit.pause(failureTime(identity, this.#first!.user, spent) - (performance.now() - startedAt))
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
