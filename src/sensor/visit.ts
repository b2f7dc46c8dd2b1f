import type { Duplex } from 'node:stream'
import type { z } from 'zod'
import type { Evidence } from '../events/bytes.ts'
import type { CaptureDetail, Recorder } from '../events/recorder.ts'
import type { Artifact, CoreEvents, EventSchemas } from '../events/schema.ts'

export interface Endpoint {
  ip: string
  port: number
}

export interface LoginAttempt {
  /** `password`, `publickey`, `basic`, `scram-sha-256`, `ntlm` … */
  method: string
  username: Evidence
  password?: Evidence
  hash?: { mode: number; line: string }
  fingerprint?: string
  accepted: boolean
}

/** What TCP visits and UDP exchanges share: who, where, and writing down. */
export interface Witness<E extends EventSchemas = EventSchemas> extends Recorder {
  readonly session: string
  readonly source: Endpoint
  readonly local: Endpoint
  /** Writes down one fact: an event type of the core, or one that the lure declared. */
  record<T extends keyof CoreEvents & string>(type: T, data: z.input<CoreEvents[T]>, tags?: string[]): void
  record<T extends keyof E & string>(type: T, data: z.input<E[T]>, tags?: string[]): void
  login(attempt: LoginAttempt): void
  capture(bytes: Uint8Array, detail: CaptureDetail): Artifact
  /** Adds tags to this session's later events, e.g. `cve:CVE-2022-0543`. */
  tag(...tags: string[]): void
}

export interface ReadOptions {
  /** Milliseconds that this read may take; the visit's idle limit holds anyway. */
  within?: number
}

/**
 * One TCP connection of an attacker, with every limit built in. Reads throw {@link VisitEnded} when the attacker is gone
 * and {@link LimitReached} when a bound is hit; a lure lets both pass, the sensor knows what to do.
 */
export interface Visit<E extends EventSchemas = EventSchemas> extends Witness<E> {
  /** Aborted when the connection is gone, a limit ended it or the sensor stops. */
  readonly signal: AbortSignal
  /** Whether the attacker has closed its side; it may still read. */
  readonly hasEnded: boolean
  readonly tls: { alpn: string | undefined; serverName: string | undefined; version: string | undefined } | undefined
  /**
   * Makes this visit part of a session that other visits belong to as well, e.g. the requests of one browser. For lures that
   * declare `joinsSessions`; before they record anything.
   */
  join(session: string): void
  /** Some bytes, at least one; undefined when the attacker has closed its side. */
  read(options?: ReadOptions): Promise<Buffer | undefined>
  /** Exactly `n` bytes. */
  exactly(n: number, options?: ReadOptions): Promise<Buffer>
  /** One line without its LF or CRLF; at most `max` bytes before the LF. */
  line(max: number, options?: ReadOptions): Promise<Buffer>
  /** Everything up to and including `mark`; at most `max` bytes. */
  until(mark: Uint8Array, max: number, options?: ReadOptions): Promise<Buffer>
  /** The next bytes without consuming them: `n` of them, or fewer when the attacker closed or `within` passed. */
  peek(n: number, options?: ReadOptions): Promise<Buffer>
  /** Puts bytes back in front of what is still unread. */
  unread(bytes: Uint8Array): void
  /** Resolves when the kernel or the send buffer has taken the bytes. */
  write(bytes: Uint8Array | string): Promise<void>
  /** Sends what is queued, then FIN. */
  end(): Promise<void>
  /** Drops the connection with RST. */
  reset(): void
  /** Does nothing for a while; ends early, with VisitEnded, when the visit does. */
  pause(ms: number): Promise<void>
  /** Changes to TLS with this lure's certificate (STARTTLS). */
  startTls(): Promise<void>
  /**
   * Listens for one more connection of this attacker, at the address that it reached; what was opened before is closed. Its
   * bytes count for this visit. The port waits until `accept` has its connection or `close`, or the attacker closes its side.
   */
  passive(ports?: PortRange): Promise<Passive>
  /** The connection as a Node stream, for libraries. Byte counts and limits go on; use nothing else of the visit's reading after this. */
  duplex(): Duplex
}

/** Ports from `min` to `max`, both included. */
export interface PortRange {
  min: number
  max: number
}

/** A second connection of a visit: it reads and writes, the visit records. */
export type Channel = Pick<Visit, 'read' | 'write' | 'end' | 'reset' | 'startTls' | 'signal'>

/** A port that waits for the second connection of a visit. */
export interface Passive<C = Channel> {
  readonly port: number
  /** The connection, when it comes `within` a minute or as told. @throws LimitReached `passive` when it does not. */
  accept(options?: ReadOptions): Promise<C>
  close(): void
}

/** The attacker closed or lost the connection. Not an error of anybody. */
export class VisitEnded extends Error {
  constructor() {
    super('the attacker has gone')
    this.name = 'VisitEnded'
  }
}

/** A bound of the sensor was reached: `idle`, `line`, `bytes-in` … */
export class LimitReached extends Error {
  readonly limit: string
  readonly allowed: number | undefined

  constructor(limit: string, allowed?: number) {
    super(`limit ${limit} reached${allowed === undefined ? '' : ` (${allowed})`}`)
    this.name = 'LimitReached'
    this.limit = limit
    this.allowed = allowed
  }
}

/** One request of an attacker over UDP. What is answered to it passes the reply governor. */
export interface Datagram<E extends EventSchemas = EventSchemas> extends Witness<E> {
  readonly bytes: Buffer
  /** False when this source is being counted only (a flood): do not record each packet, an answer would be withheld. */
  readonly fresh: boolean
  /**
   * Says what is asked for, in the protocol's own word (`MON_GETLIST_1`), and how many bytes a server without a governor would
   * send. A flood tells both. Unless said, it is what `answer` gives.
   */
  asksFor(request: string, potentialBytes: number): void
  /**
   * Says that this datagram echoes an unpredictable value of ours, so its source receives what we send: it is no spoofed
   * victim. Answers to it may then be as many and as large as the lure's protocol needs, within a wider bound.
   */
  sourceIsProven(): void
  /**
   * Sends one more answer from this port after `answer` has returned, as a SIP telephone that is lifted does. It passes the
   * governor as an answer to nothing. Gives the reason when it is withheld.
   */
  reply(bytes: Buffer): string | undefined
  /**
   * Goes on with this source from a port of its own, as TFTP does for each transfer (RFC 1350 §4). All that is sent there
   * passes the governor. False when too many are going on; `talk` is then not called.
   */
  converse(talk: (dialogue: Dialogue) => Promise<void>): boolean
}

/** An exchange with one source over a port that only this source was told. */
export interface Dialogue {
  readonly port: number
  /** Sends one datagram, or gives the reason why the governor withholds it. */
  send(bytes: Buffer): string | undefined
  /** The source's next datagram; undefined when none comes `within` ms. @throws VisitEnded when the sensor stops or a bound is reached */
  receive(within: number): Promise<Buffer | undefined>
  /** As {@link Datagram.sourceIsProven}: a datagram came to this port, which nobody else knows. */
  sourceIsProven(): void
}
