import type { SundewEvent } from '../events/schema.ts'
import { VERSION } from '../version.ts'
import { inputOf, readable, summaryOf, techniquesOf, textOf } from './event-text.ts'

/** Version of the Elastic Common Schema whose fields these are. */
const ECS_VERSION = '8.11.0'

/** ECS event.category and event.type by the kind of event; everything else is network information. */
const CATEGORIES: Readonly<Record<string, [category: string[], type: string[]]>> = {
  login: [['authentication'], ['start']],
  'session.open': [
    ['network', 'session'],
    ['connection', 'start'],
  ],
  'session.close': [
    ['network', 'session'],
    ['connection', 'end'],
  ],
  turn: [['process'], ['info']],
  artifact: [['file'], ['creation']],
  indicator: [['threat'], ['indicator']],
  'honeytoken.returned': [['threat', 'intrusion_detection'], ['indicator']],
}

/**
 * An event as a document of the Elastic Common Schema. What ECS has a field for stands there; the whole event is below `sundew`,
 * its data under `sundew.data`, which the index template keeps as one flattened field.
 */
export function ecsOf(event: SundewEvent): Record<string, unknown> {
  const { type, data } = event
  const [category, kind] = CATEGORIES[type] ?? [['network'], ['info']]
  const isWeb = type === 'turn' && data.kind === 'web'
  const username = type === 'login' ? textOf(data.username) : undefined
  const techniques = techniquesOf(event)
  const durationMs = typeof data.durationMs === 'number' ? data.durationMs : undefined
  return {
    '@timestamp': new Date(event.time).toISOString(),
    ecs: { version: ECS_VERSION },
    message: summaryOf(event),
    event: {
      id: event.id,
      kind: type === 'honeytoken.returned' ? 'alert' : 'event',
      module: 'sundew',
      dataset: 'sundew.events',
      action: type,
      category: isWeb ? ['web'] : category,
      type: isWeb ? ['access'] : kind,
      ...(type === 'login' ? { outcome: data.accepted ? 'success' : 'failure' } : {}),
      ...(durationMs === undefined ? {} : { duration: Math.round(durationMs * 1e6) }),
    },
    observer: { name: event.sensor, type: 'honeypot', vendor: 'Sundew', product: 'Sundew', version: VERSION },
    ...(event.srcIp ? { source: { ip: event.srcIp, address: event.srcIp, ...(event.srcPort ? { port: event.srcPort } : {}) } } : {}),
    ...(event.dstIp ? { destination: { ip: event.dstIp, ...(event.dstPort ? { port: event.dstPort } : {}) } } : {}),
    ...(event.transport ? { network: { transport: event.transport, ...(event.lure ? { protocol: event.lure } : {}) } } : {}),
    ...(username === undefined ? {} : { user: { name: username } }),
    ...(type === 'turn' && !isWeb ? { process: { command_line: inputOf(event) } } : {}),
    ...(isWeb ? webFields(data) : {}),
    ...(type === 'artifact' ? fileFields(data) : {}),
    ...(techniques.length > 0 ? { threat: { framework: 'MITRE ATT&CK', technique: { id: techniques } } } : {}),
    ...(event.tags ? { tags: event.tags } : {}),
    related: relatedOf(event, username),
    sundew: {
      session: event.session,
      lure: event.lure,
      stands_for: event.standsFor,
      persona: event.persona,
      type,
      ...(typeof data.source === 'string' ? { source: data.source } : {}),
      data: readable(data),
    },
  }
}

function webFields(data: Record<string, unknown>): Record<string, unknown> {
  const { method, target, status } = (data.detail ?? {}) as Record<string, unknown>
  return {
    http: { request: { method: textOf(method) }, response: { status_code: typeof status === 'number' ? status : undefined } },
    url: { original: textOf(target), path: textOf(target)?.split('?')[0] },
  }
}

function fileFields({ sha256, sha1, md5, size, name, magic }: Record<string, unknown>): Record<string, unknown> {
  return {
    file: { hash: { sha256, sha1, md5 }, size, type: 'file', mime_type: magic, ...(name === undefined ? {} : { name: textOf(name) }) },
  }
}

function relatedOf(event: SundewEvent, username: string | undefined): Record<string, string[]> {
  return {
    ...(event.srcIp ? { ip: [event.srcIp] } : {}),
    ...(username ? { user: [username] } : {}),
    ...(typeof event.data.sha256 === 'string' ? { hash: [event.data.sha256] } : {}),
  }
}
