import { STEPS, shadesOf, stepOf } from './shades.ts'

/** Codes of 7 bits and more: a clear code so often that they never grow beyond 7. */
const MINIMUM = 6
const CLEAR = 1 << MINIMUM
const BEFORE_CLEAR = CLEAR - 4

/** A GIF of 64 colours. Its codes are the pixels themselves: the table is cleared before a code of two pixels could be used. */
export function gif(name: string, width: number, height: number): Buffer {
  const head = Buffer.alloc(13)
  head.write('GIF89a', 'latin1')
  head.writeUInt16LE(width, 6)
  head.writeUInt16LE(height, 8)
  head[10] = 0xf5
  const image = Buffer.alloc(11)
  image[0] = 0x2c
  image.writeUInt16LE(width, 5)
  image.writeUInt16LE(height, 7)
  image[10] = MINIMUM
  return Buffer.concat([head, Buffer.from(shadesOf(name).flat()), image, ...blocks(codes(width, height)), Buffer.of(0, 0x3b)])
}

/** Codes of 7 bits, the lowest bit first. */
function codes(width: number, height: number): Buffer {
  const bytes: number[] = []
  let value = 0
  let count = 0
  const write = (code: number): void => {
    value |= code << count
    count += MINIMUM + 1
    while (count >= 8) {
      bytes.push(value & 0xff)
      value >>= 8
      count -= 8
    }
  }
  let since = BEFORE_CLEAR
  for (let y = 0; y < height; y++) {
    const shade = stepOf(y, height) % STEPS
    for (let x = 0; x < width; x++) {
      if (since === BEFORE_CLEAR) {
        write(CLEAR)
        since = 0
      }
      write(shade)
      since++
    }
  }
  write(CLEAR + 1)
  if (count > 0) bytes.push(value & 0xff)
  return Buffer.from(bytes)
}

function blocks(data: Buffer): Buffer[] {
  const parts: Buffer[] = []
  for (let at = 0; at < data.length; at += 255) {
    const part = data.subarray(at, at + 255)
    parts.push(Buffer.of(part.length), part)
  }
  return parts
}
