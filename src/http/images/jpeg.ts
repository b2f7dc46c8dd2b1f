import { type Colour, shadesOf, stepOf } from './shades.ts'

const BLOCK = 8
/** Bits of the Huffman codes for sizes of a DC difference, ITU T.81 table K.3: how many codes have 1, 2, 3 … bits. */
const DC_LENGTHS = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]

/** A baseline JPEG (ITU T.81) whose blocks have one colour each. */
export function jpeg(name: string, width: number, height: number): Buffer {
  const shades = shadesOf(name).map(yCbCr)
  const bits = new BitWriter()
  const before = [0, 0, 0]
  const codes = codesOf(DC_LENGTHS)
  for (let y = 0; y < height; y += BLOCK) {
    const shade = shades[stepOf(y, height)] as Colour
    for (let x = 0; x < width; x += BLOCK) {
      for (const [component, value] of shade.entries()) {
        writeDifference(bits, codes, value - (before[component] as number))
        before[component] = value
        // The only AC code: the block ends.
        bits.write(0, 1)
      }
    }
  }
  return Buffer.concat([HEAD, frame(width, height), HUFFMAN, SCAN, bits.end(), Buffer.of(0xff, 0xd9)])
}

/** JFIF: brightness and colour around zero, as the DC coefficient has them with a quantiser of 8. */
function yCbCr([r, g, b]: Colour): Colour {
  const y = 0.299 * r + 0.587 * g + 0.114 * b
  return [Math.round(y - 128), Math.round(0.564 * (b - y)), Math.round(0.713 * (r - y))]
}

function writeDifference(bits: BitWriter, codes: readonly (readonly [number, number])[], difference: number): void {
  const size = difference === 0 ? 0 : Math.floor(Math.log2(Math.abs(difference))) + 1
  const [code, length] = codes[size] as readonly [number, number]
  bits.write(code, length)
  if (size > 0) bits.write(difference > 0 ? difference : difference + 2 ** size - 1, size)
}

/** Canonical Huffman codes of the values 0, 1, 2 … with their lengths. */
function codesOf(lengths: readonly number[]): [code: number, length: number][] {
  const codes: [number, number][] = []
  let code = 0
  for (const [index, count] of lengths.entries()) {
    for (let n = 0; n < count; n++) codes.push([code++, index + 1])
    code <<= 1
  }
  return codes
}

class BitWriter {
  readonly #bytes: number[] = []
  #value = 0
  #count = 0

  write(value: number, length: number): void {
    for (let bit = length - 1; bit >= 0; bit--) {
      this.#value = (this.#value << 1) | ((value >> bit) & 1)
      if (++this.#count === 8) this.#flush()
    }
  }

  /** Filled up with ones. */
  end(): Buffer {
    while (this.#count > 0) this.write(1, 1)
    return Buffer.from(this.#bytes)
  }

  #flush(): void {
    this.#bytes.push(this.#value)
    if (this.#value === 0xff) this.#bytes.push(0)
    this.#value = 0
    this.#count = 0
  }
}

function segment(marker: number, data: readonly number[]): Buffer {
  return Buffer.from([0xff, marker, (data.length + 2) >> 8, (data.length + 2) & 0xff, ...data])
}

const HEAD = Buffer.concat([
  Buffer.of(0xff, 0xd8),
  segment(0xe0, [0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0]),
  segment(0xdb, [0, ...Array.from({ length: 64 }, () => 8)]),
])

function frame(width: number, height: number): Buffer {
  const components = [1, 2, 3].flatMap((id) => [id, 0x11, 0])
  return segment(0xc0, [8, height >> 8, height & 0xff, width >> 8, width & 0xff, 3, ...components])
}

const HUFFMAN = Buffer.concat([
  segment(0xc4, [0x00, ...DC_LENGTHS, ...Array.from({ length: 12 }, (_, n) => n)]),
  segment(0xc4, [0x10, 1, ...Array.from({ length: 15 }, () => 0), 0]),
])
const SCAN = segment(0xda, [3, 1, 0x00, 2, 0x00, 3, 0x00, 0, 63, 0])
