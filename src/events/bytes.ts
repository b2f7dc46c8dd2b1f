import { z } from 'zod'

/**
 * Attacker bytes as an event keeps them: text when the bytes are valid UTF-8 (so that people can read and search
 * them), base64 otherwise. Nothing is replaced or dropped; {@link fromEvidence} gives the same bytes back.
 */
export const Evidence = z.union([z.string(), z.object({ base64: z.string() })])
export type Evidence = z.infer<typeof Evidence>

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Keeps `bytes` for an event. A string is taken as the text that it is. */
export function evidence(bytes: Uint8Array | string): Evidence {
  if (typeof bytes === 'string') return bytes.isWellFormed() ? bytes : { base64: Buffer.from(bytes, 'utf16le').toString('base64') }
  try {
    return strictUtf8.decode(bytes)
  } catch {
    return { base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64') }
  }
}

/** The bytes that {@link evidence} kept. */
export function fromEvidence(value: Evidence): Buffer {
  return typeof value === 'string' ? Buffer.from(value, 'utf8') : Buffer.from(value.base64, 'base64')
}

/** Attacker bytes as people read them: text as it is; of other bytes printable ASCII, and `\xNN` for the rest. */
export function evidenceText(value: Evidence): string {
  if (typeof value === 'string') return value
  return Array.from(fromEvidence(value), byteText).join('')
}

/** The backslash too, so that the text says which bytes there were. */
function byteText(byte: number): string {
  const isPlain = byte >= 0x20 && byte < 0x7f && byte !== 0x5c
  return isPlain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`
}
