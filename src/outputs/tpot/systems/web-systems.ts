import type { SundewEvent } from '../../../events/schema.ts'
import { textOf } from '../../event-text.ts'
import { credentials, dstEnds, ends, type FieldMap, type Fields, isoTime, jsonSystem, unnamed } from '../system.ts'
import { agentOf, headerFields, requestOf } from '../web.ts'

/** The request of a turn stands in the lure's own event. */
const told: FieldMap = () => undefined

const strings = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]])))

export const wordpot = jsonSystem({
  system: 'Wordpot',
  folder: 'wordpot',
  file: 'log/wordpot.log',
  base: (event) => ({ timestamp: isoTime(event), ...ends(event), session: event.session }),
  events: {
    'turn.web': told,
    '*.request': (event) => {
      const request = requestOf(event)
      const agent = agentOf(request.header('user-agent'))
      return {
        url: request.target,
        request_method: request.method,
        user_agent: request.header('user-agent') ?? '',
        browser_family: agent.browser,
        os_family: agent.os,
      }
    },
    login: (event) => ({ plugin: 'badlogin', ...credentials(event) }),
    'wordpress.probe': ({ data }) => ({
      plugin: PROBES[String(data.kind)] ?? `${data.kind}s`,
      filename: textOf(data.name),
      url: textOf(data.name),
    }),
    'wordpress.exploit': ({ data }) => ({ plugin: data.name, info: textOf(data.detail) }),
  },
  rest: unnamed,
})

/** Wordpot's plug-ins. */
const PROBES: Readonly<Record<string, string>> = { file: 'commonfiles', user: 'userenumeration', timthumb: 'timthumb' }

export const elasticpot = jsonSystem({
  system: 'ElasticPot',
  folder: 'elasticpot',
  file: 'log/elasticpot.json',
  base: (event) => ({
    timestamp: isoTime(event),
    unixtime: Math.floor(event.time / 1000),
    ...dstEnds(event),
    sensor: event.sensor,
    session: event.session,
  }),
  events: {
    'turn.web': told,
    '*.request': (event) => {
      const request = requestOf(event)
      return {
        eventid: request.body ? 'elasticpot.attack' : 'elasticpot.recon',
        message: request.body ? 'Exploit' : request.method === 'HEAD' ? 'Head scan' : 'Scan',
        url: request.target,
        request: request.method,
        user_agent: request.header('user-agent') ?? '',
        content_type: request.header('content-type') ?? '',
        accept_language: request.header('accept-language') ?? '',
        ...(request.body ? { payload: request.body } : {}),
      }
    },
    'elasticsearch.script': ({ data }) => ({
      eventid: 'elasticpot.script',
      message: 'Exploit',
      payload: textOf(data.script),
      command: textOf(data.command),
    }),
    login: (event) => ({ eventid: 'elasticpot.auth', message: 'Login', ...credentials(event) }),
  },
  rest: (event) => ({ eventid: `elasticpot.${event.type.replace(/^elasticsearch\./, '')}`, message: event.type, ...unnamed(event) }),
})

export const ipphoney = jsonSystem({
  system: 'Ipphoney',
  folder: 'ipphoney',
  file: 'log/ipphoney.json',
  base: (event) => ({
    timestamp: isoTime(event),
    unixtime: Math.floor(event.time / 1000),
    ...dstEnds(event),
    sensor: event.sensor,
    session: event.session,
  }),
  events: {
    'turn.web': told,
    '*.request': (event) => {
      const request = requestOf(event)
      return {
        eventid: 'ipphoney.connect',
        url: request.target,
        request: request.method,
        user_agent: request.header('user-agent') ?? '',
        content_type: request.header('content-type') ?? '',
      }
    },
    'ipp.operation': ({ data }) => ({
      eventid: `ipphoney.${String(data.operation).toLowerCase()}`,
      operation: data.operation,
      query: {
        version: data.version,
        operation: data.operation,
        operation_id: data.code,
        target: textOf(data.target),
        user: textOf(data.user),
        status: data.status,
      },
    }),
    'ipp.document': ({ data }) => ({
      eventid: 'ipphoney.document',
      operation: 'Print-Job',
      filename: textOf(data.name),
      filesize: data.size,
      sha256: data.sha256,
    }),
  },
  rest: (event) => ({ eventid: `ipphoney.${event.type}`, ...unnamed(event) }),
  keepsakes: ({ type, data }) => (type === 'artifact' ? [{ from: { artifact: String(data.sha256) }, to: `dl/${data.sha256}` }] : []),
})

export const h0neytr4p = jsonSystem({
  system: 'H0neytr4p',
  folder: 'h0neytr4p',
  file: 'log/log.json',
  base: (event) => ({ timestamp: `${new Date(event.time).toISOString().slice(0, 19)}Z`, ...strings(ends(event)), session: event.session }),
  events: {
    'turn.web': told,
    '*.request': (event) => {
      const request = requestOf(event)
      const agent = agentOf(request.header('user-agent'))
      const headers = Object.entries(headerFields(request.headers))
      return {
        request_method: request.method,
        protocol: request.protocol,
        hostname: request.host,
        request_uri: request.target,
        'user-agent': request.header('user-agent') ?? '',
        'user-agent_browser': agent.browser,
        'user-agent_os': agent.os,
        trapped: 'false',
        payload: request.body,
        ...Object.fromEntries(headers.map(([name, value]) => [`header_${name.toLowerCase()}`, value])),
      }
    },
    '*.hit': ({ data }) => ({
      request_uri: textOf(data.target),
      trapped: 'true',
      trapped_for: `${textOf(data.about)}`,
      trapped_risk_rating: String(data.risk),
      trapped_references: Array.isArray(data.cves) ? data.cves.join(',') : '',
      payload: JSON.stringify(data.values ?? {}),
    }),
    artifact: ({ data }) => ({
      trapped: 'true',
      payload_filename: textOf(data.name) ?? '',
      payload_hash_md5: data.md5,
      payload_hash_sha256: data.sha256,
      payload_mime_type: data.magic,
    }),
    login: (event) => ({ trapped: 'true', trapped_for: 'login', ...credentials(event) }),
  },
  rest: unnamed,
  keepsakes: ({ type, data }) => (type === 'artifact' ? [{ from: { artifact: String(data.sha256) }, to: `payloads/${data.md5}` }] : []),
})

export const log4pot = jsonSystem({
  system: 'Log4pot',
  folder: 'log4pot',
  file: 'log/log4pot.log',
  base: (event) => ({
    timestamp: isoTime(event),
    correlation_id: event.session ?? event.id,
    server_port: event.dstPort,
    client: event.srcIp,
    port: event.srcPort,
    dest_ip: event.dstIp,
  }),
  events: {
    'turn.web': told,
    '*.request': (event) => {
      const { method, target, protocol, headers, body } = requestOf(event)
      return {
        reason: 'request',
        request: `${method} ${target} ${protocol}`,
        headers: headerFields(headers),
        body,
      }
    },
    'jndi.lookup': ({ data }) => ({
      reason: 'exploit',
      location: textOf(data.where)?.replace(/^header (.*)$/i, 'header-$1'),
      payload: textOf(data.raw),
      deobfuscated_payload: textOf(data.resolved),
      scheme: data.scheme,
      callback: textOf(data.host),
    }),
    artifact: ({ data }) => ({ reason: 'payload', generic_sha256: data.sha256, payload: textOf(data.name) }),
  },
  rest: (event) => ({ reason: event.type, ...unnamed(event) }),
  keepsakes: ({ type, data }) => (type === 'artifact' ? [{ from: { artifact: String(data.sha256) }, to: `payloads/${data.sha256}` }] : []),
})

export const tanner = jsonSystem({
  system: 'Snare/Tanner',
  folder: 'tanner',
  file: 'log/tanner_report.json',
  base: (event) => ({
    timestamp: isoTime(event),
    uuid: event.session ?? event.id,
    peer: { ip: event.srcIp, port: event.srcPort },
    dest_ip: event.dstIp,
  }),
  events: {
    'turn.web': told,
    '*.request': (event) => {
      const request = requestOf(event)
      return {
        method: request.method,
        path: request.target,
        headers: { host: request.host, 'user-agent': request.header('user-agent') ?? '', referer: request.header('referer') ?? '' },
        cookies: request.header('cookie') ?? '',
        status: request.status,
        post_data: request.body,
        response_msg: answer(event, 'index'),
      }
    },
    '*.hit': (event) => ({ path: textOf(event.data.target), response_msg: answer(event, textOf(event.data.trap) ?? 'trap') }),
    '*.attack': (event) => ({
      path: textOf(event.data.target ?? event.data.path),
      response_msg: answer(event, textOf(event.data.kind) ?? 'attack'),
    }),
  },
  rest: (event) => ({ response_msg: answer(event, event.type), ...unnamed(event) }),
})

const answer = (event: SundewEvent, name: string): Fields => ({
  version: '0.6.0',
  response: { message: { detection: { name, order: 1, type: 1, version: '0.6.0' }, sess_uuid: event.session ?? event.id } },
})

export const goPot = jsonSystem({
  system: 'Go-pot',
  folder: 'go-pot',
  file: 'log/go-pot.json',
  base: (event) => ({ timestamp: isoTime(event), id: event.session ?? event.id, ...strings(ends(event)) }),
  events: {
    'turn.web': told,
    '*.request': (event) => {
      const request = requestOf(event)
      const agent = agentOf(request.header('user-agent'))
      return {
        phase: 'start',
        status: String(request.status),
        method: request.method,
        path: request.path,
        qs: request.query,
        host: request.host,
        user_agent: request.header('user-agent') ?? '',
        browser: agent.browser,
        os: agent.os,
      }
    },
    'session.close': ({ data }) => ({
      phase: 'end',
      duration: `${(Number(data.durationMs) / 1000).toFixed(1)}s`,
      bytes: String(data.bytesOut),
    }),
    login: (event) => ({ user: textOf(event.data.username), pass: textOf(event.data.password) ?? '' }),
  },
  rest: unnamed,
})

export const honeyaml = jsonSystem({
  system: 'Honeyaml',
  folder: 'honeyaml',
  file: 'log/honeyaml.log',
  base: (event) => ({ timestamp: isoTime(event), level: 'WARN', target: 'honeyaml::access-log', ...ends(event), session: event.session }),
  events: {
    'turn.web': told,
    '*.request': (event) => {
      const request = requestOf(event)
      const agent = agentOf(request.header('user-agent'))
      return {
        action: 'request',
        method: request.method,
        path: request.path,
        query_string: request.query,
        body: request.body,
        status_code: request.status,
        return_code: request.status,
        host: request.host,
        user_agent: request.header('user-agent') ?? '',
        user_agent_browser: agent.browser,
        user_agent_device_info: agent.os,
        authorization: request.header('authorization') ?? '',
        token_type: request.header('authorization')?.split(' ')[0] ?? '',
        auth_required: request.status === 401,
        accept: request.header('accept') ?? '',
        content_type: request.header('content-type') ?? '',
        content_length: request.header('content-length') ?? '',
      }
    },
    login: (event) => ({ action: 'login', ...credentials(event) }),
  },
  rest: (event) => ({ action: event.type, ...unnamed(event) }),
})
