import { randomBytes } from 'node:crypto'
import { evidence, evidenceText } from '../../events/bytes.ts'
import type { DatabaseSession } from '../../host/database/session.ts'
import { toText } from '../../host/text.ts'
import { ByteReader } from '../../sensor/byte-reader.ts'
import type { LoginDesk } from '../../sensor/login-desk.ts'
import type { SqlDesk } from '../../sensor/sql-desk.ts'
import { TimeSlice } from '../../sensor/time-slice.ts'
import { LimitReached, type Visit } from '../../sensor/visit.ts'
import { bindRows, decodeExecute, decodeFetch, decodePiggyback } from './calls.ts'
import { decodeHeader, encodePacket, HEADER_BYTES, PACKET, read, TnsFormatError, TnsShort, ub } from './codec.ts'
import type { OracleEvents } from './events.ts'
import {
  answerDataTypes,
  CALL,
  decodeLoginCall,
  encodeError,
  encodeParameters,
  encodeProtocol,
  encodeStatus,
  type LoginCall,
  MESSAGE,
} from './messages.ts'
import { Statements } from './statements.ts'
import { newServerKey, o5logonOf, provesPassword, serverResponse, VERIFIER_11G } from './verifier.ts'

const LARGEST_PACKET = 128 * 1024
/** A call that goes over several packets. */
const LONGEST_MESSAGE = 4 * 1024 * 1024
/** Bytes of an answer in one packet. */
const LARGEST_DATA = 8000
const COMMIT_REEXECUTE = 0x01
/** Logins on one connection: the profile's FAILED_LOGIN_ATTEMPTS is no concern of the connection, so a bound of ours. */
const MOST_CALLS = 5000

export interface Instance {
  sid: string
  service: string
  host: string
  /** Of a user: the same at every try. */
  salt(user: string): Buffer
  /** 32 hexadecimal digits. */
  databaseId: string
  version: number
}

export interface SessionSetup {
  visit: Visit<OracleEvents>
  desk: LoginDesk
  instance: Instance
  /** The database behind the login. @param client what it said of itself: AUTH_PROGRAM_NM, AUTH_SID … */
  openSession(user: string, client: ReadonlyMap<string, string>, id: number): { session: DatabaseSession; desk: SqlDesk }
  /** Lengths of four bytes. */
  isLarge: boolean
  sessionId: number
}

/** One connection to the instance: negotiation, login, calls. */
export class OracleSession {
  readonly #setup: SessionSetup
  readonly #slice = new TimeSlice()
  #serverKey: Buffer = Buffer.alloc(0)
  #statements: Statements | undefined
  #session: DatabaseSession | undefined
  #desk: SqlDesk | undefined
  /** Fields that messages have, as the two have agreed. */
  #version = 12
  /** A message whose rest is to come. */
  #begun: Buffer = Buffer.alloc(0)
  /** What the client said of itself. */
  #client: ReadonlyMap<string, string> = new Map()
  #calls = 0

  constructor(setup: SessionSetup) {
    this.#setup = setup
  }

  async serve(): Promise<void> {
    const { visit, isLarge } = this.#setup
    for (;;) {
      const { type, length } = decodeHeader(await visit.exactly(HEADER_BYTES), isLarge)
      if (length > LARGEST_PACKET) throw new LimitReached('packet', LARGEST_PACKET)
      const body = await visit.exactly(length - HEADER_BYTES)
      await this.#slice.turn()
      if (type === PACKET.marker) await visit.write(encodePacket(PACKET.marker, Buffer.of(1, 0, 2), isLarge))
      else if (type !== PACKET.data) throw new TnsFormatError(`packet type ${type} in a session`)
      else if (!(await this.#data(body))) return
    }
  }

  async #send(...messages: Buffer[]): Promise<void> {
    const { visit, isLarge } = this.#setup
    const bytes = Buffer.concat(messages)
    for (let at = 0; at === 0 || at < bytes.length; at += LARGEST_DATA) {
      // Two bytes of data flags come first.
      await visit.write(encodePacket(PACKET.data, Buffer.concat([Buffer.alloc(2), bytes.subarray(at, at + LARGEST_DATA)]), isLarge))
    }
  }

  /** False when the connection ends. */
  async #data(body: Buffer): Promise<boolean> {
    if (body.length < 2) throw new TnsFormatError('DATA without flags')
    const END_OF_FILE = 0x40
    if (body.readUInt16BE(0) & END_OF_FILE) return false
    const message = this.#begun.length ? Buffer.concat([this.#begun, body.subarray(2)]) : body.subarray(2)
    this.#begun = Buffer.alloc(0)
    try {
      return await this.#message(new ByteReader(message))
    } catch (error) {
      // Of a login all comes in one packet; longer calls go on in the next.
      if (!(error instanceof TnsShort) || this.#statements === undefined || message.length > LONGEST_MESSAGE) throw error
      this.#begun = message
      return true
    }
  }

  async #message(reader: ByteReader): Promise<boolean> {
    const type = reader.left ? reader.u8() : 0
    switch (type) {
      case MESSAGE.protocol:
        await this.#send(encodeProtocol())
        return true
      case MESSAGE.dataTypes: {
        const { answer, version } = answerDataTypes(reader)
        this.#version = version
        await this.#send(answer)
        return true
      }
      case MESSAGE.call:
        return this.#call(reader)
      case MESSAGE.piggyback:
        this.#piggyback(reader)
        return this.#message(reader)
      default:
        throw new TnsFormatError(`message ${type}`)
    }
  }

  /** What a client sends in front of its call. */
  #piggyback(reader: ByteReader): void {
    const { code } = callHeader(reader)
    const found = decodePiggyback(code, reader)
    if (!found) {
      this.#setup.visit.record('oracle.call', { code })
      throw new TnsFormatError(`piggyback ${code}`)
    }
    if (found.kind === 'close') this.#statements?.close(found.cursors)
    if (found.kind === 'schema' && this.#session?.catalog.database(found.name)) this.#session.database = found.name.toUpperCase()
  }

  async #call(reader: ByteReader): Promise<boolean> {
    if (++this.#calls > MOST_CALLS) return false
    const { code } = callHeader(reader)
    if (code === CALL.sessionKey) return this.#sessionKey(decodeLoginCall(reader))
    if (code === CALL.login) return this.#login(decodeLoginCall(reader))
    if (!this.#statements) {
      this.#setup.visit.record('oracle.call', { code })
      await this.#send(encodeError(1012, 'ORA-01012: not logged on\n'))
      return true
    }
    await this.#send(...(await this.#answer(code, reader, this.#statements)))
    return code !== CALL.logoff
  }

  async #answer(code: number, reader: ByteReader, statements: Statements): Promise<Buffer[]> {
    switch (code) {
      case CALL.execute:
        return statements.execute(decodeExecute(reader, this.#version))
      case CALL.reexecute:
      case CALL.reexecuteAndFetch: {
        const { cursor, rows } = decodeFetch(reader)
        const flags = read(() => [ub(reader), ub(reader)])
        const answer = await statements.repeat(cursor, rows, bindRows(reader, statements.bindTypes(cursor)))
        if ((flags[1] ?? 0) & COMMIT_REEXECUTE) statements.commit()
        return answer
      }
      case CALL.fetch: {
        const { cursor, rows } = decodeFetch(reader)
        return statements.nextRows(cursor, rows)
      }
      case CALL.commit:
        statements.commit()
        return [encodeStatus()]
      case CALL.rollback:
        statements.rollback()
        return [encodeStatus()]
      case CALL.ping:
      case CALL.logoff:
        return [encodeStatus()]
      default:
        this.#setup.visit.record('oracle.call', { code })
        return [encodeError(3115, 'ORA-03115: unsupported network datatype or representation\n')]
    }
  }

  async #sessionKey({ user, mode, pairs }: LoginCall): Promise<boolean> {
    const { visit, instance } = this.#setup
    const attributes = [...pairs].map(([key, value]) => [evidenceText(evidence(key.slice(0, 64))), evidence(value.slice(0, 256))] as const)
    visit.record('oracle.client', { user: evidence(user), mode, attributes: Object.fromEntries(attributes) })
    this.#client = pairs
    this.#serverKey = newServerKey()
    const parameters = encodeParameters([
      { key: 'AUTH_SESSKEY', value: this.#serverKey.toString('hex').toUpperCase() },
      { key: 'AUTH_VFR_DATA', value: instance.salt(toText(user)).toString('hex').toUpperCase(), flags: VERIFIER_11G },
      { key: 'AUTH_GLOBALLY_UNIQUE_DBID\0', value: instance.databaseId },
    ])
    await this.#send(parameters, encodeError(0, ''))
    return true
  }

  async #login({ user, pairs }: LoginCall): Promise<boolean> {
    const { visit, desk, instance } = this.#setup
    const salt = instance.salt(toText(user))
    const exchange =
      this.#serverKey.length > 0
        ? o5logonOf(salt, this.#serverKey, pairs.get('AUTH_SESSKEY') ?? '', pairs.get('AUTH_PASSWORD') ?? '')
        : undefined
    if (!exchange) {
      await this.#send(encodeError(3134, 'ORA-03134: Connections to this server version are no longer supported.\n'))
      return false
    }
    const find = async (passwords: readonly string[]): Promise<string | undefined> => passwords.find((one) => provesPassword(exchange, one))
    const { accepted, password } = await desk.mutualProof('o5logon', user, find)
    if (password === undefined) {
      const hex = (bytes: Buffer): string => bytes.toString('hex').toUpperCase()
      const keys = {
        salt: hex(salt),
        serverKey: hex(exchange.serverKey),
        clientKey: hex(exchange.clientKey),
        password: hex(exchange.password),
      }
      visit.record('oracle.o5logon', { user: evidence(user), verifier: VERIFIER_11G, ...keys })
    }
    this.#serverKey = Buffer.alloc(0)
    if (!accepted || password === undefined) {
      await this.#send(encodeError(1017, 'ORA-01017: invalid username/password; logon denied\n'))
      return true
    }
    this.#open(toText(user).toUpperCase())
    await this.#send(encodeParameters(this.#welcome(serverResponse(exchange, password))), encodeError(0, ''))
    return true
  }

  #welcome(response: string): { key: string; value: string }[] {
    const { instance, sessionId } = this.#setup
    const pairs: Record<string, string> = {
      AUTH_VERSION_STRING: '- Production',
      AUTH_VERSION_SQL: '25',
      AUTH_XACTION_TRAITS: '3',
      AUTH_VERSION_NO: String(instance.version),
      AUTH_VERSION_STATUS: '0',
      AUTH_CAPABILITY_TABLE: '',
      AUTH_DBNAME: instance.sid,
      AUTH_SESSION_ID: String(sessionId),
      AUTH_SERIAL_NUM: String(randomBytes(2).readUInt16BE()),
      AUTH_INSTANCE_NO: '1',
      AUTH_SC_SERVER_HOST: instance.host,
      AUTH_SC_DBUNIQUE_NAME: instance.sid,
      AUTH_SC_REAL_DBUNIQUE_NAME: instance.sid,
      AUTH_SC_SERVICE_NAME: instance.service,
      AUTH_SC_DB_DOMAIN: '',
      AUTH_INSTANCENAME: instance.sid,
      AUTH_MAX_OPEN_CURSORS: '300',
      AUTH_MAX_IDEN_LENGTH: '128',
      AUTH_SVR_RESPONSE: response,
    }
    return Object.entries(pairs).map(([key, value]) => ({ key, value }))
  }

  #open(user: string): void {
    const { visit, openSession, sessionId } = this.#setup
    const { session, desk } = openSession(user, this.#client, sessionId)
    this.#session = session
    this.#desk = desk
    this.#statements = new Statements({ visit, session, desk, version: this.#version })
  }

  /** To be called when the visit ends: what nobody committed is undone. */
  close(): void {
    this.#statements?.rollback()
    this.#desk?.close()
  }
}

/** Code and sequence number of a call. */
function callHeader(reader: ByteReader): { code: number } {
  return read(() => {
    const code = reader.u8()
    reader.skip(1)
    return { code }
  })
}
