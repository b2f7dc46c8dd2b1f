/**
 * Oracle Database 19c with the persona’s data: the listener, and the instance behind it.
 *
 *   attacker: CONNECT (CONNECT_DATA=(COMMAND=version))            → oracle.connect
 *   us:       REFUSE (VSNNUM=318767104)(ERR=1189)
 *   attacker: CONNECT (CONNECT_DATA=(SID=XE)…)                    → oracle.connect with the listener's code
 *   us:       REFUSE (ERR=12505), or ACCEPT for the SID that is registered
 *   attacker: OSESSKEY system                                     → oracle.client
 *   us:       AUTH_SESSKEY, AUTH_VFR_DATA                         (random: any password explains it)
 *   attacker: OAUTH: its session key, its password                → login; what guessing on needs where no common password explains it
 *   us:       AUTH_SVR_RESPONSE, or ORA-01017
 *   attacker: EXECUTE SELECT banner FROM v$version                → turn
 *   us:       columns, rows, ORA-01403
 *   attacker: BEGIN DBMS_SCHEDULER.CREATE_JOB('J', 'EXECUTABLE', '/bin/sh', …); …  → oracle.host-command; the simulated host runs it
 *
 * The codec cuts bytes into packets, listener.ts judges descriptors, messages.ts is what a login says inside DATA, verifier.ts the cryptography
 * of O5LOGON, session.ts the conversation with the instance, calls.ts, rows.ts and values.ts what statements and their answers look like,
 * statements.ts runs them; the database itself is src/host/database/.
 */
import { z } from 'zod'
import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { evidence } from '../../events/bytes.ts'
import { ORACLE } from '../../host/database/oracle/dialect.ts'
import { DatabaseServers } from '../../host/database/servers.ts'
import { DatabaseSession } from '../../host/database/session.ts'
import { LoginDesk, LoginOptions } from '../../sensor/login-desk.ts'
import { defineLure, type VisitContext } from '../../sensor/lure.ts'
import { SqlDesk } from '../../sensor/sql-desk.ts'
import { LimitReached, type Visit } from '../../sensor/visit.ts'
import {
  type Connect,
  connectText,
  decodeConnect,
  decodeHeader,
  encodeAccept,
  encodeRefuse,
  HEADER_BYTES,
  isLargeVersion,
  PACKET,
  TnsFormatError,
} from './codec.ts'
import { type OracleEvents, oracleEvents } from './events.ts'
import { judge, type ListenerVerdict, type Registered, registeredOf, VERSION_NUMBER } from './listener.ts'
import { type Instance, OracleSession } from './session.ts'

/** Version of Oracle Net in 19c, and the oldest that it speaks. */
const NET_VERSION = 318
const OLDEST_VERSION = 300
const LARGEST_CONNECT = 16 * 1024
/** Type of the record that a TLS hello comes in. */
const TLS_HANDSHAKE = 0x16
const LARGEST_SDU = 65_535
/** Accounts of one source that get a schema of their own. */
const MOST_SCHEMAS = 48

const options = z.strictObject({
  /** Name of the instance; without it one that is common, drawn by the seed. */
  sid: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_]{0,11}$/)
    .optional(),
  /** The listener takes TCPS too: a client that begins with TLS is answered under it. */
  tcps: z.boolean().default(false),
  login: LoginOptions,
})
type Context = VisitContext<z.output<typeof options>, Room>

interface Room {
  servers: DatabaseServers
  sessionIds: number
  /** UTC milliseconds. */
  startedAt: number
}

export default defineLure({
  name: 'oracle',
  standsFor: ['Honeypots'],
  about: 'Oracle Database 19c with the persona’s data',
  profiles: ['standard', 'mini'],
  ports: [{ transport: 'tcp', port: 1521 }],
  options,
  events: oracleEvents,

  start: ({ identity }): Room => ({
    servers: new DatabaseServers({ dialect: ORACLE, identity, systemDatabases: SYSTEM, firstId: 73_196 }),
    sessionIds: identity.integer('oracle/session-ids', 20, 400),
    startedAt: Date.now() - identity.integer('oracle/uptime', 3, 60) * 86_400_000,
  }),

  async serve(visit, context) {
    try {
      if (context.options.tcps && (await visit.peek(1))[0] === TLS_HANDSHAKE) await visit.startTls()
      const connect = await readConnect(visit)
      const registered = registeredOf(context.persona, context.identity, context.options.sid)
      const verdict = judge(connect, registered)
      recordConnect(visit, connect, verdict)
      if (verdict.refusal !== undefined) return await visit.write(encodeRefuse(verdict.refusal))
      if (connect.version < OLDEST_VERSION) return await visit.write(encodeRefuse('(DESCRIPTION=(ERR=12618))'))
      await serveInstance(visit, context, connect, verdict, registered)
    } catch (error) {
      if (!(error instanceof TnsFormatError) && !(error instanceof LimitReached && error.limit === 'packet')) throw error
      visit.record('oracle.protocol-error', { message: error.message })
    }
  },
})

const SYSTEM = ['SYS', 'SYSTEM'].map((name, i) => ({ name, id: i + 1 }))

async function packet(visit: Visit<OracleEvents>, type: number): Promise<Buffer> {
  const header = decodeHeader(await visit.exactly(HEADER_BYTES), false)
  if (header.type !== type) throw new TnsFormatError(`packet type ${header.type} in place of ${type}`)
  if (header.length > LARGEST_CONNECT) throw new LimitReached('packet', LARGEST_CONNECT)
  return visit.exactly(header.length - HEADER_BYTES)
}

/** CONNECT; long connect data comes in a DATA packet behind it. */
async function readConnect(visit: Visit<OracleEvents>): Promise<Connect> {
  const connect = decodeConnect(await packet(visit, PACKET.connect))
  if (connect.data || connect.dataLength === 0) return connect
  const body = await packet(visit, PACKET.data)
  return { ...connect, data: connectText(body.subarray(2)) }
}

function recordConnect(visit: Visit<OracleEvents>, { data, version }: Connect, { values, code }: ListenerVerdict): void {
  const value = (key: string, name: string): Record<string, ReturnType<typeof evidence>> => {
    const found = values.get(key)
    return found === undefined ? {} : { [name]: evidence(found.slice(0, 256)) }
  }
  visit.record('oracle.connect', {
    ...value('SID', 'sid'),
    ...value('SERVICE_NAME', 'service'),
    ...value('COMMAND', 'command'),
    ...value('PROGRAM', 'program'),
    ...value('HOST', 'host'),
    ...value('USER', 'user'),
    version,
    code,
    data: evidence(data.slice(0, 1024)),
  })
}

async function serveInstance(
  visit: Visit<OracleEvents>,
  context: Context,
  connect: Connect,
  { values }: ListenerVerdict,
  registered: Registered,
): Promise<void> {
  const { room, persona, identity, options, host, state, loopback } = context
  const version = Math.min(NET_VERSION, connect.version)
  await visit.write(encodeAccept(version, LARGEST_SDU))
  const accept = [...persona.login.accept, ...weakLogins(identity)]
  const desk = new LoginDesk(visit, {
    options,
    host,
    identity,
    state,
    loopback,
    persona: { ...persona, login: { ...persona.login, accept } },
  })
  const sessionId = ++room.sessionIds
  const instance = instanceOf(persona, identity, values, registered)
  const session = new OracleSession({
    visit,
    desk,
    instance,
    openSession: (user, client, id) => openSession({ visit, context, instance }, { user, client, id }),
    isLarge: isLargeVersion(version),
    sessionId,
  })
  try {
    await session.serve()
  } finally {
    session.close()
  }
}

interface LoggedIn {
  user: string
  client: ReadonlyMap<string, string>
  id: number
}

/** The persona's data as this source has left it, seen by an account. */
function openSession(
  { visit, context, instance }: { visit: Visit<OracleEvents>; context: Context; instance: Instance },
  { user, client, id }: LoggedIn,
): { session: DatabaseSession; desk: SqlDesk } {
  const { room, persona, identity } = context
  const desk = new SqlDesk({ lure: 'oracle', visit, context, account: 'oracle', via: `oracle${instance.sid}` })
  const { catalog, settings, libraries } = room.servers.of(persona, visit.source.ip)
  if (!catalog.database(user) && catalog.databases.length < MOST_SCHEMAS) catalog.addDatabase(user, [''])
  settings.set('instance', instance.sid).set('service', instance.service)
  const session = new DatabaseSession({
    dialect: ORACLE,
    catalog,
    identity,
    persona,
    host: desk.host,
    version: '19.0.0.0.0',
    database: user,
    user,
    clientIp: visit.source.ip,
    clientPort: visit.source.port,
    port: context.port.declared.port,
    connectionId: id,
    startedAt: room.startedAt,
    serverSettings: settings,
    libraries,
    note: (effect) => desk.note(effect),
  })
  const facts = { '@os_user': 'AUTH_SID', '@machine': 'AUTH_MACHINE', '@program': 'AUTH_PROGRAM_NM' }
  for (const [name, key] of Object.entries(facts)) session.variables.set(name, client.get(key)?.slice(0, 128) ?? '')
  return { session, desk }
}

function instanceOf(persona: Persona, identity: Identity, values: ReadonlyMap<string, string>, { sid, services }: Registered): Instance {
  return {
    sid,
    service: values.get('SERVICE_NAME')?.toLowerCase() ?? (services[0] as string),
    host: persona.hostname,
    salt: (user) => identity.bytes(`oracle/salt/${user.toUpperCase()}`, 10),
    databaseId: identity.hex('oracle/dbid', 16).toUpperCase(),
    version: VERSION_NUMBER,
  }
}

/** Accounts that come with the database, or that everybody makes; two of them an install. */
const WEAK_LOGINS: readonly (readonly [user: string, password: string])[] = [
  ['system', 'manager'],
  ['system', 'oracle'],
  ['scott', 'tiger'],
  ['sys', 'oracle'],
  ['dbsnmp', 'dbsnmp'],
  ['system', 'password'],
  ['hr', 'hr'],
  ['test', 'test'],
]

function weakLogins(identity: Identity): { user: string; password: string }[] {
  const first = identity.integer('oracle/weak', 0, WEAK_LOGINS.length - 1)
  const chosen = [first, (first + 3) % WEAK_LOGINS.length].map((i) => WEAK_LOGINS[i] as (typeof WEAK_LOGINS)[number])
  return chosen.flatMap(([user, password]) => [user, user.toUpperCase()].map((name) => ({ user: name, password })))
}
