import { createHash } from 'node:crypto'

export type Colour = readonly [red: number, green: number, blue: number]

/** Steps of the gradient that a made picture is. */
export const STEPS = 64

/** A gradient of two muted colours, from top to bottom; another one for every name, always the same for one. */
export function shadesOf(name: string): Colour[] {
  const hash = createHash('sha256').update(name).digest()
  const channel = (at: number, base: number): number => base + ((hash[at] as number) % 90)
  const top: Colour = [channel(0, 120), channel(1, 120), channel(2, 120)]
  const bottom: Colour = [channel(3, 40), channel(4, 40), channel(5, 40)]
  return Array.from({ length: STEPS }, (_, n): Colour => {
    const mix = (a: number, b: number): number => Math.round(a + ((b - a) * n) / (STEPS - 1))
    return [mix(top[0], bottom[0]), mix(top[1], bottom[1]), mix(top[2], bottom[2])]
  })
}

/** The step of a row. */
export function stepOf(y: number, height: number): number {
  return Math.min(STEPS - 1, Math.floor((y * STEPS) / height))
}
