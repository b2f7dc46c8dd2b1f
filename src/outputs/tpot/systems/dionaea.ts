import type { SundewEvent } from '../../../events/schema.ts'
import { inputOf, textOf } from '../../event-text.ts'
import type { Line, Look, SystemMapping } from '../system.ts'

/** Dionaea's names of its services. */
const PROTOCOLS: Readonly<Record<string, string>> = {
  epmap: 'epmapper',
  ftp: 'ftpd',
  http: 'httpd',
  jetdirect: 'printerd',
  memcached: 'Memcache',
  mongodb: 'mongod',
  mqtt: 'mqttd',
  mssql: 'mssqld',
  mysql: 'mysqld',
  netbios: 'nbnsd',
  pptp: 'pptpd',
  sip: 'SipSession',
  smb: 'smbd',
  smtp: 'smtpd',
  tftp: 'TftpServerHandler',
  upnp: 'upnpd',
  wins: 'mirrord',
}

/** Inputs of a connection that its line shows. */
const INPUTS = 50

/** One line a connection, when it ends: all that happened in it is folded in. Captured files stand in `binaries/` by their MD5. */
export const dionaea: SystemMapping = {
  system: 'Dionaea',
  folder: 'dionaea',
  lines: (event, look) => (event.type === 'session.close' || event.session === undefined ? connection(event, look) : []),
  keepsakes: ({ type, data }) => (type === 'artifact' ? [{ from: { artifact: String(data.sha256) }, to: `binaries/${data.md5}` }] : []),
}

async function connection(event: SundewEvent, look: Look): Promise<Line[]> {
  if (event.srcIp === undefined || event.type === 'lure.fault') return []
  const visit = event.session ? (await look.session(event.session)).filter(({ srcPort }) => srcPort === event.srcPort) : [event]
  const logins = visit.filter(({ type }) => type === 'login')
  const inputs = visit.flatMap((one) => inputOf(one) ?? []).slice(0, INPUTS)
  const files = visit.filter(({ type }) => type === 'artifact')
  const time = visit[0]?.time ?? event.time
  const record = {
    // Time of accept, UTC without a zone.
    timestamp: `${new Date(time).toISOString().slice(0, -1)}000`,
    connection: { protocol: PROTOCOLS[event.lure ?? ''] ?? event.lure, transport: event.transport ?? 'tcp', type: 'accept' },
    dst_ip: event.dstIp,
    dst_port: event.dstPort,
    src_hostname: '',
    src_ip: event.srcIp,
    src_port: event.srcPort,
    ...(logins.length > 0
      ? {
          credentials: {
            username: logins.map((one) => textOf(one.data.username) ?? ''),
            password: logins.map((one) => textOf(one.data.password) ?? ''),
          },
        }
      : {}),
    ...(event.lure === 'ftp' && inputs.length > 0 ? { ftp: { commands: ftpCommands(inputs) } } : {}),
    ...(files.length > 0 ? { download: { md5: files.map((one) => one.data.md5), sha256: files.map((one) => one.data.sha256) } } : {}),
    ...(event.lure !== 'ftp' && inputs.length > 0 ? { input: inputs } : {}),
    ...(event.session ? { session: event.session } : {}),
    sundew_types: [...new Set(visit.map(({ type }) => type))],
  }
  return [{ file: 'log/dionaea.json', text: JSON.stringify(record) }]
}

/** `flat_data`: one list a column. */
function ftpCommands(lines: readonly string[]): { command: string[]; arguments: string[] } {
  const parts = lines.map((line) => line.split(' '))
  return { command: parts.map(([verb = '']) => verb), arguments: parts.map(([, ...rest]) => rest.join(' ')) }
}
