import { crcOf } from './bzip2-decoder.ts'
import type { Work } from './work.ts'

/** Smaller blocks than the format allows keep the sorting short. */
const BLOCK_BYTES = 50_000
const GROUP = 50

class BitWriter {
  readonly #bytes: number[] = []
  #byte = 0
  #count = 0

  write(value: number, bits: number): void {
    for (let i = bits - 1; i >= 0; i--) {
      this.#byte = this.#byte * 2 + (Math.floor(value / 2 ** i) % 2)
      if (++this.#count < 8) continue
      this.#bytes.push(this.#byte)
      this.#byte = 0
      this.#count = 0
    }
  }

  finish(): Buffer {
    while (this.#count > 0) this.write(0, 1)
    return Buffer.from(this.#bytes)
  }
}

/** Packs bytes as a bzip2 stream that every decoder reads. @param level 1…9, as the header says it */
export function* packBzip2(bytes: Uint8Array, level: number): Work<Buffer> {
  const out = new BitWriter()
  for (const char of `BZh${level}`) out.write(char.charCodeAt(0), 8)
  let combined = 0
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    const part = bytes.subarray(at, at + BLOCK_BYTES)
    const crc = crcOf(part)
    combined = (((combined << 1) | (combined >>> 31)) ^ crc) >>> 0
    out.write(0x314159265359, 48)
    out.write(crc, 32)
    yield* writeBlock(out, withRuns(part))
  }
  out.write(0x177245385090, 48)
  out.write(combined, 32)
  return out.finish()
}

/** Four equal bytes are followed by how many more there are. */
function withRuns(bytes: Uint8Array): Uint8Array {
  const result: number[] = []
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at] as number
    let run = 1
    while (run < 255 && bytes[at + run] === byte) run++
    for (let i = 0; i < Math.min(4, run); i++) result.push(byte)
    if (run >= 4) result.push(run - 4)
    at += run
  }
  return Uint8Array.from(result)
}

function* writeBlock(out: BitWriter, bytes: Uint8Array): Work<void> {
  const order = yield* rotations(bytes)
  out.write(0, 1)
  out.write(order.indexOf(0), 24)
  const used = [...new Set(bytes)].sort((a, b) => a - b)
  const groups = Array.from({ length: 16 }, (_, i) => used.filter((byte) => byte >> 4 === i))
  for (const group of groups) out.write(group.length > 0 ? 1 : 0, 1)
  for (const [i, group] of groups.entries())
    if (group.length > 0) for (let j = 0; j < 16; j++) out.write(group.includes(i * 16 + j) ? 1 : 0, 1)
  const symbols = yield* movedToFront(bytes, order, used)
  const lengths = codeLengths(symbols, used.length + 2)
  const codes = canonical(lengths)
  // Two tables are the least that the format takes; all groups use the first.
  out.write(2, 3)
  const selectors = Math.ceil(symbols.length / GROUP)
  out.write(selectors, 15)
  for (let i = 0; i < selectors; i++) out.write(0, 1)
  for (let table = 0; table < 2; table++) writeLengths(out, lengths)
  for (const [i, symbol] of symbols.entries()) {
    if (i % 1024 === 0) yield 100
    out.write(codes[symbol] as number, lengths[symbol] as number)
  }
}

/** Starts of all rotations in their order, by doubling the compared length. */
function* rotations(bytes: Uint8Array): Work<number[]> {
  const n = bytes.length
  let rank = Int32Array.from(bytes)
  const order = Array.from({ length: n }, (_, i) => i)
  for (let width = 1; ; width *= 2) {
    yield n * 4
    const shift = width === 1 ? 1 : width / 2
    const key = (i: number): number => (rank[i] as number) * 65_536 * 2 + (rank[(i + shift) % n] as number)
    const keys = Float64Array.from({ length: n }, (_, i) => key(i))
    order.sort((a, b) => (keys[a] as number) - (keys[b] as number) || a - b)
    const next = new Int32Array(n)
    let classes = 0
    for (let i = 0; i < n; i++) {
      if (i > 0 && keys[order[i] as number] !== keys[order[i - 1] as number]) classes++
      next[order[i] as number] = classes
    }
    rank = next
    if (classes === n - 1 || shift >= n) return order
  }
}

/** Ranks of the last column, zeros as the two run symbols, the end mark behind. */
function* movedToFront(bytes: Uint8Array, order: readonly number[], used: readonly number[]): Work<number[]> {
  const front = [...used]
  const symbols: number[] = []
  let zeros = 0
  const flush = (): void => {
    for (; zeros > 0; zeros = (zeros - 1) >> 1) symbols.push((zeros - 1) & 1)
  }
  for (const [i, start] of order.entries()) {
    if (i % 4096 === 0) yield 400
    const byte = bytes[(start + bytes.length - 1) % bytes.length] as number
    const at = front.indexOf(byte)
    if (at === 0) {
      zeros++
      continue
    }
    flush()
    front.splice(at, 1)
    front.unshift(byte)
    symbols.push(at + 1)
  }
  flush()
  symbols.push(used.length + 1)
  return symbols
}

/** Huffman's lengths, none above 17: counts are flattened until it holds. */
function codeLengths(symbols: readonly number[], count: number): number[] {
  const weights = new Array<number>(count).fill(1)
  for (const symbol of symbols) weights[symbol] = (weights[symbol] as number) + 1
  for (let flat = weights; ; flat = flat.map((weight) => (weight >> 1) + 1)) {
    const nodes = flat.map((weight, i) => ({ weight, leaves: [i] }))
    const lengths = new Array<number>(count).fill(0)
    while (nodes.length > 1) {
      nodes.sort((a, b) => b.weight - a.weight)
      const [a, b] = [nodes.pop(), nodes.pop()] as [(typeof nodes)[0], (typeof nodes)[0]]
      const leaves = [...a.leaves, ...b.leaves]
      for (const leaf of leaves) lengths[leaf] = (lengths[leaf] as number) + 1
      nodes.push({ weight: a.weight + b.weight, leaves })
    }
    if (Math.max(...lengths) <= 17) return lengths
  }
}

function canonical(lengths: readonly number[]): number[] {
  const codes = new Array<number>(lengths.length).fill(0)
  let code = 0
  for (let length = 1; length <= 17; length++) {
    for (const [symbol, own] of lengths.entries()) if (own === length) codes[symbol] = code++
    code *= 2
  }
  return codes
}

function writeLengths(out: BitWriter, lengths: readonly number[]): void {
  let length = lengths[0] as number
  out.write(length, 5)
  for (const wanted of lengths) {
    for (; length < wanted; length++) out.write(0b10, 2)
    for (; length > wanted; length--) out.write(0b11, 2)
    out.write(0, 1)
  }
}
