/**
 * SQL Server 2019 with the persona’s databases.
 *
 *   attacker: PRELOGIN, encryption off                                  → mssql.prelogin
 *   us:       PRELOGIN 15.0.2000, encryption off                        (then TLS for the login alone)
 *   attacker: LOGIN7 sa, password with its nibbles swapped              → login, in clear
 *   us:       ENVCHANGE master, LOGINACK, DONE                          (a weak password of this install)
 *   attacker: EXEC sp_configure 'xp_cmdshell', 1; RECONFIGURE           → turn, mssql.setting
 *   attacker: EXEC xp_cmdshell 'whoami'                                 → mssql.host-command; the simulated host runs it
 *   attacker: DECLARE @o INT; EXEC sp_OACreate 'ADODB.Stream', @o OUT … → the file as an artifact
 *   attacker: 03 to UDP 1434                                            → ServerName;DB01;InstanceName;MSSQLSERVER;…
 *
 * The codec reads requests, tokens.ts writes answers, transport.ts carries both with TLS inside TDS, authentication.ts is the login,
 * connection.ts the requests after it; the database itself is src/host/database/.
 */
import { createSecureContext, type SecureContext } from 'node:tls'
import { z } from 'zod'
import { evidence } from '../../events/bytes.ts'
import { MSSQL } from '../../host/database/mssql/dialect.ts'
import { DatabaseServers } from '../../host/database/servers.ts'
import { DatabaseSession, type SqlEffect } from '../../host/database/session.ts'
import { certificateOf } from '../../sensor/certificate.ts'
import { LoginDesk, LoginOptions } from '../../sensor/login-desk.ts'
import { defineLure, type VisitContext } from '../../sensor/lure.ts'
import { SqlDesk } from '../../sensor/sql-desk.ts'
import { LimitReached, type Visit } from '../../sensor/visit.ts'
import { logIn } from './authentication.ts'
import { decodeBrowserRequest, encodeBrowserReply } from './browser.ts'
import { decodeLogin7, decodeOldLogin, decodePrelogin, ENCRYPTION, encodePrelogin, type Login, PACKET, TdsFormatError } from './codec.ts'
import { Connection } from './connection.ts'
import { type MssqlEvents, mssqlEvents } from './events.ts'
import { machineName, VERSION, versionText, weakLogins } from './product.ts'
import {
  type Dialogue,
  DONE,
  ENVIRONMENT,
  encodeCollation,
  encodeDone,
  encodeEnvironment,
  encodeLoginAck,
  encodeMessage,
} from './tokens.ts'
import { Transport } from './transport.ts'
import { runWindowsCommand } from './windows-shell.ts'

const LARGEST_LOGIN = 128 * 1024
const TDS_74 = 0x74000004
const TDS_73 = 0x730a0003
const TDS_72 = 0x72090002
const TDS_42 = 0x04020000
/** Below it passwords travel in a record of their own. */
const TDS_70 = 0x70000000

const options = z.strictObject({
  /** The machine under the server: the persona's own, or a Windows Server with the commands that intruders begin with. */
  system: z.enum(['linux', 'windows']).default('linux'),
  login: LoginOptions,
})
type Context = VisitContext<z.output<typeof options>, Room>

interface Room {
  servers: DatabaseServers
  connectionIds: number
  /** UTC milliseconds. */
  startedAt: number
  tls: Promise<SecureContext> | undefined
}

export default defineLure({
  name: 'mssql',
  standsFor: ['Dionaea', 'Honeypots'],
  about: 'SQL Server 2019 and its Browser, with the persona’s databases',
  profiles: ['standard', 'llm', 'mini'],
  ports: [
    { transport: 'tcp', port: 1433 },
    { transport: 'udp', port: 1434 },
  ],
  options,
  events: mssqlEvents,

  start: ({ identity }): Room => ({
    servers: new DatabaseServers({ dialect: MSSQL, identity, systemDatabases: SYSTEM, firstId: 245_575_913 }),
    connectionIds: 50,
    startedAt: Date.now() - identity.integer('mssql/uptime', 3, 50) * 86_400_000,
    tls: undefined,
  }),

  async serve(visit, context) {
    const transport = new Transport(visit)
    try {
      await serveClient(visit, context, transport)
    } catch (error) {
      if (!(error instanceof TdsFormatError) && !(error instanceof LimitReached && error.limit === 'message')) throw error
      visit.record('mssql.protocol-error', { message: error.message })
    }
  },

  answer(datagram, { persona }) {
    const request = decodeBrowserRequest(datagram.bytes)
    if (!request) return undefined
    if (datagram.fresh) datagram.record('mssql.browse', { request: request.request, instance: evidence(request.instance) })
    return encodeBrowserReply(request, persona, 1433)
  },
})

const SYSTEM = ['master', 'tempdb', 'model', 'msdb'].map((name, i) => ({ name, id: i + 1 }))

/** PRELOGIN when it comes, TLS when it was agreed on, the login, the requests after it. */
async function serveClient(visit: Visit<MssqlEvents>, context: Context, transport: Transport): Promise<void> {
  let { type, bytes } = await transport.read(LARGEST_LOGIN)
  let isLoginOnly = false
  if (type === PACKET.prelogin) {
    const { version, encryption, instance, isMarsAsked } = decodePrelogin(bytes)
    visit.record('mssql.prelogin', { version, encryption, instance: evidence(instance) })
    const wantsTls = encryption !== ENCRYPTION.notSupported
    const ours = !wantsTls ? ENCRYPTION.notSupported : encryption === ENCRYPTION.off ? ENCRYPTION.off : ENCRYPTION.on
    await transport.write(PACKET.response, encodePrelogin({ version: VERSION, encryption: ours, isMarsAsked }))
    if (wantsTls) await transport.startTls(await secureContext(context))
    isLoginOnly = ours === ENCRYPTION.off
    ;({ type, bytes } = await transport.read(LARGEST_LOGIN))
  }
  const tls = transport.isSecure
  if (isLoginOnly) transport.stopTls()
  if (type !== PACKET.login7 && type !== PACKET.oldLogin) throw new TdsFormatError(`packet type ${type} for a login`)
  const login = type === PACKET.login7 ? decodeLogin7(bytes) : decodeOldLogin(bytes)
  recordClient(visit, login, tls)
  await serveLogin(visit, context, transport, login)
}

/** The certificate that the server makes for itself when it was given none; TLS 1.2 is the newest that this handshake carries. */
function secureContext({ room, identity }: Context): Promise<SecureContext> {
  room.tls ??= certificateOf(identity, { name: 'mssql', subject: 'CN=SSL_Self_Signed_Fallback', alternativeNames: [] }).then(
    ({ key, cert }) => createSecureContext({ key, cert, minVersion: 'TLSv1', maxVersion: 'TLSv1.2', ciphers: 'DEFAULT:@SECLEVEL=0' }),
  )
  return room.tls
}

function recordClient(visit: Visit<MssqlEvents>, login: Login, tls: boolean): void {
  visit.record('mssql.client', {
    tdsVersion: `0x${login.tdsVersion.toString(16).padStart(8, '0')}`,
    host: evidence(login.host),
    application: evidence(login.application),
    library: evidence(login.library),
    server: evidence(login.server),
    database: evidence(login.database),
    pid: login.clientPid,
    mac: login.clientMac,
    tls,
  })
}

/** The version that both speak. */
function agreed(asked: number): number {
  if (asked < TDS_70) return TDS_42
  return [TDS_74, TDS_73, TDS_72].find((version) => asked >>> 24 >= version >>> 24) ?? 0x71000001
}

async function serveLogin(visit: Visit<MssqlEvents>, context: Context, transport: Transport, login: Login): Promise<void> {
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
  const version = agreed(login.tdsVersion)
  const dialogue = { isVersion72: version >= TDS_72, isVersion73: version >= TDS_73 }
  const server = machineName(persona)
  const { accepted, user } = await logIn({ visit, transport, desk, login, machine: server, dnsName: persona.hostname })
  const refuse = (code: number, text: string): Promise<void> =>
    transport.write(
      PACKET.response,
      Buffer.concat([encodeMessage({ code, state: 1, severity: 14, text, server }, dialogue), encodeDone(dialogue, DONE.error)]),
    )
  if (!accepted) return refuse(18_456, `Login failed for user '${user}'.`)
  const session = sessionOf(visit, context, login, user)
  if (!session) return refuse(4060, `Cannot open database "${login.database}" requested by the login. The login failed.`)
  transport.packetSize = Math.max(512, Math.min(login.packetSize || 4096, 32_767))
  const size = String(transport.packetSize)
  transport.packetSize = 4096
  await transport.write(PACKET.response, greeting(session.session, dialogue, version, server, size), session.session.setup.connectionId)
  transport.packetSize = Number(size)
  // The guessers that still speak TDS 4.2 want to know no more than this.
  if (version === TDS_42) return
  try {
    await new Connection({ visit, transport, dialogue, server, ...session }).serve()
  } finally {
    session.desk.close()
  }
}

function greeting({ database }: DatabaseSession, dialogue: Dialogue, version: number, server: string, packetSize: string): Buffer {
  const say = (code: number, text: string): Buffer => encodeMessage({ code, state: 1, severity: 0, text, server }, dialogue)
  return Buffer.concat([
    encodeEnvironment(ENVIRONMENT.database, database, 'master'),
    say(5701, `Changed database context to '${database}'.`),
    encodeCollation(),
    encodeEnvironment(ENVIRONMENT.language, 'us_english', ''),
    say(5703, 'Changed language setting to us_english.'),
    encodeLoginAck(version, VERSION),
    encodeEnvironment(ENVIRONMENT.packetSize, packetSize, '4096'),
    encodeDone(dialogue, DONE.final),
  ])
}

interface OpenSession {
  session: DatabaseSession
  desk: SqlDesk
  notices: Extract<SqlEffect, { kind: 'notice' }>[]
}

/** Undefined when there is no such database. */
function sessionOf(visit: Visit<MssqlEvents>, context: Context, login: Login, user: string): OpenSession | undefined {
  const { room, persona, identity, options } = context
  const desk = new SqlDesk({ lure: 'mssql', visit, context, account: 'mssql', via: 'sqlservr' })
  const { catalog, settings, libraries } = room.servers.of(persona, visit.source.ip)
  const database = catalog.database(login.database || 'master')?.name
  if (database === undefined) return undefined
  const notices: OpenSession['notices'] = []
  const [first] = persona.network.interfaces
  const machine = { name: machineName(persona), address: first?.address.replace(/\/.*/, '') ?? '', gateway: persona.network.gateway }
  const host =
    options.system === 'windows' ? { ...desk.host, run: async (command: string) => runWindowsCommand(command, machine) } : desk.host
  const session = new DatabaseSession({
    dialect: MSSQL,
    catalog,
    identity,
    persona,
    host,
    version: versionText(options.system, persona),
    database,
    user,
    clientIp: visit.source.ip,
    clientPort: visit.source.port,
    port: context.port.declared.port,
    connectionId: 51 + (room.connectionIds++ % 900),
    startedAt: room.startedAt,
    serverSettings: settings,
    libraries,
    note: (effect) => (effect.kind === 'notice' ? notices.push(effect) : desk.note(effect)),
  })
  session.variables.set('@host_name', login.host).set('@app_name', login.application)
  return { session, desk, notices }
}
