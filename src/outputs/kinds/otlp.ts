import { z } from 'zod'
import type { OutputOf } from '../../config/outputs.ts'
import { Generation, type SundewEvent } from '../../events/schema.ts'
import { VERSION } from '../../version.ts'
import { Egress, type HttpAnswer } from '../egress.ts'
import { textOf } from '../event-text.ts'
import { demandTaken, saidIn } from '../http-status.ts'
import { secretOf } from '../secret.ts'
import { Refused, type Sink } from '../sink.ts'

/** Characters of a prompt or answer that a span carries. */
const CONTENT = 8192

type Value = { stringValue: string } | { intValue: string } | { doubleValue: number } | { arrayValue: { values: Value[] } }

/** OpenTelemetry spans over OTLP/HTTP (JSON) of every answer that the engine was asked for, in the words of the `gen_ai` conventions. */
export function openOtlp({ url, headers, content, tls }: OutputOf<'otlp'>): Sink {
  const egress = new Egress([url], tls)
  const address = url.endsWith('/v1/traces') ? url : `${url.replace(/\/$/, '')}/v1/traces`
  const own = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, secretOf(value, `outputs.otlp.headers.${name}`)]))
  return {
    async send(events, signal) {
      const spans = events.flatMap((event) => spanOf(event, content) ?? [])
      if (spans.length === 0) return
      const resource = {
        attributes: attributes({ 'service.name': 'sundew', 'service.version': VERSION, 'service.instance.id': events[0]?.sensor }),
      }
      const body = JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'sundew', version: VERSION }, spans }] }] })
      const answer = await egress.http('POST', address, { headers: { 'content-type': 'application/json', ...own }, body, signal })
      demandTaken(answer, 'the OTLP collector')
      demandAll(answer, events)
    },
    close: () => egress.close(),
  }
}

/** What a collector says when it took some only. A number of 64 bits stands as text in JSON of Protocol Buffers. */
const Partial = z.object({
  partialSuccess: z.object({ rejectedSpans: z.coerce.number().optional(), errorMessage: z.string().optional() }).optional(),
})

/**
 * A collector counts the spans that it rejected without naming them, and they may not be sent again: all of the call become dead letters, so that
 * none is lost without a word.
 */
function demandAll(answer: HttpAnswer, events: readonly SundewEvent[]): void {
  const partial = saidIn(answer, Partial)?.partialSuccess
  if (!partial?.rejectedSpans) return
  const reason = `the OTLP collector rejected ${partial.rejectedSpans} of the spans of this call: ${partial.errorMessage ?? ''}`
  const spans = events.filter((event) => spanOf(event, false) !== undefined)
  throw new Refused('rejected in part', new Map(spans.map(({ id }) => [id, reason])))
}

/** The span of a turn that the engine took part in; a session is a trace. */
export function spanOf(event: SundewEvent, content: boolean): Record<string, unknown> | undefined {
  const generation = event.type === 'turn' ? Generation.safeParse(event.data.generation).data : undefined
  if (!generation || !event.session) return undefined
  const took = generation.totalMs ?? (typeof event.data.durationMs === 'number' ? event.data.durationMs : 0)
  const model = generation.model
  return {
    traceId: event.session.replaceAll('-', ''),
    spanId: event.id.replaceAll('-', '').slice(16),
    name: `chat ${model ?? 'none'}`,
    kind: 3,
    startTimeUnixNano: nanoseconds(event.time - took),
    endTimeUnixNano: nanoseconds(event.time),
    attributes: attributes({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': generation.backend,
      'gen_ai.request.model': model,
      'gen_ai.response.model': model,
      'gen_ai.conversation.id': event.session,
      'gen_ai.usage.input_tokens': generation.promptTokens,
      'gen_ai.usage.output_tokens': generation.outputTokens,
      'gen_ai.usage.cache_read.input_tokens': generation.cachedTokens,
      'sundew.source': textOf(event.data.source),
      'sundew.persona': generation.persona,
      'sundew.prompt.version': generation.promptVersion,
      'sundew.queued_ms': generation.queuedMs,
      'sundew.first_token_ms': generation.firstTokenMs,
      'sundew.guard': generation.guard,
      'sundew.lure': event.lure,
      'client.address': event.srcIp,
      ...(content
        ? { 'sundew.input': textOf(event.data.input)?.slice(0, CONTENT), 'sundew.output': textOf(event.data.output)?.slice(0, CONTENT) }
        : {}),
    }),
    status: generation.trouble === undefined ? { code: 1 } : { code: 2, message: generation.trouble },
  }
}

/** Without floating point: a double has too few digits for nanoseconds since 1970. */
function nanoseconds(ms: number): string {
  return String(BigInt(Math.round(ms * 1000)) * 1000n)
}

function attributes(from: Record<string, unknown>): { key: string; value: Value }[] {
  return Object.entries(from).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: attributeValue(value) }]))
}

function attributeValue(value: unknown): Value {
  if (Array.isArray(value)) return { arrayValue: { values: value.map(attributeValue) } }
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  return { stringValue: String(value) }
}
