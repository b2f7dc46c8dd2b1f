/**
 * MariaDB, or MySQL where the persona has it.
 *
 *   us:       5.5.5-10.11.19-MariaDB-0+deb12u1, thread 31, 20 bytes of challenge, mysql_native_password
 *   attacker: root, SHA1 over the challenge                                → login, hashcat mode 11200
 *   us:       OK                                                           (a weak password of this install)
 *   attacker: SHOW DATABASES · SELECT * FROM customers                     → turns; rows of the persona
 *   attacker: SELECT 0x7f454c46… INTO DUMPFILE '/usr/lib/mysql/plugin/x.so' → artifact, mysql.file-write
 *   attacker: CREATE FUNCTION sys_eval RETURNS string SONAME 'x.so'        → mysql.library
 *   attacker: SELECT sys_eval('id')                                        → the simulated host runs it
 *   attacker: DROP DATABASE tw_portal · CREATE TABLE README …              → gone for this source; indicators of the note
 *
 * The codec reads and writes messages, packets.ts carries them, authentication.ts is the login, connection.ts the commands; the
 * database itself is src/host/database/.
 */
import { z } from 'zod'
import { evidence, evidenceText } from '../../events/bytes.ts'
import { mysqlServers } from '../../host/database/mysql/servers.ts'
import { useDatabase } from '../../host/database/mysql/statements.ts'
import { DatabaseSession } from '../../host/database/session.ts'
import { SqlError } from '../../host/database/sql-error.ts'
import { toBytes, toText } from '../../host/text.ts'
import { certificateOf } from '../../sensor/certificate.ts'
import { LoginDesk, LoginOptions } from '../../sensor/login-desk.ts'
import { defineLure, type VisitContext } from '../../sensor/lure.ts'
import { SqlDesk } from '../../sensor/sql-desk.ts'
import { LimitReached, type Visit } from '../../sensor/visit.ts'
import { logIn, newScramble } from './authentication.ts'
import {
  CLIENT,
  decodeHandshakeResponse,
  encodeError,
  encodeGreeting,
  encodeOk,
  type HandshakeResponse,
  type LoginRequest,
  MysqlFormatError,
} from './codec.ts'
import { Connection } from './connection.ts'
import { type MysqlEvents, mysqlEvents } from './events.ts'
import { Packets } from './packets.ts'
import { type Product, productOf, weakLogins } from './product.ts'
import { STATUS } from './result-set.ts'

/** Handshake response with its attributes. */
const LARGEST_HANDSHAKE = 64 * 1024

const options = z.strictObject({
  /** `auto` is what the persona has installed. */
  product: z.enum(['auto', 'mariadb', 'mysql']).default('auto'),
  login: LoginOptions,
})
type Context = VisitContext<z.output<typeof options>, Room>

interface Room {
  connectionIds: number
  /** UTC milliseconds at which the server was started. */
  startedAt: number
}

export default defineLure({
  name: 'mysql',
  standsFor: ['Dionaea', 'Heralding', 'Honeypots'],
  about: 'MariaDB or MySQL with the persona’s databases',
  profiles: ['standard', 'llm', 'mini', 'web', 'tarpit', 'linux'],
  ports: [{ transport: 'tcp', port: 3306 }],
  options,
  events: mysqlEvents,

  start: ({ identity }): Room => ({
    connectionIds: identity.integer('mysql/connection-ids', 30, 9000),
    startedAt: Date.now() - identity.integer('mysql/uptime', 3, 40) * 86_400_000,
  }),

  async serve(visit, context) {
    const product = productOf(context.persona, context.options.product)
    const packets = new Packets(visit)
    const id = ++context.room.connectionIds
    const scramble = newScramble(product)
    const { greeting, capabilities, extended, charset, plugin } = product
    await packets.write(
      encodeGreeting({ version: greeting, connectionId: id, scramble, capabilities, extended, charset, status: STATUS.autocommit, plugin }),
    )
    try {
      const response = await readResponse(visit, packets)
      if (response?.login) await serveLogin(visit, context, { product, packets, id, scramble, response, request: response.login })
    } catch (error) {
      if (!(error instanceof MysqlFormatError) && !(error instanceof LimitReached && error.limit === 'packet')) throw error
      visit.record('mysql.protocol-error', { message: error.message })
      await packets.write(
        encodeError(
          error instanceof LimitReached ? 1153 : 1043,
          '08S01',
          error instanceof LimitReached ? "Got a packet bigger than 'max_allowed_packet' bytes" : 'Bad handshake',
        ),
      )
    }
  },
})

/** The client's answer to the greeting, after TLS when it asks for that. */
async function readResponse(visit: Visit<MysqlEvents>, packets: Packets): Promise<HandshakeResponse | undefined> {
  const first = decodeHandshakeResponse(await packets.read(LARGEST_HANDSHAKE))
  if (first.login) return first
  await visit.startTls()
  const second = decodeHandshakeResponse(await packets.read(LARGEST_HANDSHAKE))
  return second.login ? second : undefined
}

interface Handshake {
  product: Product
  packets: Packets
  id: number
  scramble: Buffer
  response: HandshakeResponse
  request: LoginRequest
}

async function serveLogin(visit: Visit<MysqlEvents>, context: Context, handshake: Handshake): Promise<void> {
  const { product, packets, response, request } = handshake
  recordClient(visit, response, request)
  if (!(response.capabilities & CLIENT.PROTOCOL_41)) {
    await packets.write(
      encodeError(1251, '08004', 'Client does not support authentication protocol requested by server; consider upgrading MariaDB client'),
    )
    return
  }
  if (!(await isAdmitted(visit, context, handshake, request, handshake.scramble))) return
  const desk = new SqlDesk({ lure: 'mysql', visit, context, account: 'mysql', via: product.via })
  const session = sessionOf(visit, context, handshake, desk)
  try {
    if (request.database?.length) useDatabase(session, toText(request.database))
  } catch (error) {
    if (!(error instanceof SqlError)) throw error
    const { code, state, message } = product.dialect.word(error.problem)
    await packets.write(encodeError(code, state, toBytes(message)))
    return
  }
  await packets.write(encodeOk({ affected: 0, insertId: 0, status: STATUS.autocommit, warnings: 0, info: '' }))
  if (response.capabilities & CLIENT.COMPRESS && product.capabilities & CLIENT.COMPRESS) packets.compress()
  const connection = new Connection(visit, packets, session, desk, {
    capabilities: response.capabilities & product.capabilities,
    extended: response.extended & product.extended,
  })
  try {
    await connection.serve((argument) => changeUser(visit, context, handshake, argument, session))
  } finally {
    desk.close()
  }
}

function recordClient(
  visit: Visit<MysqlEvents>,
  { capabilities, charset }: HandshakeResponse,
  { plugin, database, attributes }: LoginRequest,
): void {
  visit.record('mysql.client', {
    capabilities,
    charset,
    tls: visit.tls !== undefined,
    attributes: Object.fromEntries(
      attributes.map(([name, value]) => [evidenceText(evidence(name.subarray(0, 64))), evidence(value.subarray(0, 256))]),
    ),
    ...(plugin !== undefined && { plugin }),
    ...(database && { database: evidence(database) }),
  })
}

/** Judges the login; says no in the server's words. */
async function isAdmitted(
  visit: Visit<MysqlEvents>,
  context: Context,
  { product, packets }: Handshake,
  request: LoginRequest,
  scramble: Buffer,
): Promise<boolean> {
  const { identity, persona, options, host, state, loopback } = context
  const accept = [...persona.login.accept, ...weakLogins(identity)]
  const desk = new LoginDesk(visit, {
    options,
    host,
    identity,
    state,
    loopback,
    persona: { ...persona, login: { ...persona.login, accept } },
  })
  const key = async (): Promise<string> =>
    (
      await certificateOf(identity, {
        name: 'mysql-sha2',
        subject: 'CN=MySQL_Server_Auto_Generated_Server_Certificate',
        alternativeNames: [],
      })
    ).key
  const { accepted, usedPassword } = await logIn({ visit, packets, desk, product, scramble, request, key })
  if (accepted) return true
  const message = `Access denied for user '${toText(request.user)}'@'${visit.source.ip}' (using password: ${usedPassword ? 'YES' : 'NO'})`
  await packets.write(encodeError(1045, '28000', toBytes(message)))
  return false
}

function sessionOf(
  visit: Visit<MysqlEvents>,
  { room, persona, identity, port }: Context,
  { product, id, request }: Handshake,
  desk: SqlDesk,
): DatabaseSession {
  const { catalog, settings, libraries } = mysqlServers(identity, product.name).of(persona, visit.source.ip)
  return new DatabaseSession({
    dialect: product.dialect,
    catalog,
    identity,
    persona,
    host: desk.host,
    version: product.version,
    database: '',
    user: toText(request.user),
    clientIp: visit.source.ip,
    clientPort: visit.source.port,
    port: port.declared.port,
    connectionId: id,
    startedAt: room.startedAt,
    serverSettings: settings,
    libraries,
    note: (effect) => desk.note(effect),
  })
}

/** COM_CHANGE_USER: user, proof over the first challenge, database; a login like the first. */
async function changeUser(
  visit: Visit<MysqlEvents>,
  context: Context,
  handshake: Handshake,
  argument: Buffer,
  session: DatabaseSession,
): Promise<boolean> {
  const end = argument.indexOf(0)
  const length = argument[end + 1]
  if (end < 0 || length === undefined) throw new MysqlFormatError('COM_CHANGE_USER without a user')
  const response = argument.subarray(end + 2, end + 2 + length)
  const after = argument.subarray(end + 2 + length)
  const request: LoginRequest = { user: argument.subarray(0, end), response, database: undefined, plugin: undefined, attributes: [] }
  if (!(await isAdmitted(visit, context, handshake, request, handshake.scramble))) return false
  const database = toText(after.subarray(0, Math.max(0, after.indexOf(0))))
  session.database = session.catalog.database(database) ? database : ''
  await handshake.packets.write(encodeOk({ affected: 0, insertId: 0, status: STATUS.autocommit, warnings: 0, info: '' }))
  return true
}
