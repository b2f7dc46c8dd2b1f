import { z } from 'zod'
import type { OutputOf } from '../../config/outputs.ts'
import { ecsOf } from '../ecs.ts'
import { Egress } from '../egress.ts'
import { indexTemplate } from '../elastic-template.ts'
import { demandTaken, isRefusal } from '../http-status.ts'
import { basicAuthorization, secretOf } from '../secret.ts'
import { Busy, Refused, type Sink } from '../sink.ts'

/** What `_bulk` answers, as far as it is read: no more is asked for, so that the answer to a large batch stays small. */
const BulkAnswer = z.object({
  errors: z.boolean(),
  items: z.array(z.record(z.string(), z.object({ status: z.number(), error: z.looseObject({ type: z.string().optional() }).optional() }))),
})
const READ = 'filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason,items.*.error.caused_by'

/** Errors with status 400 that are no fault of a document: no shard may be added for the next index of the stream, or it is closed. */
const NO_FAULT = new Set(['validation_exception', 'index_closed_exception'])

/** Elasticsearch or OpenSearch through `_bulk`. Documents are created under the id of their event, so one that came before is a conflict, not a second one. */
export function openElasticsearch(settings: OutputOf<'elasticsearch'>): Sink {
  const { url, dataStream, product, template, apiKey, username, password, tls } = settings
  const egress = new Egress([url], tls)
  const base = url.replace(/\/$/, '')
  const headers = apiKey
    ? { authorization: `ApiKey ${secretOf(apiKey, 'outputs.elasticsearch.apiKey')}` }
    : basicAuthorization(username, password, 'outputs.elasticsearch.password')
  let isPrepared = !template
  return {
    async send(events, signal) {
      if (!isPrepared) {
        const body = JSON.stringify(indexTemplate(dataStream, product === 'opensearch'))
        const answer = await egress.http('PUT', `${base}/_index_template/sundew`, {
          headers: { ...headers, 'content-type': 'application/json' },
          body,
          signal,
        })
        if (answer.status >= 300)
          throw new Busy(`the index template was answered ${answer.status}: ${answer.body.slice(0, 300)}`, undefined)
        isPrepared = true
      }
      const body = events.map((event) => `${JSON.stringify({ create: { _id: event.id } })}\n${JSON.stringify(ecsOf(event))}\n`).join('')
      const answer = await egress.http('POST', `${base}/${dataStream}/_bulk?${READ}`, {
        headers: { ...headers, 'content-type': 'application/x-ndjson' },
        body,
        signal,
      })
      demandTaken(answer, 'Elasticsearch')
      judgeItems(BulkAnswer.parse(JSON.parse(answer.body)), events)
    },
    close: () => egress.close(),
  }
}

const CONFLICT = 409

function judgeItems({ errors, items }: z.infer<typeof BulkAnswer>, events: readonly { id: string }[]): void {
  if (!errors) return
  const refused = new Map<string, string>()
  for (const [i, item] of items.entries()) {
    const { status, error } = Object.values(item)[0] ?? { status: 200 }
    if (status < 300 || status === CONFLICT) continue
    const reason = `${status}: ${JSON.stringify(error ?? '').slice(0, 500)}`
    if (!isRefusal(status) || NO_FAULT.has(error?.type ?? '')) throw new Busy(`Elasticsearch did not take all: ${reason}`, undefined)
    refused.set(events[i]?.id ?? '', reason)
  }
  if (refused.size > 0) throw new Refused('Elasticsearch refused some', refused)
}
