import { setImmediate } from 'node:timers/promises'
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import { evidence } from '../../events/bytes.ts'
import type { WebRequest } from '../../http/index.ts'
import { findJndiLookups } from '../../sensor/jndi/lookup.ts'
import type { Visit } from '../../sensor/visit.ts'
import type { Log4ShellEvents } from './events.ts'

/** Bytes of a body that are looked through; the request's event has the first 16 KiB itself. */
const LOOKED_AT = 1024 * 1024
const IN_EVENT = 16 * 1024
/** A window and its overlap with the one before: a lookup at a seam is in one of them. */
const WINDOW = 48 * 1024
const OVERLAP = 4 * 1024
const SHOWN = 4 * 1024
/** Lookups of one body that are written down. */
const MOST_LOOKUPS = 16

const DECODERS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: (bytes) => gunzipSync(bytes, { maxOutputLength: LOOKED_AT }),
  deflate: (bytes) => inflateSync(bytes, { maxOutputLength: LOOKED_AT }),
  br: (bytes) => brotliDecompressSync(bytes, { maxOutputLength: LOOKED_AT }),
}

/** Looks for lookups where the request's own event does not reach: compressed bodies, and what stands far behind. */
export async function inspectBody(visit: Visit<Log4ShellEvents>, request: WebRequest): Promise<void> {
  const encoding = (request.header('content-encoding') ?? '').trim().toLowerCase()
  const decoded = decode(request.body, encoding)
  if (decoded) await inspect(visit, decoded, 0, `body (${encoding})`)
  else if (request.body.length > IN_EVENT) await inspect(visit, request.body, IN_EVENT - OVERLAP, 'body')
}

function decode(body: Buffer, encoding: string): Buffer | undefined {
  const decoder = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding] : undefined
  if (!decoder || body.length === 0) return undefined
  try {
    return decoder(body)
  } catch (error) {
    // Not what it says, or larger than is looked at: zlib's errors have a code, anything else is ours.
    if (error instanceof Error && 'code' in error) return undefined
    throw error
  }
}

async function inspect(visit: Visit<Log4ShellEvents>, bytes: Buffer, from: number, part: string): Promise<void> {
  let left = MOST_LOOKUPS
  for (let at = from; at < Math.min(bytes.length, LOOKED_AT) && left > 0; at += WINDOW - OVERLAP) {
    const text = bytes.subarray(at, at + WINDOW).toString('latin1')
    for (const { raw } of findJndiLookups(text).slice(0, left)) {
      visit.record('log4shell.body', { part, text: evidence(raw.slice(0, SHOWN)) })
      left--
    }
    // One client's body is not to keep the others waiting.
    await setImmediate()
  }
}
