import { randomBytes, randomInt } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { ByteWriter } from '../../sensor/byte-writer.ts'
import type { Account } from './bmc.ts'
import type { Caller } from './command.ts'
import { type Handshake, type Keys, SUITES, type Suite } from './keys.ts'

/** A BMC has room for few sessions; those that are only being opened are forgotten sooner. */
const SESSIONS = 64
const OPENING_MS = 60_000
const IDLE_MS = 180_000
const RANDOM_BYTES = 16

/** Status codes of RMCP+ (table 13-15). */
export const STATUS = {
  ok: 0,
  invalidSession: 2,
  invalidRole: 9,
  invalidName: 0x0d,
  invalidCheck: 0x0f,
  noSuite: 0x11,
} as const

export interface Session extends Caller {
  source: string
  version: '1.5' | '2.0'
  suite: Suite
  handshake: Handshake
  account?: Account
  /** Set when the session is open. */
  keys?: Keys
  isActive: boolean
  /** Of the packets that we send. */
  sequence: number
  /** IPMI 1.5 only. */
  authType: number
}

/** The sessions of a BMC by the id that it gave them. */
export class Sessions {
  readonly #guid: Buffer
  readonly #byId = new LRUCache<number, Session>({ max: SESSIONS, ttl: OPENING_MS })

  constructor(guid: Buffer) {
    this.#guid = guid
  }

  /** A session that is about to be opened. Its id cannot be guessed: whoever names it has received our answer. */
  begin(source: string, version: Session['version'], opening: { suite: Suite; consoleSession: number; limit: number }): Session {
    let id: number
    do id = randomInt(1, 2 ** 32)
    while (this.#byId.has(id))
    const session: Session = {
      source,
      version,
      suite: opening.suite,
      handshake: {
        suite: opening.suite,
        consoleSession: opening.consoleSession,
        bmcSession: id,
        consoleRandom: Buffer.alloc(RANDOM_BYTES),
        bmcRandom: randomBytes(RANDOM_BYTES),
        guid: this.#guid,
        role: opening.limit,
        user: Buffer.alloc(0),
      },
      session: id,
      user: 0,
      privilege: 0,
      limit: opening.limit,
      isActive: false,
      sequence: 0,
      authType: 0,
    }
    this.#byId.set(id, session)
    return session
  }

  /** The session of this id, if this source has it. */
  of(id: number, source: string): Session | undefined {
    const session = this.#byId.get(id)
    if (session?.source !== source) return undefined
    if (session.isActive) this.#byId.set(id, session, { ttl: IDLE_MS })
    return session
  }

  activate(session: Session, account: Account): void {
    session.isActive = true
    session.account = account
    session.user = account.id
    session.limit = Math.min(session.limit, account.privilege)
    session.privilege = Math.min(2, session.limit)
    this.#byId.set(session.session, session, { ttl: IDLE_MS })
  }

  end(session: Session): void {
    this.#byId.delete(session.session)
  }
}

/** What a console asks of a session (table 13-9); undefined when it is too short. */
export function openRequest(payload: Buffer): { tag: number; privilege: number; consoleSession: number; suite: Suite } | undefined {
  if (payload.length < 32) return undefined
  const algorithm = (at: number): number => payload[at + 4]! & 0x3f
  return {
    tag: payload[0]!,
    privilege: payload[1]! & 0x0f,
    consoleSession: payload.readUInt32LE(4),
    suite: { authentication: algorithm(8), integrity: algorithm(16), confidentiality: algorithm(24) },
  }
}

/** Number of the cipher suite that these algorithms are; undefined when this BMC has no such one. */
export function suiteNumber(wanted: Suite): number | undefined {
  for (const [number, suite] of SUITES) {
    if ((['authentication', 'integrity', 'confidentiality'] as const).every((one) => suite[one] === wanted[one])) return number
  }
  return undefined
}

export function openResponse(tag: number, session: Session): Buffer {
  const { suite, handshake } = session
  const writer = new ByteWriter().u8(tag).u8(STATUS.ok).u8(session.limit).u8(0).u32le(handshake.consoleSession).u32le(session.session)
  for (const [kind, algorithm] of [suite.authentication, suite.integrity, suite.confidentiality].entries()) {
    writer.u8(kind).u16le(0).u8(8).u8(algorithm).zeros(3)
  }
  return writer.done()
}

/** An answer of the handshake that only says why not. */
export function refusal(tag: number, status: number, consoleSession: number): Buffer {
  return new ByteWriter().u8(tag).u8(status).u16le(0).u32le(consoleSession).done()
}
