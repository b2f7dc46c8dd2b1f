import { randomBytes } from 'node:crypto'
import { evidence, evidenceText } from '../../events/bytes.ts'
import { toText } from '../../host/text.ts'
import { ByteReader } from '../../sensor/byte-reader.ts'
import { recordIndicators } from '../../sensor/indicators.ts'
import type { LoginDesk } from '../../sensor/login-desk.ts'
import { TimeSlice } from '../../sensor/time-slice.ts'
import { LimitReached, type Visit } from '../../sensor/visit.ts'
import { decodeHeader, encodePacket, HEADER_BYTES, PACKET, TnsFormatError } from './codec.ts'
import type { OracleEvents } from './events.ts'
import {
  answerDataTypes,
  CALL,
  decodeLoginCall,
  decodeStatement,
  encodeError,
  encodeParameters,
  encodeProtocol,
  encodeStatus,
  type LoginCall,
  MESSAGE,
} from './messages.ts'
import { newServerKey, o5logonOf, provesPassword, serverResponse, VERIFIER_11G } from './verifier.ts'

const LARGEST_PACKET = 128 * 1024
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
  /** Lengths of four bytes. */
  isLarge: boolean
  sessionId: number
}

/** One connection to the instance: negotiation, login, calls. */
export class OracleSession {
  readonly #setup: SessionSetup
  readonly #slice = new TimeSlice()
  #serverKey: Buffer = Buffer.alloc(0)
  #user: string | undefined
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
    // Two bytes of data flags come first.
    await this.#setup.visit.write(encodePacket(PACKET.data, Buffer.concat([Buffer.alloc(2), ...messages]), this.#setup.isLarge))
  }

  /** False when the connection ends. */
  async #data(body: Buffer): Promise<boolean> {
    if (body.length < 2) throw new TnsFormatError('DATA without flags')
    const END_OF_FILE = 0x40
    if (body.readUInt16BE(0) & END_OF_FILE) return false
    const reader = new ByteReader(body, 2)
    const type = reader.left ? reader.u8() : 0
    switch (type) {
      case MESSAGE.protocol:
        await this.#send(encodeProtocol())
        return true
      case MESSAGE.dataTypes:
        await this.#send(answerDataTypes(reader))
        return true
      case MESSAGE.call:
      case MESSAGE.piggyback:
        return this.#call(reader)
      default:
        throw new TnsFormatError(`message ${type}`)
    }
  }

  async #call(reader: ByteReader): Promise<boolean> {
    if (++this.#calls > MOST_CALLS) return false
    if (reader.left < 2) throw new TnsFormatError('call without a code')
    const code = reader.u8()
    reader.skip(1)
    if (code === CALL.sessionKey) return this.#sessionKey(decodeLoginCall(reader))
    if (code === CALL.login) return this.#login(decodeLoginCall(reader))
    this.#setup.visit.record('oracle.call', { code })
    if (this.#user === undefined) {
      await this.#send(encodeError(1012, 'ORA-01012: not logged on\n'))
      return true
    }
    if (code === CALL.execute) {
      await this.#execute(decodeStatement(reader))
      return true
    }
    await this.#send(encodeStatus())
    return code !== CALL.logoff
  }

  async #sessionKey({ user, mode, pairs }: LoginCall): Promise<boolean> {
    const { visit, instance } = this.#setup
    const attributes = [...pairs].map(([key, value]) => [evidenceText(evidence(key.slice(0, 64))), evidence(value.slice(0, 256))] as const)
    visit.record('oracle.client', { user: evidence(user), mode, attributes: Object.fromEntries(attributes) })
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
    this.#user = toText(user).toUpperCase()
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

  /** The account that was guessed may log in and nothing else: every statement is written down and refused. */
  async #execute(statement: string): Promise<void> {
    const { visit, instance } = this.#setup
    const [code, text] = refusalOf(statement)
    recordIndicators(visit, statement, 'oracle.query')
    visit.record('turn', {
      input: evidence(statement.slice(0, 16 * 1024)),
      output: evidence(text),
      source: 'static',
      durationMs: 0,
      kind: 'oracle',
      detail: { database: instance.sid, user: this.#user ?? '', errorCode: code },
    })
    await this.#send(encodeError(code, `${text}\n`))
  }
}

/** What a user without a grant is told. */
function refusalOf(statement: string): [code: number, text: string] {
  const [, verb = ''] = /^[\s(]{0,100}([A-Za-z]{1,20})/.exec(statement) ?? []
  switch (verb.toUpperCase()) {
    case 'SELECT':
    case 'INSERT':
    case 'UPDATE':
    case 'DELETE':
    case 'WITH':
      return [942, 'ORA-00942: table or view does not exist']
    case 'BEGIN':
    case 'DECLARE':
    case 'CALL':
      return [
        6550,
        'ORA-06550: line 1, column 7:\nPLS-00201: identifier must be declared\nORA-06550: line 1, column 7:\nPL/SQL: Statement ignored',
      ]
    case 'CREATE':
    case 'ALTER':
    case 'DROP':
    case 'GRANT':
    case 'REVOKE':
    case 'TRUNCATE':
      return [1031, 'ORA-01031: insufficient privileges']
    default:
      return [900, 'ORA-00900: invalid SQL statement']
  }
}
