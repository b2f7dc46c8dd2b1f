import type { PixelFormat, Rectangle } from './codec.ts'
import font from './font.json' with { type: 'json' }

export type Colour = readonly [number, number, number]

/** What a picture is made of, from back to front. */
export type Shape = (Rectangle & { colour: number }) | { x: number; y: number; text: string; colour: number; scale: number }

export const GLYPH = { width: font.width, height: font.height } as const

/** A screen as a list of shapes over a palette; it has no pixels before somebody asks for some. */
export interface Picture {
  width: number
  height: number
  palette: readonly Colour[]
  shapes: readonly Shape[]
}

/** Index of the colour of every pixel of an area, row by row. */
export function paint({ shapes }: Picture, area: Rectangle): Buffer {
  const pixels = Buffer.alloc(area.width * area.height)
  const fill = (x: number, y: number, width: number, height: number, colour: number): void => {
    const left = Math.max(x - area.x, 0)
    const right = Math.min(x + width - area.x, area.width)
    if (right <= left) return
    const bottom = Math.min(y + height - area.y, area.height)
    for (let row = Math.max(y - area.y, 0); row < bottom; row++) pixels.fill(colour, row * area.width + left, row * area.width + right)
  }
  for (const shape of shapes) {
    if ('text' in shape) write(shape, fill)
    else fill(shape.x, shape.y, shape.width, shape.height, shape.colour)
  }
  return pixels
}

const GLYPHS: Readonly<Record<string, readonly number[]>> = font.glyphs

function write(
  { x, y, text, colour, scale }: Extract<Shape, { text: string }>,
  fill: (x: number, y: number, width: number, height: number, colour: number) => void,
): void {
  for (const [i, character] of [...text].entries()) {
    const rows = GLYPHS[character] ?? []
    for (const [row, bits] of rows.entries()) {
      for (let column = 0; column < font.width; column++) {
        if (bits & (1 << (font.width - 1 - column))) fill(x + (i * font.width + column) * scale, y + row * scale, scale, scale, colour)
      }
    }
  }
}

/** A palette in the pixels of a client. */
export function pixelsOf(palette: readonly Colour[], { bitsPerPixel, bigEndian, max, shift }: PixelFormat): Buffer[] {
  return palette.map((colour) => {
    const value = colour.reduce((sum, part, i) => sum + Math.round((part * (max[i] as number)) / 255) * 2 ** (shift[i] as number), 0)
    const bytes = Buffer.alloc(bitsPerPixel / 8)
    const kept = value % 2 ** bitsPerPixel
    if (bigEndian) bytes.writeUIntBE(kept, 0, bytes.length)
    else bytes.writeUIntLE(kept, 0, bytes.length)
    return bytes
  })
}
