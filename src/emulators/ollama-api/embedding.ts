import { createHash } from 'node:crypto'

/** Words of a text that count. */
const MOST_WORDS = 256

/**
 * A vector of length 1 that stands for a text: the sum of one random direction a word, so that texts with common words lie
 * closer together, as those of a real model do. The same text has the same vector.
 */
export function embeddingOf(text: string, width: number, model: string): number[] {
  const words = text
    .toLowerCase()
    .slice(0, 20_000)
    .match(/[\p{L}\p{N}]+/gu)
    ?.slice(0, MOST_WORDS) ?? ['']
  const sum = new Float64Array(width)
  // Every embedding of a model leans the same way a little.
  add(sum, `${model}\0`, 0.6 * Math.sqrt(words.length))
  for (const word of new Set(words)) add(sum, `${model} ${word}`, 1)
  const length = Math.hypot(...sum) || 1
  return Array.from(sum, (value) => Math.fround(value / length)).map((value) => Number(value.toPrecision(8)))
}

function add(sum: Float64Array, label: string, weight: number): void {
  const bytes = createHash('shake256', { outputLength: sum.length * 2 })
    .update(label)
    .digest()
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + weight * (bytes.readInt16LE(2 * i) / 32_768)
}
