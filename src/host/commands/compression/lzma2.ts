import { CorruptData, type Output, type Work } from './work.ts'

const CORRUPT = 'Compressed data is corrupt'
const TOP = 2 ** 24
const HALF = 1024
const STATES = 12
/** States below this follow a literal. */
const LITERAL_STATES = 7

/** The binary arithmetic decoder of LZMA (LZMA specification, "Range Decoder"). */
class RangeDecoder {
  readonly #bytes: Uint8Array
  #at: number
  readonly #end: number
  #range = 0xffffffff
  #code = 0

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.#bytes = bytes
    this.#at = at + 5
    this.#end = end
    for (let i = 1; i < 5; i++) this.#code = ((this.#code << 8) | (bytes[at + i] as number)) >>> 0
  }

  bit(model: Uint16Array, index: number): number {
    this.#normalise()
    const chance = model[index] as number
    const bound = (this.#range >>> 11) * chance
    if (this.#code < bound) {
      this.#range = bound
      model[index] = chance + ((2048 - chance) >> 5)
      return 0
    }
    this.#range = (this.#range - bound) >>> 0
    this.#code = (this.#code - bound) >>> 0
    model[index] = chance - (chance >> 5)
    return 1
  }

  direct(count: number): number {
    let value = 0
    for (let i = 0; i < count; i++) {
      this.#normalise()
      this.#range >>>= 1
      const one = this.#code >= this.#range ? 1 : 0
      if (one) this.#code = (this.#code - this.#range) >>> 0
      value = value * 2 + one
    }
    return value
  }

  tree(model: Uint16Array, bits: number, offset = 0): number {
    let node = 1
    for (let i = 0; i < bits; i++) node = node * 2 + this.bit(model, offset + node)
    return node - 2 ** bits
  }

  reverseTree(model: Uint16Array, bits: number, offset = 0): number {
    let node = 1
    let value = 0
    for (let i = 0; i < bits; i++) {
      const bit = this.bit(model, offset + node)
      node = node * 2 + bit
      value += bit << i
    }
    return value
  }

  #normalise(): void {
    if (this.#range >= TOP) return
    if (this.#at >= this.#end) throw new CorruptData(CORRUPT)
    this.#range = (this.#range << 8) >>> 0
    this.#code = ((this.#code << 8) | (this.#bytes[this.#at++] as number)) >>> 0
  }
}

function models(count: number): Uint16Array {
  return new Uint16Array(count).fill(HALF)
}

/** How long a match is: 2…273. */
class LengthDecoder {
  readonly #choice = models(2)
  readonly #low = models(16 * 8)
  readonly #middle = models(16 * 8)
  readonly #high = models(256)

  read(range: RangeDecoder, position: number): number {
    if (range.bit(this.#choice, 0) === 0) return 2 + range.tree(this.#low, 3, position * 8)
    if (range.bit(this.#choice, 1) === 0) return 10 + range.tree(this.#middle, 3, position * 8)
    return 18 + range.tree(this.#high, 8)
  }
}

/** What LZMA has learnt so far; a chunk may begin anew or go on. */
export class LzmaState {
  readonly #lc: number
  readonly #literalPositions: number
  readonly #positions: number
  readonly #literals: Uint16Array
  readonly #isMatch = models(STATES * 16)
  readonly #isRepeat = models(STATES)
  readonly #isRepeat0 = models(STATES)
  readonly #isRepeat1 = models(STATES)
  readonly #isRepeat2 = models(STATES)
  readonly #isLongRepeat = models(STATES * 16)
  readonly #slots = models(4 * 64)
  readonly #special = models(128)
  readonly #align = models(16)
  readonly #lengths = new LengthDecoder()
  readonly #repeatLengths = new LengthDecoder()
  #state = 0
  #repeats: [number, number, number, number] = [0, 0, 0, 0]

  /** @param properties `(pb * 5 + lp) * 9 + lc` */
  constructor(properties: number) {
    const [lc, lp, pb] = [properties % 9, Math.floor(properties / 9) % 5, Math.floor(properties / 45)]
    if (pb > 4 || lc + lp > 4) throw new CorruptData(CORRUPT)
    this.#lc = lc
    this.#literalPositions = 2 ** lp - 1
    this.#positions = 2 ** pb - 1
    this.#literals = models(0x300 << (lc + lp))
  }

  /** Decodes until `target` bytes stand in the output; matches may look back to `start`. */
  *decode(range: RangeDecoder, out: Output, target: number, start: number): Work<void> {
    for (let steps = 0; out.length < target; steps++) {
      if (steps % 2048 === 0) yield 400
      const position = (out.length - start) & this.#positions
      if (range.bit(this.#isMatch, this.#state * 16 + position) === 0) {
        this.#literal(range, out, start)
        continue
      }
      const length = this.#match(range, position, out, start)
      if (length === 0) continue
      const distance = this.#repeats[0] + 1
      if (distance > out.length - start || out.length + length > target) throw new CorruptData(CORRUPT)
      for (let i = 0; i < length; i++) out.push(out.back(distance))
    }
  }

  #literal(range: RangeDecoder, out: Output, start: number): void {
    const before = out.length > start ? out.back(1) : 0
    const context = (((out.length - start) & this.#literalPositions) << this.#lc) + (before >> (8 - this.#lc))
    const offset = 0x300 * context
    let symbol = 1
    if (this.#state >= LITERAL_STATES) {
      const distance = this.#repeats[0] + 1
      if (distance > out.length - start) throw new CorruptData(CORRUPT)
      let matched = out.back(distance)
      while (symbol < 0x100) {
        const expected = (matched >> 7) & 1
        matched <<= 1
        const bit = range.bit(this.#literals, offset + ((1 + expected) << 8) + symbol)
        symbol = symbol * 2 + bit
        if (bit !== expected) break
      }
    }
    while (symbol < 0x100) symbol = symbol * 2 + range.bit(this.#literals, offset + symbol)
    out.push(symbol & 0xff)
    this.#state = this.#state < 4 ? 0 : this.#state < 10 ? this.#state - 3 : this.#state - 6
  }

  /** Length of the match whose distance is the first of the repeats then; 0 when it was a single byte. */
  #match(range: RangeDecoder, position: number, out: Output, start: number): number {
    const state = this.#state
    const isAfterLiteral = state < LITERAL_STATES
    const [first, second, third, fourth] = this.#repeats
    if (range.bit(this.#isRepeat, state) === 0) {
      const length = this.#lengths.read(range, position)
      this.#state = isAfterLiteral ? 7 : 10
      this.#repeats = [this.#distance(range, length), first, second, third]
      return length
    }
    if (range.bit(this.#isRepeat0, state) === 0) {
      if (range.bit(this.#isLongRepeat, state * 16 + position) === 0) {
        if (first + 1 > out.length - start) throw new CorruptData(CORRUPT)
        out.push(out.back(first + 1))
        this.#state = isAfterLiteral ? 9 : 11
        return 0
      }
    } else if (range.bit(this.#isRepeat1, state) === 0) this.#repeats = [second, first, third, fourth]
    else if (range.bit(this.#isRepeat2, state) === 0) this.#repeats = [third, first, second, fourth]
    else this.#repeats = [fourth, first, second, third]
    this.#state = isAfterLiteral ? 8 : 11
    return this.#repeatLengths.read(range, position)
  }

  #distance(range: RangeDecoder, length: number): number {
    const slot = range.tree(this.#slots, 6, Math.min(length - 2, 3) * 64)
    if (slot < 4) return slot
    const bits = (slot >> 1) - 1
    const base = (2 + (slot & 1)) * 2 ** bits
    if (slot < 14) return base + range.reverseTree(this.#special, bits, base - slot)
    return base + range.direct(bits - 4) * 16 + range.reverseTree(this.#align, 4)
  }
}

/** Unpacks LZMA2 chunks into `out`; gives the index behind the end mark. @throws CorruptData */
export function* unpackLzma2(bytes: Uint8Array, from: number, out: Output): Work<number> {
  let at = from
  let start = out.length
  let state: LzmaState | undefined
  let properties = 0
  for (;;) {
    const control = bytes[at]
    if (control === undefined) throw new CorruptData('Unexpected end of input')
    if (control === 0) return at + 1
    if (control === 1 || (control >= 0xe0 && control <= 0xff)) start = out.length
    if (control < 0x80) {
      if (control > 2) throw new CorruptData(CORRUPT)
      const size = (bytes[at + 1] as number) * 256 + (bytes[at + 2] as number) + 1
      if (at + 3 + size > bytes.length) throw new CorruptData('Unexpected end of input')
      yield size >> 6
      for (let i = 0; i < size; i++) out.push(bytes[at + 3 + i] as number)
      at += 3 + size
      continue
    }
    const unpacked = (control & 0x1f) * 65_536 + (bytes[at + 1] as number) * 256 + (bytes[at + 2] as number) + 1
    const packed = (bytes[at + 3] as number) * 256 + (bytes[at + 4] as number) + 1
    const reset = (control >> 5) & 3
    const body = at + (reset >= 2 ? 6 : 5)
    if (reset >= 2) properties = bytes[at + 5] as number
    if (reset >= 1) state = new LzmaState(properties)
    if (!state) throw new CorruptData(CORRUPT)
    if (!(body + packed <= bytes.length)) throw new CorruptData('Unexpected end of input')
    yield* state.decode(new RangeDecoder(bytes, body, body + packed), out, out.length + unpacked, start)
    at = body + packed
  }
}
