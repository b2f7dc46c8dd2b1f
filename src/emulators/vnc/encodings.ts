import { constants, createDeflate, type Deflate } from 'node:zlib'
import type { PixelFormat, Rectangle } from './codec.ts'

/** Raw encoding (RFC 6143 §7.7.1). @param pixels the colours' own bytes, by index */
export function encodeRaw(indices: Buffer, pixels: readonly Buffer[]): Buffer {
  const size = pixels[0]?.length ?? 4
  const out = Buffer.alloc(indices.length * size)
  for (const [i, index] of indices.entries()) (pixels[index] as Buffer).copy(out, i * size)
  return out
}

const TILE = 64

/** ZRLE (§7.7.6): tiles of one colour or of a small palette, in one zlib stream a connection. */
export class Zrle {
  #deflate: Deflate | undefined

  async encode(indices: Buffer, area: Rectangle, pixels: readonly Buffer[], format: PixelFormat): Promise<Buffer> {
    const compact = pixels.map((pixel) => compactPixel(pixel, format))
    const tiles: Buffer[] = []
    for (let y = 0; y < area.height; y += TILE) {
      for (let x = 0; x < area.width; x += TILE)
        tiles.push(
          encodeTile(
            indices,
            area.width,
            { x, y, width: Math.min(TILE, area.width - x), height: Math.min(TILE, area.height - y) },
            compact,
          ),
        )
    }
    const compressed = await this.#compress(Buffer.concat(tiles))
    const length = Buffer.alloc(4)
    length.writeUInt32BE(compressed.length)
    return Buffer.concat([length, compressed])
  }

  close(): void {
    this.#deflate?.close()
    this.#deflate = undefined
  }

  #compress(bytes: Buffer): Promise<Buffer> {
    this.#deflate ??= createDeflate({ level: 5 })
    const deflate = this.#deflate
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = []
      const onData = (chunk: Buffer): void => void chunks.push(chunk)
      deflate.on('data', onData)
      deflate.once('error', reject)
      deflate.write(bytes)
      deflate.flush(constants.Z_SYNC_FLUSH, () => {
        deflate.off('data', onData)
        deflate.off('error', reject)
        resolve(Buffer.concat(chunks))
      })
    })
  }
}

/** CPIXEL: three bytes where 24 bits of 32 say all. */
function compactPixel(pixel: Buffer, { bitsPerPixel, depth, trueColour, bigEndian, max, shift }: PixelFormat): Buffer {
  if (bitsPerPixel !== 32 || !trueColour || depth > 24) return pixel
  const bits = max.reduce((sum, one, i) => sum + one * 2 ** (shift[i] as number), 0)
  const fitsLow = bits < 2 ** 24
  if (!fitsLow && bits % 256 !== 0) return pixel
  return fitsLow === bigEndian ? pixel.subarray(1) : pixel.subarray(0, 3)
}

function encodeTile(indices: Buffer, stride: number, { x, y, width, height }: Rectangle, pixels: readonly Buffer[]): Buffer {
  const used = new Map<number, number>()
  for (let row = y; row < y + height; row++) {
    for (let column = x; column < x + width; column++) {
      const index = indices[row * stride + column] as number
      if (!used.has(index)) used.set(index, used.size)
    }
  }
  const colours = [...used.keys()].map((index) => pixels[index] as Buffer)
  if (used.size === 1) return Buffer.concat([Buffer.of(1), ...colours])
  const bits = used.size === 2 ? 1 : used.size <= 4 ? 2 : 4
  const rowBytes = Math.ceil((width * bits) / 8)
  const packed = Buffer.alloc(rowBytes * height)
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const place = used.get(indices[(y + row) * stride + x + column] as number) as number
      const at = row * rowBytes + ((column * bits) >> 3)
      packed[at] = (packed[at] as number) | (place << (8 - bits - ((column * bits) & 7)))
    }
  }
  return Buffer.concat([Buffer.of(used.size), ...colours, packed])
}
