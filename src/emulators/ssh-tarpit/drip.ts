import { randomFillSync } from 'node:crypto'

/** Bounds of a line with its CR LF; RFC 4253 §4.2 allows 255 for the version line, clients cut longer ones. */
export interface LineBounds {
  min: number
  max: number
}

const pool = Buffer.alloc(4096)
let used = pool.length

/** A random whole number below `n` (n ≤ 256). One pool of randomness for all connections. */
export function randomBelow(n: number): number {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  return (pool[used++] as number) % n
}

/** A line of printable ASCII that a client must read past (RFC 4253 §4.2): anything but `SSH-` at its start. */
export function tarpitLine({ min, max }: LineBounds): Buffer {
  const length = min + randomBelow(max - min + 1)
  const line = Buffer.alloc(length)
  for (let i = 0; i < length - 2; i++) line[i] = 32 + randomBelow(95)
  if (line.toString('latin1', 0, 4) === 'SSH-') line[0] = 0x58
  line.write('\r\n', length - 2)
  return line
}

/**
 * Milliseconds to the next bytes: log-normal around the geometric middle of the bounds, so that no two waits are alike
 * and most are short enough for the client to stay.
 */
export function jitteredDelay({ min, max }: LineBounds): number {
  // Four bytes summed come close enough to a bell (Irwin–Hall).
  const bell = (randomBelow(256) + randomBelow(256) + randomBelow(256) + randomBelow(256)) / 510 - 1
  const middle = Math.sqrt(min * max)
  return Math.min(max, Math.max(min, middle * Math.exp(bell * Math.log(max / middle))))
}
