import { isIPv6 } from 'node:net'
import { bytesOf, inputOf, readable, textOf } from '../../event-text.ts'
import { credentials, ends, type Fields, isoTime, jsonSystem, type SystemMapping, shortSession, spacedTime, unnamed } from '../system.ts'

export const adbhoney = jsonSystem({
  system: 'Adbhoney',
  folder: 'adbhoney',
  file: 'log/adbhoney.json',
  base: (event) => ({
    timestamp: isoTime(event),
    unixtime: Math.floor(event.time / 1000),
    session: shortSession(event),
    sensor: event.sensor,
    ...ends(event),
  }),
  events: {
    'session.open': () => ({ eventid: 'adbhoney.session.connect' }),
    'session.close': ({ data }) => ({ eventid: 'adbhoney.session.closed', duration: (Number(data.durationMs) / 1000).toFixed(2) }),
    turn: (event) => ({ eventid: 'adbhoney.command.input', input: inputOf(event) }),
    artifact: ({ data }) => {
      const file = { shasum: data.sha256, outfile: `dl/${data.sha256}.raw`, filename: textOf(data.name) ?? '' }
      return data.url === undefined
        ? { eventid: 'adbhoney.session.file_upload', ...file }
        : { eventid: 'adbhoney.session.file_download', src_url: textOf(data.url), ...file }
    },
    'adb.connect': ({ data }) => ({
      eventid: 'adbhoney.session.params',
      client_version: data.version,
      maxdata: data.maxPayload,
      features: data.features,
      banner: textOf(data.banner),
    }),
  },
  rest: (event) => ({ eventid: `adbhoney.${event.type}`, ...unnamed(event) }),
  keepsakes: ({ type, data }) =>
    type === 'artifact' ? [{ from: { artifact: String(data.sha256) }, to: `downloads/${data.sha256}.raw` }] : [],
})

export const dicompot = jsonSystem({
  system: 'Dicompot',
  folder: 'dicompot',
  file: 'log/dicompot.log',
  base: (event) => ({
    time: spacedTime(event, 0),
    level: 'info',
    ID: event.session ?? event.id,
    IP: event.srcIp,
    Port: event.srcPort,
    dest_ip: event.dstIp,
    dest_port: event.dstPort,
  }),
  events: {
    'session.open': () => ({ msg: 'Connection from' }),
    'session.close': () => ({ msg: 'Connection', Status: 'Finished' }),
    'dicom.associate': ({ data }) => ({
      msg: 'Client',
      Version: textOf(data.implementationVersion),
      AETitle: textOf(data.calledAe),
      Identifier: textOf(data.callingAe),
    }),
    'dicom.request': ({ data }) => ({
      msg: 'Received',
      Command: data.command,
      ...(data.matches === undefined ? {} : { Matches: data.matches }),
      // The attacker chooses which; each would make a field of the index.
      ...(data.keys ? { keys: JSON.stringify(readable(data.keys)) } : {}),
    }),
    'dicom.store': ({ data }) => ({ msg: 'C-STORE received', Command: 'C-STORE', Files: data.sha256, Type: textOf(data.sopClass) }),
    login: (event) => ({ msg: 'Login', ...credentials(event) }),
  },
  rest: (event) => ({ msg: event.type, ...unnamed(event) }),
})

/** Text lines that Logstash reads by two patterns: IPv4 alone, and times below 61 seconds. A longer catch says 60, its line is kept. */
export const endlessh: SystemMapping = {
  system: 'Endlessh',
  folder: 'endlessh',
  lines(event) {
    if (event.srcIp === undefined || event.srcIp.includes(':')) return []
    const time = new Date(event.time).toISOString()
    const who = `host=${event.srcIp} port=${event.srcPort ?? 0} fd=4`
    if (event.type === 'session.open') return [{ file: 'log/endlessh.log', text: `${time} ACCEPT ${who} n=1/4096` }]
    if (event.type !== 'session.close') return []
    const seconds = Math.min(Number(event.data.durationMs) / 1000, 60)
    return [{ file: 'log/endlessh.log', text: `${time} CLOSE ${who} time=${seconds.toFixed(3)} bytes=${event.data.bytesOut}` }]
  },
}

export const mailoney = jsonSystem({
  system: 'Mailoney',
  folder: 'mailoney',
  file: 'log/commands.log',
  base: (event) => ({
    timestamp: isoTime(event),
    src_ip: event.srcIp,
    src_port: event.srcPort,
    dest_ip: event.dstIp,
    session: event.session,
  }),
  events: {
    turn: (event) => said(inputOf(event) ?? ''),
    login: (event) => ({ ...said(`AUTH ${textOf(event.data.method) ?? ''}`), ...credentials(event) }),
    'smtp.hello': ({ data }) => said(`${data.extended ? 'EHLO' : 'HELO'} ${textOf(data.name)}`),
    'smtp.recipient': ({ data }) => said(`MAIL FROM:<${textOf(data.mailFrom)}> RCPT TO:<${textOf(data.rcptTo)}>`),
    'smtp.message': ({ data }) => ({
      ...said(`Subject: ${textOf(data.subject) ?? ''}`),
      emails: [data.mailFrom, ...(Array.isArray(data.rcptTo) ? data.rcptTo : [])].map((one) => textOf(one)),
      sha256: data.sha256,
    }),
  },
  rest: (event) => ({ data: event.type, ...unnamed(event) }),
})

/** Addresses of a line stand apart, as Mailoney lists them. */
function said(data: string): Fields {
  const emails = data
    .slice(0, 4096)
    .split(/[\s<>,;:"]+/)
    .filter((part) => /^[^@]{1,64}@[^@]{1,255}$/.test(part))
  return { data, ...(emails.length > 0 ? { emails } : {}) }
}

export const medpot = jsonSystem({
  system: 'Medpot',
  folder: 'medpot',
  file: 'log/medpot.log',
  base: (event) => ({ timestamp: isoTime(event), level: 'info', src_ip: event.srcIp, src_port: event.srcPort, session: event.session }),
  events: {
    turn: (event) => ({ message: 'Connection found', data: bytesOf(event.data.input).toString('base64') }),
    'hl7.noise': ({ data }) => ({ message: 'Connection found', data: bytesOf(data.bytes).toString('base64') }),
    'hl7.message': ({ data }) => ({ message: `HL7 ${textOf(data.messageType)}`, hl7: readable(data) }),
  },
  rest: (event) => ({ message: event.type, data: '', ...unnamed(event) }),
})

export const miniprint = jsonSystem({
  system: 'Miniprint',
  folder: 'miniprint',
  file: 'log/miniprint.json',
  base: (event) => ({ timestamp: isoTime(event), level: 'info', ...ends(event), session: event.session }),
  events: {
    'session.open': () => ({ message: 'connection', event: 'connection', action: 'open_conn' }),
    'session.close': () => ({ message: 'connection closed', event: 'connection', action: 'close_conn' }),
    turn: (event) => ({ message: 'response', event: 'response_sent', command: inputOf(event), response: textOf(event.data.output) }),
    'jetdirect.command': ({ data }) => ({ message: 'command', event: 'command_received', action: 'receive', command: textOf(data.text) }),
    'jetdirect.file': ({ data }) => ({
      message: `file ${data.action}`,
      event: FILE_EVENTS[String(data.action)] ?? `fs${data.action}`,
      action: data.action,
      dir: textOf(data.name),
      file_name: textOf(data.name),
    }),
    'jetdirect.display': ({ data }) => ({ message: 'rdymsg', event: 'rdymsg', action: 'rdymsg', rdymsg: textOf(data.text) }),
    'jetdirect.job': ({ data }) => ({
      message: 'print job',
      event: 'print_job',
      action: 'save_raw_print_job',
      job_text: textOf(data.preview),
      upload_file: `uploads/${data.sha256}`,
    }),
  },
  rest: (event) => ({ message: event.type, event: event.type, ...unnamed(event) }),
  keepsakes: ({ type, data }) => (type === 'artifact' ? [{ from: { artifact: String(data.sha256) }, to: `uploads/${data.sha256}` }] : []),
})

const FILE_EVENTS: Readonly<Record<string, string>> = {
  read: 'fsupload',
  write: 'fsdownload',
  append: 'fsdownload',
  list: 'fsdirlist',
  mkdir: 'fsmkdir',
  query: 'fsquery',
}

/** Logstash parts `addr` at its colon, so an IPv6 address comes out wrong there; `src` has it whole. */
export const redishoneypot = jsonSystem({
  system: 'Redishoneypot',
  folder: 'redishoneypot',
  file: 'log/redishoneypot.log',
  base: (event) => ({
    time: spacedTime(event, 0),
    level: 'info',
    msg: '',
    addr: `${event.srcIp ?? ''}:${event.srcPort ?? ''}`,
    src: event.srcIp,
    session_id: event.session,
  }),
  events: {
    'session.open': () => ({ action: 'NewConnect' }),
    'session.close': () => ({ action: 'Closed' }),
    'redis.command': (event) => ({ action: `${textOf(event.data.name) ?? ''} ${inputOf(event) ?? ''}`.trim() }),
    turn: (event) => ({ action: inputOf(event) }),
    login: (event) => ({ action: 'AUTH', ...credentials(event) }),
  },
  rest: (event) => ({ action: event.type, ...unnamed(event) }),
})

export const sentrypeer = jsonSystem({
  system: 'SentryPeer',
  folder: 'sentrypeer',
  file: 'log/sentrypeer.json',
  base: (event) => ({
    app_name: 'sentrypeer',
    app_version: 'v4.0.4',
    event_timestamp: spacedTime(event, 9),
    event_uuid: event.id,
    created_by_node_id: event.sensor,
    collected_method: 'responsive',
    transport_type: (event.transport ?? 'udp').toUpperCase(),
    // A flood over a whole network is of no one address; Logstash would make an empty one of a bare colon.
    ...(event.srcIp === undefined ? {} : { source_ip: `${isIPv6(event.srcIp) ? `[${event.srcIp}]` : event.srcIp}:${event.srcPort ?? ''}` }),
    destination_ip: event.dstIp,
    session: event.session,
  }),
  events: {
    'sip.request': ({ data }) => ({
      called_number: userOf(textOf(data.to)),
      sip_method: data.method,
      sip_user_agent: textOf(data.userAgent) || 'NOT_FOUND',
      sip_message: textOf(data.message),
    }),
    'sip.call': ({ data }) => ({
      called_number: textOf(data.called),
      sip_method: 'INVITE',
      sip_user_agent: 'NOT_FOUND',
      sip_message: `call from ${textOf(data.caller)}`,
    }),
    turn: (event) => ({
      called_number: 'NOT_FOUND',
      sip_method: (inputOf(event) ?? '').split(' ')[0],
      sip_user_agent: 'NOT_FOUND',
      sip_message: textOf(event.data.input),
    }),
    login: (event) => ({
      called_number: 'NOT_FOUND',
      sip_method: 'REGISTER',
      sip_user_agent: 'NOT_FOUND',
      sip_message: '',
      ...credentials(event),
    }),
  },
  rest: (event) => ({
    called_number: 'NOT_FOUND',
    sip_method: event.type,
    sip_user_agent: 'NOT_FOUND',
    sip_message: '',
    ...unnamed(event),
  }),
})

/** User part of a To header: `"x" <sip:0044@host>` → `0044`. */
function userOf(to: string | undefined): string {
  return /sips?:([^@>;]{1,200})@/.exec((to ?? '').slice(0, 1000))?.[1] ?? 'NOT_FOUND'
}
