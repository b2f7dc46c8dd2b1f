import type { SundewEvent } from '../../../events/schema.ts'
import { inputOf, readable, textOf } from '../../event-text.ts'
import type { Fields, SystemMapping } from '../system.ts'
import { requestOf } from '../web.ts'

/** qeeqbox' names of its servers. */
const PROTOCOLS: Readonly<Record<string, string>> = {
  elasticsearch: 'elastic',
  postgresql: 'postgres',
  memcached: 'memcache',
  'http-proxy': 'http_proxy',
  netbios: 'netbios',
  oracle: 'oracle',
  mongodb: 'mongodb',
  telnet: 'telnet',
}

/** One file a service, every value a string, keys in order. */
export const honeypots: SystemMapping = {
  system: 'Honeypots',
  folder: 'honeypots',
  lines(event) {
    if (event.type === 'lure.fault' || event.srcIp === undefined) return []
    if (event.type === 'turn' && event.data.kind === 'web') return []
    const protocol = PROTOCOLS[event.lure ?? ''] ?? event.lure ?? 'sundew'
    const fields: Fields = {
      timestamp: new Date(event.time).toISOString().slice(0, -1),
      protocol,
      ...doing(event),
      src_ip: event.srcIp,
      src_port: event.srcPort,
      dest_ip: event.dstIp,
      dest_port: event.dstPort,
      session: event.session,
    }
    const kept = Object.entries(fields).filter(([, value]) => value !== undefined)
    const record = Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [key, String(value)]))
    return [{ file: `log/${protocol}.log`, text: JSON.stringify(record) }]
  },
}

function doing(event: SundewEvent): Fields {
  const { type, data } = event
  if (type === 'session.open') return { action: 'connection', status: 'success' }
  if (type === 'session.close') return { action: 'close', status: 'success' }
  if (type === 'login')
    return {
      action: 'login',
      status: data.accepted ? 'success' : 'failed',
      username: textOf(data.username) ?? '',
      password: textOf(data.password) ?? '',
    }
  if (type.endsWith('.request') && Array.isArray(data.headers)) {
    const request = requestOf(event)
    return {
      action: request.method.toLowerCase(),
      status: 'success',
      data: JSON.stringify({ uri: request.target, headers: request.headers, body: request.body }),
    }
  }
  const input = inputOf(event)
  if (type === 'turn') return { action: 'command', status: 'success', data: input ?? '' }
  const verb = type.slice(type.lastIndexOf('.') + 1)
  return { action: verb, status: 'success', data: input ?? JSON.stringify(readable(data)) }
}
