import type { SundewEvent } from '../events/schema.ts'
import { VERSION } from '../version.ts'
import { inputOf, summaryOf, textOf } from './event-text.ts'
import { severityOf } from './severity.ts'

/** Numbers of the CEF header, 0 to 10. */
const LEVEL = { low: 3, medium: 5, high: 8, critical: 10 } as const
/** What a field of CEF may carry. */
const LONGEST = 1023

/** An event as one line of ArcSight's Common Event Format, version 0. */
export function cefOf(event: SundewEvent): string {
  const { data } = event
  const fields: Record<string, unknown> = {
    rt: event.time,
    externalId: event.id,
    dvchost: event.sensor,
    src: event.srcIp,
    spt: event.srcPort,
    dst: event.dstIp,
    dpt: event.dstPort,
    proto: event.transport?.toUpperCase(),
    app: event.lure,
    suser: event.type === 'login' ? textOf(data.username) : undefined,
    outcome: event.type === 'login' ? (data.accepted ? 'success' : 'failure') : undefined,
    fileHash: typeof data.sha256 === 'string' ? data.sha256 : undefined,
    request: event.type === 'turn' && data.kind === 'web' ? inputOf(event) : undefined,
    msg: summaryOf(event),
    cs1: event.session,
    cs1Label: event.session === undefined ? undefined : 'session',
    cs2: event.tags?.join(','),
    cs2Label: event.tags === undefined ? undefined : 'tags',
    cs3: event.persona,
    cs3Label: event.persona === undefined ? undefined : 'persona',
  }
  const extension = Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${inExtension(String(value))}`]))
  const header = ['CEF:0', 'Sundew', 'Sundew', VERSION, event.type, `${event.lure ?? 'sensor'} ${event.type}`, LEVEL[severityOf(event)]]
  return `${header.map((one) => inHeader(String(one))).join('|')}|${extension.join(' ')}`
}

function inHeader(text: string): string {
  return text.replaceAll(/[\\|]/g, '\\$&').replaceAll(/[\x00-\x1f\x7f]/g, ' ')
}

function inExtension(text: string): string {
  return text
    .slice(0, LONGEST)
    .replaceAll(/[\\=]/g, '\\$&')
    .replaceAll('\r', '\\r')
    .replaceAll('\n', '\\n')
    .replaceAll(/[\x00-\x1f\x7f]/g, ' ')
}
