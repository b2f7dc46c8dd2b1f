import { z } from 'zod'
import { Evidence, evidence } from '../events/bytes.ts'
import type { AnswerSource, EventSchemas, Generation } from '../events/schema.ts'
import type { Visit } from '../sensor/visit.ts'
import { HeaderList } from './headers.ts'
import type { Signature } from './suricata/rule.ts'
import type { RequestHead } from './wire/request-head.ts'
import type { Sent } from './wire/send-answer.ts'

/** Bytes of a request or answer that an event keeps; what is longer is cut there, a body is an artifact besides. */
const KEPT_IN_EVENT = 16 * 1024

/** One request with its answer, as the event `<lure>.request` keeps it. */
export const WebRequestEvent = z.object({
  method: Evidence,
  target: Evidence,
  /** As sent: `HTTP/1.1`; empty for HTTP/0.9 and for what was no HTTP. */
  version: Evidence,
  host: Evidence,
  /** In the order and case of the wire. */
  headers: z.array(z.tuple([Evidence, Evidence])),
  /** The first part of the body. */
  body: Evidence.optional(),
  bodyBytes: z.number(),
  /** SHA-256 of the artifact that holds the body. */
  bodyArtifact: z.string().optional(),
  /** Fields of a form, decoded. */
  form: z.array(z.tuple([z.string(), z.string()])).optional(),
  /** 0 = the connection ended without an answer. */
  status: z.number(),
  responseBytes: z.number(),
  /** Rules of the operator that the request fits. */
  signatures: z
    .array(
      z.object({
        sid: z.number(),
        rev: z.number().optional(),
        msg: z.string(),
        classtype: z.string().optional(),
        cves: z.array(z.string()).optional(),
      }),
    )
    .optional(),
  /** The played server turned it down before any site saw it. */
  refused: z.boolean().optional(),
})
export type WebRequestEvent = z.infer<typeof WebRequestEvent>

/** Event types of a lure that serves HTTP: put them into its `events`. */
export function webEvents<N extends string>(lure: N): Record<`${N}.request`, typeof WebRequestEvent> {
  return { [`${lure}.request`]: WebRequestEvent } as Record<`${N}.request`, typeof WebRequestEvent>
}

/** All that is written down of one request and its answer. */
export interface Exchange {
  lure: string
  head: RequestHead
  body: Buffer
  bodyBytes: number
  bodyArtifact: string | undefined
  form: [string, string][]
  sent: Sent
  source: AnswerSource
  generation: Generation | undefined
  durationMs: number
  refused: boolean
  signatures: readonly Signature[]
}

export function recordExchange(visit: Visit<EventSchemas>, exchange: Exchange): void {
  const { lure, head, body, bodyBytes, bodyArtifact, form, sent, source, generation, durationMs, refused, signatures } = exchange
  const { method, target, protocol = '' } = head.line
  const host = new HeaderList(head.headers).get('host') ?? ''
  const tags = signatures.flatMap(({ sid, cves = [] }) => [`note:sid-${sid}`, ...cves.map((cve) => `cve:${cve}`)])
  const request = {
    method: latin1(method),
    target: latin1(target),
    version: latin1(protocol),
    host: latin1(host),
    headers: head.headers.map(([name, value]) => [latin1(name), latin1(value)]),
    ...(body.length > 0 ? { body: cut(body) } : {}),
    bodyBytes,
    ...(bodyArtifact ? { bodyArtifact } : {}),
    ...(form.length > 0 ? { form } : {}),
    status: sent.status,
    responseBytes: sent.bytes,
    ...(refused ? { refused } : {}),
    ...(signatures.length > 0 ? { signatures: [...signatures] } : {}),
  }
  visit.record(`${lure}.request`, request, tags)
  visit.record('turn', {
    kind: 'web',
    input: cut(Buffer.concat([head.raw, body.subarray(0, KEPT_IN_EVENT)])),
    output: cut(sent.first),
    ...(sent.bytes > sent.first.length ? { outputBytes: sent.bytes } : {}),
    source,
    durationMs,
    ...(generation ? { generation } : {}),
    detail: { method: method.slice(0, 64), target: target.slice(0, 2048), status: sent.status, bodyBytes },
  })
}

function cut(bytes: Buffer): Evidence {
  return evidence(bytes.subarray(0, KEPT_IN_EVENT))
}

/** The bytes behind a text of one character a byte. */
function latin1(text: string): Evidence {
  return evidence(Buffer.from(text.slice(0, KEPT_IN_EVENT), 'latin1'))
}
