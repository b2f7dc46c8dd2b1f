import { brotliDecompressSync, constants, gunzipSync, inflateSync } from 'node:zlib'

/** Of a page that is looked at. */
const LARGEST = 1024 * 1024
const LONGEST_HEAD = 64 * 1024

/**
 * What a page may do while an operator looks at it: nothing. No scripts, no forms, no requests, an origin of its own; its own
 * styles and the pictures that it carries in itself are shown.
 */
export const PICTURE_POLICY =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'self'"

/** Elements that ask for something before any policy is consulted (preconnect, dns-prefetch, refresh), or that hold another page. */
const ASKING = /<(\/?)(?=(?:link|meta|base|i?frame|frameset|object|embed|portal|fencedframe)\b)/gi

/** The HTML of an HTTP answer as it may be framed; undefined when it is no page. */
export function pictureOf(answer: Buffer): { html: Buffer; charset: string } | undefined {
  const end = answer.subarray(0, LONGEST_HEAD).indexOf('\r\n\r\n')
  if (!answer.subarray(0, 5).equals(Buffer.from('HTTP/')) || end < 0) return undefined
  const head = answer.toString('latin1', 0, end)
  const type = headerOf(head, 'content-type')
  if (!/^\s*(?:text\/html|application\/xhtml\+xml)\b/i.test(type)) return undefined
  const body = bodyOf(answer.subarray(end + 4), head)
  if (body.length === 0) return undefined
  // The elements become ones that no browser knows; latin1 keeps every byte.
  const html = body.toString('latin1').replace(ASKING, '<$1x-')
  return { html: Buffer.from(html, 'latin1'), charset: /charset=["']?([\w-]{2,20})/i.exec(type)?.[1] ?? 'utf-8' }
}

function headerOf(head: string, name: string): string {
  const line = head.split('\r\n').find((one) => one.slice(0, name.length + 1).toLowerCase() === `${name}:`)
  return line?.slice(name.length + 1).trim() ?? ''
}

function bodyOf(bytes: Buffer, head: string): Buffer {
  const whole = /\bchunked\b/i.test(headerOf(head, 'transfer-encoding')) ? joinChunks(bytes) : bytes
  return decoded(whole, headerOf(head, 'content-encoding').toLowerCase()).subarray(0, LARGEST)
}

/** RFC 9112 §7.1; what an event cut off is missing at the end. */
function joinChunks(bytes: Buffer): Buffer {
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf('\r\n', at)
    const size = end < 0 ? 0 : Number.parseInt(bytes.toString('latin1', at, Math.min(end, at + 16)), 16)
    if (!(size > 0)) break
    chunks.push(bytes.subarray(end + 2, end + 2 + size))
    at = end + 2 + size + 2
  }
  return Buffer.concat(chunks)
}

function decoded(bytes: Buffer, coding: string): Buffer {
  const bounds = { maxOutputLength: LARGEST, finishFlush: constants.Z_SYNC_FLUSH }
  try {
    if (coding === 'gzip' || coding === 'x-gzip') return gunzipSync(bytes, bounds)
    if (coding === 'deflate') return inflateSync(bytes, bounds)
    if (coding === 'br') return brotliDecompressSync(bytes, { maxOutputLength: LARGEST })
    return bytes
  } catch {
    // Damaged or cut: there is nothing to look at.
    return Buffer.alloc(0)
  }
}
