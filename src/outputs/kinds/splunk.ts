import { z } from 'zod'
import type { OutputOf } from '../../config/outputs.ts'
import { Egress, type HttpAnswer } from '../egress.ts'
import { readable } from '../event-text.ts'
import { demandTaken, saidIn } from '../http-status.ts'
import { secretOf } from '../secret.ts'
import { Busy, type Sink } from '../sink.ts'

const Refusal = z.object({ text: z.string(), code: z.number() })

/** Codes of the collector that are about an event: no data, not readable, without `event`, with an empty one, indexed fields not readable. */
const FAULTS = new Set([5, 6, 12, 13, 15])

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
      throwIfNoFault(answer)
      demandTaken(answer, 'Splunk')
    },
    close: () => egress.close(),
  }
}

/** Splunk says with status 400 too that it has no such index, or wants a channel: a fault of our settings or of its own. */
function throwIfNoFault(answer: HttpAnswer): void {
  const said = answer.status === 400 ? saidIn(answer, Refusal) : undefined
  if (said && !FAULTS.has(said.code)) throw new Busy(`Splunk answered 400: ${said.text} (code ${said.code})`, undefined)
}
