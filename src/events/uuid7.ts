import { randomFillSync } from 'node:crypto'

let lastMs = 0
let counter = 0

/**
 * A UUID version 7 (RFC 9562 §5.7): 48 bits of milliseconds since 1970, then a 12-bit counter within the millisecond
 * (§6.2 method 1), then randomness. Ids made by one process sort in the order in which they were made.
 */
export function uuid7(now = Date.now()): string {
  if (now > lastMs) {
    lastMs = now
    counter = 0
  } else if (++counter > 0xfff) {
    // The counter is spent, or the clock went back: borrow from the next millisecond so that order still holds.
    lastMs++
    counter = 0
  }
  const bytes = randomFillSync(Buffer.allocUnsafe(16))
  bytes.writeUIntBE(lastMs, 0, 6)
  bytes.writeUInt16BE(0x7000 | counter, 6)
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** When an id was made, UTC milliseconds, by the clock of its maker. */
export function timeOfId(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
}

/** An id as it would be had it been made at another time: the same for the same id and time. */
export function idAt(time: number, id: string): string {
  const hex = Math.max(0, time).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}${id.slice(13)}`
}

/** Makes every id from now on sort after one that an earlier process made: also when the clock went back in between. */
export function continueAfter(id: string): void {
  const ms = timeOfId(id)
  if (!Number.isFinite(ms) || ms < lastMs) return
  lastMs = ms
  counter = Number.parseInt(id.slice(15, 18), 16)
}
