import { evidence } from '../events/bytes.ts'
import type { DoorLog, SpawnRequest } from '../host/contract.ts'
import { accountFor, admits } from '../host/login-policy.ts'
import { toText } from '../host/text.ts'
import type { VisitContext } from '../sensor/lure.ts'
import { LimitReached, type Visit, VisitEnded } from '../sensor/visit.ts'
import { Authentication } from './authentication.ts'
import { Connection } from './connection.ts'
import type { Daemon } from './daemons.ts'
import type { SshEvents } from './events.ts'
import { forwarding, isListening } from './forwarding.ts'
import type { HostKey } from './host-keys.ts'
import type { SshOptions } from './options.ts'
import { SessionFactory } from './session-factory.ts'
import { Accounts } from './sftp/accounts.ts'
import { type SshdConfig, sshdConfigOf } from './sshd-config.ts'
import { IdentificationReader } from './transport/identification.ts'
import { type Agreement, hassh, type KexInit } from './transport/kexinit.ts'
import { KeyExchangeError } from './transport/key-exchange.ts'
import { PacketError } from './transport/packets.ts'
import { Transport } from './transport/transport.ts'
import { WireError } from './transport/wire.ts'

/** What all visits of one use of the lure share. */
export interface Room {
  /** Our identification line, without CRLF. */
  identification: string
  daemon: Daemon
  hostKeys: readonly HostKey[]
  /** Folder of the terminal recordings. */
  recordings: string
}

export type SshVisit = Visit<SshEvents>
export type SshContext = VisitContext<SshOptions, Room>

/** One connection from the first byte to the last: identification, key exchange, authentication, channels. */
export class Conversation {
  readonly #visit: SshVisit
  readonly #context: SshContext
  readonly #config: SshdConfig
  readonly #transport: Transport
  readonly #authentication: Authentication
  readonly #startedAt = performance.now()
  #log: DoorLog | undefined
  #connection: Connection | undefined
  #parting: { reason: number; text: string } | undefined

  constructor(visit: SshVisit, context: SshContext) {
    const { daemon, hostKeys, identification } = context.room
    this.#visit = visit
    this.#context = context
    this.#config = sshdConfigOf(context.persona, daemon)
    this.#transport = new Transport({
      visit,
      daemon,
      hostKeys,
      ours: Buffer.from(identification),
      onKexInit: (client, agreed) => this.#recordKexInit(client, agreed),
      onDisconnect: ({ reason, text }) => {
        this.#parting = { reason, text: toText(text) }
        visit.record('ssh.disconnect', { reason, text: evidence(text) })
      },
    })
    this.#authentication = new Authentication({
      transport: this.#transport,
      visit,
      daemon,
      config: this.#config,
      identity: context.identity,
      gate: {
        admitsPassword: (user, password) => this.#admitsPassword(user, password),
        authorizedKeys: (user) => this.#authorizedKeys(user),
      },
      log: () => this.#doorLog(),
      delays: context.options.delays,
    })
  }

  /** Made late: most connections of scanners give it nothing to write. */
  #doorLog(): DoorLog {
    this.#log ??= this.#context.host.logs.door('sshd', this.#visit.source)
    return this.#log
  }

  async run(): Promise<void> {
    try {
      if (await this.#identify()) await this.#talk()
    } catch (error) {
      this.#explain(error)
    } finally {
      this.#connection?.end()
      this.#log?.ended({ parting: this.#parting, thrownOut: this.#authentication.hasGivenUp })
      await this.#transport.close()
    }
  }

  /** False when the daemon hangs up on this line. */
  async #identify(): Promise<boolean> {
    const { identification, daemon } = this.#context.room
    await this.#visit.write(`${identification}\r\n`)
    if (daemon.kexInitAtOnce) this.#transport.start()
    const reader = new IdentificationReader(daemon.software)
    for (;;) {
      const bytes = await this.#visit.read({ within: this.#graceLeft })
      if (!bytes) return false
      const client = reader.push(bytes)
      if (!client) continue
      this.#visit.record('ssh.version', { version: evidence(client.line), accepted: client.kind === 'accepted' })
      if (client.kind === 'refused') {
        if (client.answer) await this.#visit.write(client.leavesUnread ? client.answer : `${client.answer}\r\n`)
        if (client.leavesUnread) this.#visit.reset()
        return false
      }
      if (!daemon.kexInitAtOnce) this.#transport.start()
      this.#transport.identified(client.line, client.rest)
      return true
    }
  }

  async #talk(): Promise<void> {
    const grace = (): number | undefined => (this.#connection ? undefined : this.#graceLeft)
    for await (const message of this.#transport.messages(grace)) {
      if (this.#connection) this.#connection.receive(message)
      else await this.#authenticate(message)
    }
    if (this.#transport.leftByClient) throw new VisitEnded()
  }

  async #authenticate(message: { payload: Buffer; sequence: number }): Promise<void> {
    await this.#authentication.receive(message)
    const user = this.#authentication.admitted
    if (user !== undefined) this.#connection = await this.#connect(user)
  }

  async #connect(user: string): Promise<Connection> {
    const { room, host, persona, identity, options } = this.#context
    const origin = { ...this.#origin(), daemonPid: this.#doorLog().pid }
    const account = await accountFor(host, user, { ...origin, recorder: this.#visit })
    this.#doorLog().accepted(account, this.#authentication.method)
    const isRoot = new Accounts(host.files(account)).uid(account) === 0
    const sessions = new SessionFactory({
      visit: this.#visit,
      room,
      config: this.#config,
      persona,
      identity,
      host,
      account,
      isRoot,
      disconnect: (text) => this.#transport.disconnect(text),
      origin,
    })
    return new Connection({
      transport: this.#transport,
      daemon: room.daemon,
      config: this.#config,
      hostKeys: room.hostKeys,
      session: (channel) => sessions.open(channel),
      forward: forwarding({
        persona,
        policy: options.forwarding,
        source: this.#visit.source,
        local: this.#visit.local,
        door: (port) => this.#context.door(port),
        requested: (target, accepted, lure) => {
          this.#visit.record('ssh.forward', { ...target, accepted, ...(lure ? { lure } : {}) })
          this.#visit.record('indicator', { kind: 'host', value: `${target.host}:${target.port}`, how: 'direct-tcpip' })
        },
        data: ({ host, port }, data, bytes) => this.#visit.record('ssh.forward.data', { host, port, data, bytes }),
      }),
      isTaken: (port) => isListening(port, persona),
      isRoot,
      listenRequested: (host, port) => this.#visit.record('ssh.listen', { host, port }),
      globalRequested: (name, accepted) => this.#visit.record('ssh.request', { name, accepted }),
    })
  }

  #origin(): Pick<SpawnRequest, 'remote' | 'local' | 'via'> {
    const { source: remote, local } = this.#visit
    return { remote, local, via: 'sshd' }
  }

  #admitsPassword(user: string, password: string): boolean {
    const { options, persona, host, state, loopback } = this.#context
    if (options.authOnly) return false
    return admits({ persona, host, state, source: this.#visit.source.ip, loopback }, user, password)
  }

  #authorizedKeys(user: string): string[] {
    const { options, persona, host } = this.#context
    if (options.authOnly || persona.login.deny.includes(user) || !host.userExists(user)) return []
    return host.authorizedKeys(user)
  }

  /** Milliseconds until LoginGraceTime is over. */
  get #graceLeft(): number {
    return Math.max(1, this.#config.loginGraceMs - (performance.now() - this.#startedAt))
  }

  #recordKexInit(client: KexInit, agreed: Agreement | undefined): void {
    const { kex, hostKey, cipherIn: cipher, macIn: mac, compressionIn: compression, languageIn: language } = client
    const { value, raw } = hassh(client)
    const outcome = agreed && Object.fromEntries(Object.entries(agreed).filter(([, name]) => name !== undefined))
    this.#visit.record('ssh.kex', { kex, hostKey, cipher, mac, compression, language, ...(outcome ? { agreed: outcome } : {}) })
    this.#visit.record('fingerprint', { kind: 'hassh', value, raw })
  }

  /** Breaking the protocol and waiting too long end a connection in silence, as with the real daemon; the rest is for the sensor. */
  #explain(error: unknown): void {
    if (error instanceof PacketError || error instanceof KeyExchangeError || error instanceof WireError) {
      this.#visit.record('ssh.malformed', { what: error.message })
      if (error instanceof PacketError && error.parting) this.#transport.disconnect(error.parting)
      return
    }
    if (error instanceof LimitReached && error.limit === 'read-deadline') {
      this.#visit.record('limit', { limit: 'login-grace', allowed: this.#config.loginGraceMs })
      return
    }
    throw error
  }
}
