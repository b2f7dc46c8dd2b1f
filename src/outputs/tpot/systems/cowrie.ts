import { createHash } from 'node:crypto'
import type { SundewEvent } from '../../../events/schema.ts'
import { inputOf, textOf } from '../../event-text.ts'
import { type FieldMap, type Fields, isoTime, jsonSystem, shortSession, unnamed } from '../system.ts'

/** How an artifact came when the attacker sent it to us, rather than had it written or fetched by a command. */
const UPLOADS = new Set(['sftp', 'scp', 'rsync'])

const event = (eventid: string, message: string, fields: Fields = {}): Fields => ({ eventid: `cowrie.${eventid}`, message, ...fields })
const seconds = (ms: unknown): number => Math.round(Number(ms) / 100) / 10

const size: FieldMap = ({ data }) =>
  event('client.size', `Terminal Size: ${data.columns} ${data.rows}`, { width: data.columns, height: data.rows })

const variable: FieldMap = ({ data }) => {
  const [name, value] = [textOf(data.name), textOf(data.value) ?? '']
  return event('client.var', `request_env: ${name}=${value}`, { name, value })
}

const terminal: FieldMap = ({ data }) =>
  event('log.closed', `Closing TTY Log: log/tty/${data.inputSha256} after ${seconds(data.durationMs)} seconds`, {
    ttylog: `log/tty/${data.inputSha256}`,
    size: data.outputBytes,
    shasum: data.inputSha256,
    duplicate: false,
    duration: seconds(data.durationMs),
    duration_ms: data.durationMs,
  })

const malformed: FieldMap = ({ data }) =>
  event('client.malformed_packet', `Malformed packet: ${textOf(data.what)}`, { data: textOf(data.packet) })

/** Command line, and that it was not found where the shell said so (exit status 127). */
const command: FieldMap = (turn) => {
  const input = inputOf(turn) ?? ''
  const typed = event('command.input', `CMD: ${input}`, { input, ...answeredBy(turn) })
  return turn.data.exitCode === 127 ? [typed, event('command.failed', `Command not found: ${input}`, { input })] : [typed]
}

/** What Cowrie has no field for: where the answer came from. */
function answeredBy({ data, persona }: SundewEvent): Fields {
  const generation = (data.generation ?? {}) as { promptVersion?: string; model?: string }
  return { answer_source: data.source, persona, prompt_version: generation.promptVersion, model: generation.model }
}

const login: FieldMap = ({ data }) => {
  const [username, password] = [textOf(data.username) ?? '', textOf(data.password) ?? '']
  const attempt = `login attempt [${username}/${password}] ${data.accepted ? 'succeeded' : 'failed'}`
  const fingerprint = textOf(data.fingerprint)
  const outcome = event(data.accepted ? 'login.success' : 'login.failed', attempt, {
    username,
    password,
    ...(fingerprint ? { fingerprint } : {}),
  })
  if (!fingerprint) return outcome
  return [
    event('client.fingerprint', `public key attempt for user ${username} with fingerprint ${fingerprint}`, { username, fingerprint }),
    outcome,
  ]
}

const artifact: FieldMap = ({ data }) => {
  const shasum = data.sha256
  const name = textOf(data.name) ?? ''
  const common = { outfile: `dl/${shasum}`, shasum, destfile: name, duplicate: false }
  if (UPLOADS.has(String(data.how)))
    return event('session.file_upload', `SFTP Uploaded file "${name}" to ${common.outfile}`, { filename: name, ...common })
  const url = textOf(data.url) ?? ''
  return event('session.file_download', `Downloaded file with SHA-256 ${shasum} to ${common.outfile}`, { url, ...common })
}

/** Nothing is ever fetched: to Cowrie's readers that is a download that failed. */
const indicator: FieldMap = (seen) =>
  seen.data.kind === 'url'
    ? event('session.file_download.failed', `Attempt to download file(s) from URL (${textOf(seen.data.value)}) failed`, {
        url: textOf(seen.data.value),
      })
    : rest(seen)

const rest: FieldMap = (other) => event(`sundew.${other.type}`, other.type, unnamed(other))

const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])

export const cowrie = jsonSystem({
  system: 'Cowrie',
  folder: 'cowrie',
  file: 'log/cowrie.json',
  base: (any) => ({
    sensor: any.sensor,
    uuid: any.id,
    timestamp: isoTime(any),
    src_ip: any.srcIp,
    session: shortSession(any),
    protocol: any.lure === 'telnet' ? 'telnet' : 'ssh',
  }),
  events: {
    'session.open': (open) =>
      event(
        'session.connect',
        `New connection: ${open.srcIp}:${open.srcPort} (${open.dstIp}:${open.dstPort}) [session: ${shortSession(open)}]`,
        {
          src_port: open.srcPort,
          dst_ip: open.dstIp,
          dst_port: open.dstPort,
        },
      ),
    'session.close': ({ data }) =>
      event('session.closed', `Connection lost after ${seconds(data.durationMs)} seconds`, {
        duration: seconds(data.durationMs),
        duration_ms: data.durationMs,
      }),
    'ssh.version': ({ data }) => event('client.version', `Remote SSH version: ${textOf(data.version)}`, { version: textOf(data.version) }),
    'ssh.kex': ({ data }) => {
      const [kexAlgs, encCS, macCS, compCS] = [list(data.kex), list(data.cipher), list(data.mac), list(data.compression)]
      const hasshAlgorithms = [kexAlgs, encCS, macCS, compCS].map((names) => names.join(',')).join(';')
      const hassh = createHash('md5').update(hasshAlgorithms).digest('hex')
      return event('client.kex', `SSH client hassh fingerprint: ${hassh}`, {
        hassh,
        hasshAlgorithms,
        kexAlgs,
        keyAlgs: list(data.hostKey),
        encCS,
        macCS,
        compCS,
        langCS: list(data.language),
      })
    },
    'ssh.pty': size,
    'ssh.window': size,
    'telnet.window': size,
    'ssh.env': variable,
    'telnet.environment': variable,
    login,
    'turn.shell': command,
    turn: command,
    artifact,
    indicator,
    'ssh.terminal': terminal,
    'telnet.terminal': terminal,
    'ssh.malformed': malformed,
    'telnet.malformed': ({ data }) => event('telnet.error', `Telnet error: ${textOf(data.what)}`, { error: textOf(data.what) }),
    'telnet.option': ({ data }) =>
      event('telnet.option', `Telnet option ${data.verb} ${data.option}`, {
        command: data.verb,
        option_name: String(data.option),
        option_byte: data.option,
      }),
    'ssh.forward': ({ data }) =>
      event(
        'direct-tcpip.request',
        `direct-tcp connection request to ${data.host}:${data.port} from ${data.originHost}:${data.originPort}`,
        {
          dst_ip: data.host,
          dst_port: data.port,
          orig_ip: data.originHost,
          orig_port: data.originPort,
        },
      ),
    'ssh.forward.data': ({ data }) =>
      event('direct-tcpip.data', `discarded direct-tcp forward request to ${data.host}:${data.port}`, {
        dst_ip: data.host,
        dst_port: data.port,
        data: textOf(data.data),
        id: 0,
      }),
    fingerprint: (seen) =>
      // Part of client.kex.
      seen.data.kind === 'hassh'
        ? undefined
        : event(`client.${String(seen.data.kind)}`, `${seen.data.kind} fingerprint: ${seen.data.value}`, {
            [String(seen.data.kind)]: seen.data.value,
          }),
  },
  rest,
  keepsakes: ({ type, data }) => {
    if (type === 'artifact') return [{ from: { artifact: String(data.sha256) }, to: `downloads/${data.sha256}` }]
    if (type.endsWith('.terminal')) return [{ from: { recording: String(data.ttylog) }, to: `log/tty/${data.inputSha256}` }]
    return []
  },
})
