import { LRUCache } from 'lru-cache'
import { atMost } from '../../config/at-most.ts'
import type { EventBus } from '../../events/bus.ts'
import { type Evidence, evidenceText } from '../../events/bytes.ts'
import type { SundewEvent } from '../../events/schema.ts'
import type { Honeytoken, HoneytokenMint } from './mint.ts'

/** Events that say nothing an attacker has sent, or say it again. */
const UNWATCHED = /^(session\.|sensor\.|flood\.|limit$|lure\.fault$|artifact$|honeytoken\.)/
/** Fields of events that hold our own answers. */
const ANSWERS = new Set(['output', 'stderr', 'answer', 'reply', 'response', 'generation'])
const DEEPEST = 6
/** A secret is reported once a session and way; of so many sessions that is remembered. */
const REMEMBERED = 20_000

/** A secret that came back: where in the event it stood. */
export interface Sighting {
  token: Honeytoken
  how: string
  /** Path of the field: `password`, `headers.3.1`. */
  field: string
}

/**
 * Publishes `honeytoken.returned` for every secret of the mint that an attacker sends: as a password or key, on a command
 * line, in a path, query, header or body, over any lure. It has the session and addresses of the event that it was seen in.
 * @returns ends the watch
 */
export function watchHoneytokens(bus: EventBus, mint: HoneytokenMint): () => void {
  const reported = new LRUCache<string, true>({ ...atMost(REMEMBERED) })
  return bus.subscribe((event) => {
    for (const { token, how, field } of sightingsIn(event, mint)) {
      const key = `${event.session} ${how} ${token.value}`
      if (reported.has(key)) continue
      reported.set(key, true)
      const { kind, name, owner, place, value, mintedFor, mintedAt } = token
      const { id, time, sensor, type, tags: _, data: __, ...where } = event
      bus.publish({
        ...where,
        tags: [`canary:${kind}`],
        type: 'honeytoken.returned',
        data: { kind, name, owner, place, value, mintedFor, mintedAt, how, field, seenIn: id },
      })
    }
  })
}

/** Secrets that stand in what an event says of the attacker. */
export function sightingsIn(event: Pick<SundewEvent, 'type' | 'data'>, mint: HoneytokenMint): Sighting[] {
  const { type, data } = event
  // The request of a web lure has an event of its own, with more of it.
  if (UNWATCHED.test(type) || (type === 'turn' && data.kind === 'web')) return []
  const how = type === 'turn' ? 'command' : type.endsWith('.request') ? 'request' : type
  return [...fieldsOf(type === 'turn' ? { input: data.input } : data, '', 0)].flatMap(({ field, text }) =>
    formsOf(text).flatMap((form) => mint.find(form).map((token) => ({ token, how, field }))),
  )
}

function* fieldsOf(value: unknown, field: string, depth: number): Generator<{ field: string; text: string }> {
  if (typeof value === 'string') yield { field, text: value }
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return
  if ('base64' in value && typeof value.base64 === 'string') {
    yield { field, text: evidenceText(value as Evidence) }
    return
  }
  for (const [name, inner] of Object.entries(value))
    if (!ANSWERS.has(name)) yield* fieldsOf(inner, field === '' ? name : `${field}.${name}`, depth + 1)
}

/** A text, and what it says when its percent signs are read or it is the credential of RFC 7617. */
function formsOf(text: string): string[] {
  const forms = [text]
  if (/%[0-9a-f]{2}/i.test(text))
    forms.push(text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))))
  if (/^basic /i.test(text)) forms.push(Buffer.from(text.slice(6, 4096), 'base64').toString('utf8'))
  return forms
}
