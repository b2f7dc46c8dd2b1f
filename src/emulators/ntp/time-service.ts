import { encodeTime, type TimePacket } from './codec.ts'
import type { NtpServer } from './server-state.ts'

/** Milliseconds between reading the clock for receive and for transmit. */
const TURNAROUND = 0.04
/** A digest follows its key id: MD5 makes 20 bytes, SHA-1 24. */
const DIGEST_BYTES = new Set([20, 24])

/**
 * Modes 1 and 3, and mode 0 of version 1: the time. The answer echoes version, poll and, as origin, the client's
 * transmit timestamp.
 */
export function answerTime(request: TimePacket, server: NtpServer): Buffer | undefined {
  if (request.version < 1) return undefined
  const mode = answerMode(request)
  if (mode === undefined) return undefined
  if (request.trailer.length > 0 && !DIGEST_BYTES.has(request.trailer.length)) return undefined
  const now = server.now()
  return encodeTime({
    leap: 0,
    version: request.version,
    mode,
    stratum: server.stratum,
    poll: request.poll,
    precision: server.precision,
    rootDelay: server.rootDelay,
    rootDispersion: server.rootDispersion(now),
    referenceId: Buffer.from(server.referenceAddress.split('.').map(Number)),
    reference: server.reference(now),
    origin: request.transmit,
    receive: server.timestamp(now - TURNAROUND),
    transmit: server.timestamp(now),
    // Crypto-NAK (RFC 5905 §9.1): a key we do not know.
    trailer: Buffer.alloc(request.trailer.length > 0 ? 4 : 0),
  })
}

function answerMode({ mode, version }: TimePacket): number | undefined {
  if (mode === 3 || (mode === 0 && version === 1)) return 4
  return mode === 1 ? 2 : undefined
}
