import { z } from 'zod'
import type { OutputOf } from '../../config/outputs.ts'
import type { SundewEvent } from '../../events/schema.ts'
import { Egress, type HttpAnswer } from '../egress.ts'
import { readable } from '../event-text.ts'
import { demandTaken } from '../http-status.ts'
import { secretOf } from '../secret.ts'
import { Refused, type Sink } from '../sink.ts'

const Refusal = z.object({ text: z.string(), 'invalid-event-number': z.number().int().nonnegative().optional() })

/** Splunk's HTTP Event Collector. */
export function openSplunk({ url, token, index, sourcetype, tls }: OutputOf<'splunk'>): Sink {
  const egress = new Egress([url], tls)
  const address = url.includes('/services/') ? url : `${url.replace(/\/$/, '')}/services/collector/event`
  const headers = { authorization: `Splunk ${secretOf(token, 'outputs.splunk.token')}`, 'content-type': 'application/json' }
  return {
    async send(events, signal) {
      const body = events
        .map((event) => {
          const { time, sensor, data, ...rest } = event
          const envelope = { time: time / 1000, host: sensor, source: 'sundew', sourcetype, ...(index ? { index } : {}) }
          return JSON.stringify({ ...envelope, event: { ...rest, time, sensor, data: readable(data) } })
        })
        .join('\n')
      const answer = await egress.http('POST', address, { headers, body, signal })
      throwForOne(answer, events)
      demandTaken(answer, 'Splunk')
    },
    close: () => egress.close(),
  }
}

/** Splunk names the event that it could not read; those before it were taken, those after it were not. */
function throwForOne({ status, body }: HttpAnswer, events: readonly SundewEvent[]): void {
  if (status !== 400) return
  const said = Refusal.safeParse(parse(body)).data
  const bad = said && events.length === 1 ? events[0] : undefined
  if (bad) throw new Refused(`Splunk: ${said?.text}`, new Map([[bad.id, `Splunk: ${said?.text}`]]))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
