import type { HeaderList } from '../headers.ts'

/** How the body of a request is delimited (RFC 9112 §6). `invalid` names what is wrong; servers answer it differently. */
export type Framing =
  | { kind: 'none' }
  | { kind: 'length'; bytes: number }
  /** `conflict`: a Content-Length came too, the mark of request smuggling. */
  | { kind: 'chunked'; conflict: boolean }
  | { kind: 'invalid'; why: 'length' | 'lengths' | 'coding' }

/** Largest length that servers written in C hold. */
const LARGEST = 2n ** 63n - 1n

/** @param isChunked whether the values of Transfer-Encoding, in lower case, say that the body comes in chunks */
export function framingOf(headers: HeaderList, isChunked: (codings: readonly string[]) => boolean = isChunkedAlone): Framing {
  const codings = headers.all('transfer-encoding').map((value) => value.toLowerCase())
  const lengths = headers.all('content-length').map((value) => value.trim())
  if (codings.length > 0) {
    if (!isChunked(codings)) return { kind: 'invalid', why: 'coding' }
    return { kind: 'chunked', conflict: lengths.length > 0 }
  }
  const [length] = lengths
  if (length === undefined) return { kind: 'none' }
  if (lengths.length > 1) return { kind: 'invalid', why: 'lengths' }
  if (!/^[0-9]{1,40}$/.test(length) || BigInt(length) > LARGEST) return { kind: 'invalid', why: 'length' }
  return { kind: 'length', bytes: Number(length) }
}

function isChunkedAlone(codings: readonly string[]): boolean {
  return codings.length === 1 && codings[0] === 'chunked'
}
