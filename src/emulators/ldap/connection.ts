import type { Identity } from '../../config/identity.ts'
import { evidence } from '../../events/bytes.ts'
import { toBytes } from '../../host/text.ts'
import { BerError, encodeElement } from '../../sensor/ber.ts'
import { recordIndicators } from '../../sensor/indicators.ts'
import { LoginDesk, type LoginDeskSetup } from '../../sensor/login-desk.ts'
import type { Visit } from '../../sensor/visit.ts'
import {
  type Bind,
  encodeEntry,
  encodeMessage,
  encodeResult,
  type LdapMessage,
  OP,
  parseBind,
  parseCompare,
  parseExtended,
  parseSearch,
  parseWrite,
  type Result,
  type Search,
} from './codec.ts'
import { type Dn, firstValue, isUnder, parseDn } from './dn.ts'
import type { LdapEvents } from './events.ts'
import { filterText } from './filter.ts'
import { canonical } from './match.ts'
import { CANCEL, MODIFY_PASSWORD, START_TLS, WHO_AM_I } from './root-dse.ts'
import { beginSasl, type SaslExchange } from './sasl.ts'
import { CODE, type Found, nearest, refusedControl, type SearchRoom, search } from './search.ts'

export interface LdapContext extends LoginDeskSetup {
  options: LoginDeskSetup['options'] & { startTls: boolean }
  identity: Identity
  room: SearchRoom
}

/** What one message comes to. */
export interface Answer {
  bytes: Buffer
  /** `close` behind it, or the change to TLS. */
  next?: 'close' | 'tls'
}

const SHOWN_BYTES = 4096
const WRITES = { [OP.modify]: 'modify', [OP.add]: 'add', [OP.delete]: 'delete', [OP.rename]: 'rename' } as const
const SCOPES = ['base', 'one', 'sub', 'subordinates'] as const
/** Notice of Disconnection (RFC 4511 §4.4.1). */
const NOTICE = '1.3.6.1.4.1.1466.20036'

/** One client of slapd 2.5. */
export class LdapConnection {
  readonly #visit: Visit<LdapEvents>
  readonly #context: LdapContext
  readonly #desk: LoginDesk
  /** Who has bound, as `whoami` says it; empty for anybody. */
  #dn = ''
  #who: Dn = []
  #sasl: SaslExchange | undefined

  constructor(visit: Visit<LdapEvents>, context: LdapContext) {
    this.#visit = visit
    this.#context = context
    this.#desk = new LoginDesk(visit, context)
  }

  async answer(message: LdapMessage): Promise<Answer> {
    try {
      return await this.#dispatch(message)
    } catch (error) {
      if (!(error instanceof BerError)) throw error
      this.#visit.record('ldap.malformed', { message: error.message })
      const name = encodeElement(0x8a, Buffer.from(NOTICE))
      const notice = encodeResult(OP.extendedDone, { code: CODE.protocolError, text: 'decoding error', more: [name] })
      return { bytes: encodeMessage(0, notice), next: 'close' }
    }
  }

  async #dispatch(message: LdapMessage): Promise<Answer> {
    const { id, op, content, controls } = message
    const say = (tag: number, result: Result): Answer => ({ bytes: encodeMessage(id, encodeResult(tag, result)) })
    switch (op) {
      case OP.bind:
        return say(OP.bound, refusedControl(controls) ?? (await this.#bind(parseBind(content))))
      case OP.search:
        return { bytes: this.#search(id, parseSearch(content), controls) }
      case OP.modify:
      case OP.add:
      case OP.delete:
      case OP.rename:
        return say(op === OP.delete ? 0x6b : op + 1, this.#write(op, content))
      case OP.compare:
        return say(OP.compare + 1, this.#compare(content))
      case OP.extended:
        return this.#extended(id, content)
      case OP.abandon:
        return { bytes: Buffer.alloc(0) }
      case OP.unbind:
        return { bytes: Buffer.alloc(0), next: 'close' }
      default:
        this.#visit.record('ldap.malformed', { message: `operation ${op}` })
        return { bytes: Buffer.alloc(0), next: 'close' }
    }
  }

  async #bind(bind: Bind): Promise<Result> {
    // A bind begins with nobody, whatever was before (RFC 4513 §4).
    this.#dn = ''
    this.#who = []
    const result = await this.#bound(bind)
    const mechanism = bind.kind === 'sasl' ? { mechanism: bind.mechanism.slice(0, 64) } : {}
    const method = bind.kind === 'simple' && bind.dn.length === 0 && bind.password.length === 0 ? 'anonymous' : bind.kind
    this.#visit.record('ldap.bind', {
      version: bind.version,
      dn: evidence(bind.dn.subarray(0, SHOWN_BYTES)),
      method,
      ...mechanism,
      code: result.code,
    })
    return result
  }

  async #bound(bind: Bind): Promise<Result> {
    if (bind.version < 2 || bind.version > 3) return { code: CODE.protocolError, text: 'requested protocol version not supported' }
    if (bind.version === 2) return { code: CODE.protocolError, text: 'historical protocol version requested, use LDAPv3 instead' }
    const dn = parseDn(bind.dn.toString('utf8'))
    if (bind.kind === 'simple' && !dn && bind.password.length > 0) this.#refuse(bind.dn, bind.password)
    if (!dn) return { code: CODE.invalidDnSyntax, text: 'invalid DN' }
    if (bind.kind === 'sasl') return this.#saslBind(bind.mechanism, bind.credentials ?? Buffer.alloc(0))
    this.#sasl = undefined
    if (bind.kind !== 'simple') return { code: CODE.authMethodNotSupported, text: 'unknown authentication method' }
    return this.#simpleBind(bind.dn, dn, bind.password)
  }

  #simpleBind(given: Buffer, dn: Dn, password: Buffer): Result {
    if (password.length === 0) {
      return dn.length === 0
        ? { code: CODE.success }
        : { code: CODE.unwilling, text: 'unauthenticated bind (DN with no password) disallowed' }
    }
    const { directory } = this.#context.room
    // People log in by the value of their name's first part; a name of elsewhere is written down as it is.
    const isOurs = isUnder(dn, directory.suffixName) && dn.length > directory.suffixName.length
    const user = isOurs ? toBytes(firstValue(dn)) : given
    const isKnown = dn.join() === directory.admin.join() || directory.entries.some(({ name }) => name.join() === dn.join())
    if (!isKnown) this.#refuse(user, password)
    if (!isKnown || !this.#desk.password('ldap-simple', user, password)) return { code: CODE.invalidCredentials }
    this.#dn = given.toString('utf8')
    this.#who = dn
    return { code: CODE.success }
  }

  /** A credential that nobody here has, whatever the policy. */
  #refuse(user: Buffer, password: Buffer): void {
    this.#visit.login({ method: 'ldap-simple', username: evidence(user), password: evidence(password), accepted: false })
  }

  async #saslBind(mechanism: string, credentials: Buffer): Promise<Result> {
    if (this.#sasl?.mechanism !== mechanism) {
      const { persona } = this.#context
      const name = persona.hostname.slice(0, 15).toUpperCase()
      const begun = beginSasl(mechanism, {
        desk: this.#desk,
        hostname: persona.hostname,
        target: { netbiosComputer: name, netbiosDomain: name, dnsComputer: persona.hostname, dnsDomain: persona.domain },
        isEncrypted: this.#visit.tls !== undefined,
      })
      if ('code' in begun) return begun
      this.#sasl = begun
    }
    const { result, user } = await this.#sasl.step(credentials)
    if (result.code !== CODE.saslBindInProgress) this.#sasl = undefined
    if (user !== undefined) {
      this.#dn = `uid=${user},cn=${mechanism.toLowerCase()},cn=auth`
      this.#who = parseDn(this.#dn) ?? []
    }
    return result
  }

  #search(id: number, asked: Search, controls: LdapMessage['controls']): Buffer {
    const found = search(this.#context.room, asked, controls, this.#who)
    const bytes = encodeFound(id, found)
    recordSearch(this.#visit, asked, found, bytes.length)
    return bytes
  }

  #write(op: keyof typeof WRITES, content: Buffer): Result {
    const { dn, rest } = parseWrite(op, content)
    // A replica, as many are: it can be read, and changed elsewhere.
    const result: Result =
      this.#who.length === 0
        ? { code: CODE.strongAuthRequired, text: 'modifications require authentication' }
        : { code: CODE.unwilling, text: 'operation restricted' }
    this.#visit.record('ldap.write', {
      operation: WRITES[op] as 'modify',
      dn: evidence(dn.subarray(0, SHOWN_BYTES)),
      bytes: evidence(rest.subarray(0, SHOWN_BYTES)),
      code: result.code,
    })
    return result
  }

  #compare(content: Buffer): Result {
    const { dn, attribute, value } = parseCompare(content)
    const { directory } = this.#context.room
    const name = parseDn(dn.toString('utf8'))
    const entry = name && directory.entries.find((one) => one.name.join() === name.join())
    const wanted = canonical(attribute)
    const values = entry?.attributes.find(([one]) => canonical(one) === wanted)?.[1]
    const isEqual = values?.some((one) => one.toLowerCase() === value.toString('utf8').toLowerCase())
    const result: Result = !name
      ? { code: CODE.invalidDnSyntax, text: 'invalid DN' }
      : !entry
        ? { code: CODE.noSuchObject, matched: nearest(directory, name) }
        : { code: wanted === 'userpassword' ? CODE.insufficientAccess : isEqual ? CODE.compareTrue : CODE.compareFalse }
    this.#visit.record('ldap.compare', {
      dn: evidence(dn.subarray(0, SHOWN_BYTES)),
      attribute: evidence(attribute.slice(0, SHOWN_BYTES)),
      value: evidence(value.subarray(0, SHOWN_BYTES)),
      code: result.code,
    })
    return result
  }

  #extended(id: number, content: Buffer): Answer {
    const { oid, value } = parseExtended(content)
    const { result, next } = this.#extension(oid)
    this.#visit.record('ldap.extended', {
      oid: evidence(oid.slice(0, 256)),
      ...(value && { value: evidence(value.subarray(0, SHOWN_BYTES)) }),
      code: result.code,
    })
    return { bytes: encodeMessage(id, encodeResult(OP.extendedDone, result)), ...(next && { next }) }
  }

  #extension(oid: string): { result: Result; next?: 'tls' } {
    if (oid === WHO_AM_I) {
      const said = this.#dn === '' ? '' : `dn:${this.#dn}`
      return { result: { code: CODE.success, more: [encodeElement(0x8b, Buffer.from(said))] } }
    }
    if (oid === CANCEL) return { result: { code: CODE.noSuchOperation, text: 'message ID not found' } }
    if (oid === MODIFY_PASSWORD) {
      const isAnybody = this.#who.length === 0
      const text = isAnybody ? 'only authenticated users may change passwords' : 'operation restricted'
      return { result: { code: isAnybody ? CODE.strongAuthRequired : CODE.unwilling, text } }
    }
    if (oid === START_TLS && this.#context.options.startTls) {
      return this.#visit.tls ? { result: { code: 1, text: 'TLS already started' } } : { result: { code: CODE.success }, next: 'tls' }
    }
    return { result: { code: CODE.protocolError, text: 'unsupported extended operation' } }
  }
}

/** The entries and the end of a search. */
export function encodeFound(id: number, { result, entries, control }: Found): Buffer {
  const parts = entries.map(({ dn, attributes }) => encodeMessage(id, encodeEntry(dn, attributes)))
  return Buffer.concat([...parts, encodeMessage(id, encodeResult(OP.done, result), control)])
}

/** Writes a search down, over TCP and UDP alike. */
export function recordSearch(
  witness: Pick<Visit<LdapEvents>, 'record' | 'capture' | 'tag'>,
  { base, scope, filter, attributes }: Search,
  { result, entries }: Pick<Found, 'result' | 'entries'>,
  answerBytes: number,
): void {
  const text = filterText(filter)
  // A Java program that was told to look something up asks for the path of its URL, which is no name of a directory.
  const isLookup = result.code === CODE.invalidDnSyntax && scope === 0 && text.toLowerCase() === '(objectclass=*)'
  witness.record(
    'ldap.search',
    {
      base: evidence(base.subarray(0, SHOWN_BYTES)),
      scope: SCOPES[scope] ?? 'invalid',
      filter: evidence(text),
      attributes: attributes.slice(0, 64).map((name) => evidence(name.slice(0, 256))),
      entries: entries.length,
      code: result.code,
      answerBytes,
    },
    isLookup ? ['note:jndi-client'] : [],
  )
  recordIndicators(witness as Visit<LdapEvents>, `${base.toString('latin1')} ${text}`, 'ldap search')
}
