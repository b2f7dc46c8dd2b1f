import type { OutputOf } from '../config/outputs.ts'
import type { SundewEvent } from '../events/schema.ts'
import { cefOf } from './cef.ts'
import { readable } from './event-text.ts'
import { ocsfOf } from './ocsf.ts'
import { severityOf } from './severity.ts'

/** Private enterprise number of documentation (RFC 5612). */
const SD_ID = 'sundew@32473'
/** RFC 5424 §6.2.1. */
const SYSLOG_SEVERITY = { low: 6, medium: 5, high: 4, critical: 3 } as const
/** Characters of a text that are left when a message is too long, in the order in which it is tried. */
const CUTS = [1024, 256, 64]

const WRITERS: Record<OutputOf<'syslog'>['body'], (event: SundewEvent) => string> = {
  json: (event) => JSON.stringify({ ...event, data: readable(event.data) }),
  cef: cefOf,
  ocsf: (event) => JSON.stringify(ocsfOf(event)),
}

type Form = Pick<OutputOf<'syslog'>, 'facility' | 'body' | 'maxBytes'>

/**
 * An event as one message of RFC 5424: `<PRI>1 TIME HOST sundew - TYPE [structured data] BODY`. One that would be longer than `maxBytes` has its texts cut,
 * or at last no data, and says so in its structured data: what a receiver cuts off at its end is no JSON any more.
 */
export function syslogMessage(event: SundewEvent, form: Form): Buffer {
  const whole = message(event, form, false)
  if (whole.length <= form.maxBytes) return whole
  for (const cut of CUTS) {
    const shorter = message({ ...event, data: clipped(readable(event.data), cut) as SundewEvent['data'] }, form, true)
    if (shorter.length <= form.maxBytes) return shorter
  }
  return message({ ...event, data: {} }, form, true)
}

function message(event: SundewEvent, { facility, body }: Form, isCut: boolean): Buffer {
  const params = {
    id: event.id,
    session: event.session,
    src: event.srcIp,
    dst_port: event.dstPort,
    lure: event.lure,
    truncated: isCut ? 'true' : undefined,
  }
  const data = Object.entries(params).flatMap(([key, value]) => (value === undefined ? [] : [`${key}="${escaped(String(value))}"`]))
  const head = `<${facility * 8 + SYSLOG_SEVERITY[severityOf(event)]}>1 ${new Date(event.time).toISOString()} ${word(event.sensor, 255)}`
  return Buffer.from(`${head} sundew - ${word(event.type, 32)} [${SD_ID} ${data.join(' ')}] ${WRITERS[body](event)}`)
}

/** PRINTUSASCII of RFC 5424 §6: HOSTNAME and MSGID have nothing else. */
function word(text: string, most: number): string {
  return text.replaceAll(/[^\x21-\x7e]/g, '_').slice(0, most) || '-'
}

function escaped(value: string): string {
  return value.replaceAll(/["\\\]]/g, '\\$&').replaceAll(/[\x00-\x1f\x7f]/g, ' ')
}

function clipped(value: unknown, length: number): unknown {
  if (typeof value === 'string') return value.slice(0, length)
  if (Array.isArray(value)) return value.slice(0, length).map((one) => clipped(one, length))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, clipped(one, length)]))
}
