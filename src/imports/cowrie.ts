import { endsOf, type Found, firstOf, keptWhole, type LogReader, loginOf, string, timeOf, turnOf } from './found.ts'

type Record_ = Readonly<Record<string, unknown>>
type Facts = Pick<Found, 'type' | 'data' | 'file'>

const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])
const milliseconds = (record: Record_): number => Number(record.duration_ms ?? Number(record.duration ?? 0) * 1000) || 0

/** What the events of Cowrie are here. Others are kept whole. */
const EVENTS: Readonly<Record<string, (record: Record_) => Facts[]>> = {
  'cowrie.session.connect': () => [{ type: 'session.open', data: {} }],
  'cowrie.session.closed': (record) => [
    { type: 'session.close', data: { durationMs: milliseconds(record), bytesIn: 0, bytesOut: 0, reason: 'attacker' } },
  ],
  'cowrie.client.version': (record) => [{ type: 'ssh.version', data: { version: string(record.version) ?? '', accepted: true } }],
  'cowrie.client.kex': (record) => [
    {
      type: 'ssh.kex',
      data: {
        kex: list(record.kexAlgs),
        hostKey: list(record.keyAlgs),
        cipher: list(record.encCS),
        mac: list(record.macCS),
        compression: list(record.compCS),
        language: list(record.langCS),
      },
    },
    ...(string(record.hassh)
      ? [{ type: 'fingerprint', data: { kind: 'hassh', value: string(record.hassh), raw: string(record.hasshAlgorithms) } }]
      : []),
  ],
  'cowrie.client.size': (record) => [
    { type: 'ssh.window', data: { columns: Number(record.width) || 0, rows: Number(record.height) || 0 } },
  ],
  'cowrie.client.var': (record) => [
    { type: 'ssh.env', data: { name: string(record.name) ?? '', value: string(record.value) ?? '', accepted: true } },
  ],
  'cowrie.login.success': (record) => [loginOf(record.username, record.password, true)],
  'cowrie.login.failed': (record) => [loginOf(record.username, record.password, false)],
  'cowrie.command.input': (record) => [turnOf(string(record.input) ?? '')],
  // The input that it was is there already.
  'cowrie.command.failed': () => [],
  'cowrie.session.file_download': captured,
  'cowrie.session.file_download.failed': captured,
  'cowrie.session.file_upload': captured,
  'cowrie.direct-tcpip.request': (record) => [
    {
      type: 'ssh.forward',
      data: {
        host: firstOf(record, 'dst_ip', 'dest_ip') ?? '',
        port: Number(record.dst_port ?? record.dest_port) || 0,
        originHost: string(record.orig_ip) ?? '',
        originPort: Number(record.orig_port) || 0,
        accepted: true,
      },
    },
  ],
}

function captured(record: Record_): Facts[] {
  const url = firstOf(record, 'url')
  const shasum = firstOf(record, 'shasum')
  const name = firstOf(record, 'destfile', 'filename')
  return [
    ...(url ? [{ type: 'indicator', data: { kind: 'url', value: url, how: String(record.eventid) } }] : []),
    ...(shasum
      ? [{ type: 'artifact', file: shasum, data: { how: String(record.eventid), ...(name ? { name } : {}), ...(url ? { url } : {}) } }]
      : []),
  ]
}

/** cowrie.json of Cowrie 1.5 and later, and of T-Pot. */
export const readCowrie: LogReader = (record) => {
  const time = timeOf(record.timestamp)
  const session = string(record.session)
  const eventid = string(record.eventid)
  if (time === undefined || !session || !eventid) return []
  const isForward = eventid.startsWith('cowrie.direct-tcpip')
  const { dstIp: _, dstPort: __, ...source } = endsOf(record)
  // A tunnel's destination is not ours.
  const ends: ReturnType<typeof endsOf> = isForward ? source : endsOf(record)
  const lure = record.protocol === 'telnet' || ends.dstPort === 23 || ends.dstPort === 2223 ? 'telnet' : 'ssh'
  const facts = EVENTS[eventid]?.(record) ?? [keptWhole('Cowrie', record)]
  return facts.map((fact) => ({ ...fact, ...ends, time, session, lure, system: 'Cowrie' }))
}
