import { CorruptData, Output, type Work } from './work.ts'

const BLOCK = 0x314159265359
const END = 0x177245385090
const LONGEST_CODE = 20

/** Bits of the file, most significant first. */
class Bits {
  readonly #bytes: Uint8Array
  #at: number
  #bit = 0

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.#at = at
  }

  read(count: number): number {
    let value = 0
    for (let i = 0; i < count; i++) value = value * 2 + this.bit()
    return value
  }

  bit(): number {
    const byte = this.#bytes[this.#at]
    if (byte === undefined) throw new CorruptData('Compressed file ends unexpectedly')
    const bit = (byte >> (7 - this.#bit)) & 1
    if (++this.#bit === 8) {
      this.#bit = 0
      this.#at++
    }
    return bit
  }

  /** Index of the next whole byte. */
  get next(): number {
    return this.#bit === 0 ? this.#at : this.#at + 1
  }
}

/** Whether these bytes begin a bzip2 stream. */
export function isBzip2(bytes: Uint8Array): boolean {
  return bytes[0] === 0x42 && bytes[1] === 0x5a && bytes[2] === 0x68 && (bytes[3] ?? 0) >= 0x31 && (bytes[3] ?? 0) <= 0x39
}

/** Unpacks one or more bzip2 streams. @throws CorruptData */
export function* unpackBzip2(bytes: Uint8Array): Work<Buffer> {
  const out = new Output()
  for (let at = 0; at < bytes.length; ) {
    const rest = bytes.subarray(at)
    if (!isBzip2(rest)) {
      if (at === 0) throw new CorruptData('not a bzip2 file')
      break
    }
    at += yield* stream(rest, out)
  }
  return out.all()
}

/** Gives how many bytes the stream took. */
function* stream(bytes: Uint8Array, out: Output): Work<number> {
  const bits = new Bits(bytes, 4)
  const blockSize = ((bytes[3] as number) - 0x30) * 100_000
  let combined = 0
  for (;;) {
    const magic = bits.read(48)
    const crc = bits.read(32)
    if (magic === END) {
      if (crc !== combined >>> 0) throw new CorruptData('data integrity (CRC) error in data')
      return bits.next
    }
    if (magic !== BLOCK) throw new CorruptData('data integrity error when decompressing')
    const start = out.length
    yield* block(bits, blockSize, out)
    const own = crcOf(out.all().subarray(start))
    if (own !== crc) throw new CorruptData('data integrity (CRC) error in data')
    combined = ((combined << 1) | (combined >>> 31)) ^ own
  }
}

function* block(bits: Bits, blockSize: number, out: Output): Work<void> {
  if (bits.bit()) throw new CorruptData('data integrity error when decompressing')
  const origin = bits.read(24)
  const symbols = usedBytes(bits)
  if (symbols.length === 0) throw new CorruptData('data integrity error when decompressing')
  const tableCount = bits.read(3)
  const selectors = readSelectors(bits, tableCount)
  const tables = Array.from({ length: tableCount }, () => new CodeTable(readLengths(bits, symbols.length + 2)))
  const last = new Int32Array(blockSize)
  const counts = new Int32Array(256)
  let length = 0
  const end = symbols.length + 1
  let run = 0
  let weight = 1
  const flush = (): void => {
    if (run === 0) return
    const byte = symbols[0] as number
    if (length + run > blockSize) throw new CorruptData('data integrity error when decompressing')
    counts[byte] = (counts[byte] as number) + run
    last.fill(byte, length, length + run)
    length += run
    run = 0
    weight = 1
  }
  for (let group = 0; ; group++) {
    const table = tables[selectors[group] ?? -1]
    if (!table) throw new CorruptData('data integrity error when decompressing')
    yield 20
    for (let i = 0; i < 50; i++) {
      const symbol = table.read(bits)
      if (symbol <= 1) {
        run += weight << symbol
        weight *= 2
        if (run > blockSize) throw new CorruptData('data integrity error when decompressing')
        continue
      }
      flush()
      if (symbol === end) {
        yield* untransform(last, counts, length, origin, out)
        return
      }
      const [byte] = symbols.splice(symbol - 1, 1) as [number]
      symbols.unshift(byte)
      if (length >= blockSize) throw new CorruptData('data integrity error when decompressing')
      counts[byte] = (counts[byte] as number) + 1
      last[length++] = byte
    }
  }
}

function usedBytes(bits: Bits): number[] {
  const groups = bits.read(16)
  const bytes: number[] = []
  for (let i = 0; i < 16; i++) {
    if (!(groups & (0x8000 >> i))) continue
    const members = bits.read(16)
    for (let j = 0; j < 16; j++) if (members & (0x8000 >> j)) bytes.push(i * 16 + j)
  }
  return bytes
}

function readSelectors(bits: Bits, tables: number): number[] {
  const count = bits.read(15)
  if (tables < 2 || tables > 6 || count === 0) throw new CorruptData('data integrity error when decompressing')
  const order = Array.from({ length: tables }, (_, i) => i)
  return Array.from({ length: count }, () => {
    let at = 0
    while (bits.bit()) if (++at >= tables) throw new CorruptData('data integrity error when decompressing')
    const [selector] = order.splice(at, 1) as [number]
    order.unshift(selector)
    return selector
  })
}

function readLengths(bits: Bits, count: number): number[] {
  let length = bits.read(5)
  return Array.from({ length: count }, () => {
    while (bits.bit()) length += bits.bit() ? -1 : 1
    if (length < 1 || length > LONGEST_CODE) throw new CorruptData('data integrity error when decompressing')
    return length
  })
}

/** A canonical Huffman code. */
class CodeTable {
  readonly #first: number[] = []
  readonly #counts: number[] = []
  readonly #symbols: number[]

  constructor(lengths: readonly number[]) {
    this.#symbols = lengths.map((_, i) => i).sort((a, b) => (lengths[a] as number) - (lengths[b] as number) || a - b)
    let code = 0
    for (let length = 0; length <= LONGEST_CODE; length++) {
      const count = length === 0 ? 0 : lengths.filter((one) => one === length).length
      this.#first[length] = code
      this.#counts[length] = count
      code = (code + count) * 2
    }
  }

  read(bits: Bits): number {
    let code = 0
    let before = 0
    for (let length = 1; length <= LONGEST_CODE; length++) {
      code = code * 2 + bits.bit()
      const count = this.#counts[length] as number
      const offset = code - (this.#first[length] as number)
      if (offset >= 0 && offset < count) return this.#symbols[before + offset] as number
      before += count
    }
    throw new CorruptData('data integrity error when decompressing')
  }
}

/** Undoes the Burrows-Wheeler transform and then the runs of four and more. */
function* untransform(last: Int32Array, counts: Int32Array, length: number, origin: number, out: Output): Work<void> {
  if (origin >= length) throw new CorruptData('data integrity error when decompressing')
  let sum = 0
  for (let byte = 0; byte < 256; byte++) {
    const count = counts[byte] as number
    counts[byte] = sum
    sum += count
  }
  const next = new Int32Array(length)
  for (let i = 0; i < length; i++) {
    const byte = last[i] as number
    const place = counts[byte] as number
    counts[byte] = place + 1
    next[place] = i
  }
  let at = next[origin] as number
  let same = 0
  let before = -1
  for (let i = 0; i < length; i++) {
    if (i % 4096 === 0) yield 400
    const byte = last[at] as number
    at = next[at] as number
    if (same === 4) {
      for (let more = 0; more < byte; more++) out.push(before)
      same = 0
      before = -1
      continue
    }
    same = byte === before ? same + 1 : 1
    before = byte
    out.push(byte)
  }
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, i) => {
  let crc = i << 24
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1
  return crc >>> 0
})

/** CRC-32 of bzip2: the polynomial of zip, most significant bit first. */
export function crcOf(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (let i = 0; i < bytes.length; i++) crc = ((crc << 8) ^ (CRC_TABLE[((crc >>> 24) ^ (bytes[i] as number)) & 255] as number)) >>> 0
  return ~crc >>> 0
}
