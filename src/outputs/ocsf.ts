import type { SundewEvent } from '../events/schema.ts'
import { VERSION } from '../version.ts'
import { inputOf, summaryOf, techniquesOf, textOf } from './event-text.ts'
import { severityOf } from './severity.ts'

/** Version of the Open Cybersecurity Schema Framework whose classes these are. */
const OCSF_VERSION = '1.3.0'
const SEVERITY_ID = { low: 2, medium: 3, high: 4, critical: 5 } as const

interface Class {
  category: number
  uid: number
  name: string
  activity: number
}

const NETWORK = { category: 4, uid: 4001, name: 'Network Activity' }

/** An event as an OCSF event: Authentication, HTTP Activity, Process Activity, File System Activity or Network Activity. */
export function ocsfOf(event: SundewEvent): Record<string, unknown> {
  const { category, uid, name, activity } = classOf(event)
  const { data } = event
  const techniques = techniquesOf(event)
  return {
    category_uid: category,
    class_uid: uid,
    class_name: name,
    activity_id: activity,
    type_uid: uid * 100 + activity,
    severity_id: SEVERITY_ID[severityOf(event)],
    time: event.time,
    message: summaryOf(event),
    metadata: {
      version: OCSF_VERSION,
      uid: event.id,
      correlation_uid: event.session,
      event_code: event.type,
      product: { name: 'Sundew', vendor_name: 'Sundew', version: VERSION },
    },
    device: { hostname: event.sensor, type_id: 0 },
    src_endpoint: { ip: event.srcIp, port: event.srcPort },
    dst_endpoint: { ip: event.dstIp, port: event.dstPort, svc_name: event.lure },
    ...(uid === 3002
      ? {
          user: { name: textOf(data.username) ?? '' },
          auth_protocol: textOf(data.method),
          status_id: data.accepted ? 1 : 2,
        }
      : {}),
    ...(uid === 4001 ? { connection_info: { protocol_name: event.transport, direction_id: 1 } } : {}),
    ...(uid === 4002 ? httpFields(data) : {}),
    ...(uid === 1007 ? { process: { cmd_line: inputOf(event) }, actor: { session: { uid: event.session } } } : {}),
    ...(uid === 1001
      ? {
          file: {
            name: textOf(data.name) ?? String(data.sha256),
            type_id: 1,
            size: data.size,
            hashes: [{ algorithm_id: 3, value: data.sha256 }],
          },
          actor: { session: { uid: event.session } },
        }
      : {}),
    ...(techniques.length > 0 ? { attacks: techniques.map((id) => ({ technique: { uid: id } })) } : {}),
    unmapped: { lure: event.lure, persona: event.persona, stands_for: event.standsFor, tags: event.tags, type: event.type },
  }
}

function classOf({ type, data }: SundewEvent): Class {
  if (type === 'login') return { category: 3, uid: 3002, name: 'Authentication', activity: 1 }
  if (type === 'turn' && data.kind === 'web') return { category: 4, uid: 4002, name: 'HTTP Activity', activity: methodId(data) }
  if (type === 'turn') return { category: 1, uid: 1007, name: 'Process Activity', activity: 1 }
  if (type === 'artifact') return { category: 1, uid: 1001, name: 'File System Activity', activity: 1 }
  if (type === 'session.open') return { ...NETWORK, activity: 1 }
  if (type === 'session.close') return { ...NETWORK, activity: 2 }
  return { ...NETWORK, activity: 6 }
}

/** OCSF numbers the methods of HTTP; 99 is any other. */
const METHODS = ['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'TRACE']

function methodId(data: Record<string, unknown>): number {
  const index = METHODS.indexOf(textOf((data.detail as Record<string, unknown> | undefined)?.method) ?? '')
  return index < 0 ? 99 : index + 1
}

function httpFields(data: Record<string, unknown>): Record<string, unknown> {
  const { method, target, status } = (data.detail ?? {}) as Record<string, unknown>
  return { http_request: { http_method: textOf(method), url: { url_string: textOf(target) } }, http_response: { code: status } }
}
