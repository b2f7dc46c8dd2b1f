import type { OutputOf } from '../../config/outputs.ts'
import { Egress } from '../egress.ts'
import { readable } from '../event-text.ts'
import { demandTaken } from '../http-status.ts'
import { basicAuthorization } from '../secret.ts'
import type { Sink } from '../sink.ts'

interface Stream {
  stream: Record<string, string>
  /** Nanoseconds since 1970, and the line. */
  values: [string, string][]
}

/** Grafana Loki's push API. Labels are few on purpose: sensor and lure; the rest of an event is in its line, for `| json`. */
export function openLoki({ url, tenant, labels, username, password, tls }: OutputOf<'loki'>): Sink {
  const egress = new Egress([url], tls)
  const address = url.includes('/loki/') ? url : `${url.replace(/\/$/, '')}/loki/api/v1/push`
  const headers = {
    'content-type': 'application/json',
    ...(tenant ? { 'x-scope-orgid': tenant } : {}),
    ...basicAuthorization(username, password, 'outputs.loki.password'),
  }
  return {
    async send(events, signal) {
      const streams = new Map<string, Stream>()
      for (const event of events) {
        const stream = { job: 'sundew', ...labels, sensor: event.sensor, lure: event.lure ?? 'sensor' }
        const key = `${stream.sensor}/${stream.lure}`
        const found: Stream = streams.get(key) ?? { stream, values: [] }
        streams.set(key, found)
        found.values.push([`${event.time}000000`, JSON.stringify({ ...event, data: readable(event.data) })])
      }
      demandTaken(await egress.http('POST', address, { headers, body: JSON.stringify({ streams: [...streams.values()] }), signal }), 'Loki')
    },
    close: () => egress.close(),
  }
}
