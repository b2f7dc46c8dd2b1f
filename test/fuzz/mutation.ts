/** A generator of numbers in [0, 1) that gives the same ones for the same seed (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Longest input; what is larger tests the limits of the sensor, not the codec. */
const LONGEST = 8192

/** Numbers that lengths and counts go wrong with, by the bytes of their field. */
const EXTREMES: Record<number, readonly number[]> = {
  1: [0, 1, 0x7f, 0x80, 0xff],
  2: [0, 1, 0x7fff, 0x8000, 0xfffe, 0xffff],
  4: [0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff],
}
/** Text that parsers of text go wrong with. */
const TOKENS = [
  '\r\n',
  '\n',
  '\0',
  '%s%n',
  '-1',
  '0',
  '4294967296',
  '9999999999999999999',
  '*',
  '$',
  '"',
  "'",
  '\\',
  '../',
  '<',
  '{',
  '\xff\xfe',
  '\u00e9',
]

type Mutation = (input: Buffer, random: () => number, seeds: readonly Buffer[]) => Buffer

const below = (random: () => number, n: number): number => Math.floor(random() * n)

const flipBits: Mutation = (input, random) => {
  const output = Buffer.from(input)
  for (let i = 1 + below(random, 8); i > 0 && output.length; i--) {
    const at = below(random, output.length)
    output[at] = (output[at] as number) ^ (1 << below(random, 8))
  }
  return output
}

const truncate: Mutation = (input, random) => input.subarray(0, below(random, input.length + 1))

const duplicate: Mutation = (input, random) => {
  const from = below(random, input.length + 1)
  const piece = input.subarray(from, from + 1 + below(random, 64))
  return Buffer.concat([input.subarray(0, from), ...new Array<Buffer>(1 + below(random, 16)).fill(piece), input.subarray(from)])
}

const splice: Mutation = (input, random, seeds) => {
  const other = seeds[below(random, seeds.length)] ?? input
  return Buffer.concat([input.subarray(0, below(random, input.length + 1)), other.subarray(below(random, other.length + 1))])
}

/** Writes an extreme number over some bytes, big or little end first: wherever a length is, it will be hit. */
const abuseLength: Mutation = (input, random) => {
  const size = ([1, 2, 4] as const)[below(random, 3)] as number
  if (input.length < size) return input
  const output = Buffer.from(input)
  const values = EXTREMES[size] as readonly number[]
  const value = values[below(random, values.length)] as number
  const at = below(random, output.length - size + 1)
  if (random() < 0.5) output.writeUIntBE(value, at, size)
  else output.writeUIntLE(value, at, size)
  return output
}

/** Replaces a number written in digits by one that is too large, too small or none. */
const abuseDigits: Mutation = (input, random) => {
  const text = input.toString('latin1')
  const numbers = [...text.matchAll(/\d{1,10}/g)]
  const found = numbers[below(random, numbers.length)]
  if (!found) return input
  const token = TOKENS[4 + below(random, 4)] as string
  return Buffer.from(text.slice(0, found.index) + token + text.slice(found.index + found[0].length), 'latin1')
}

const insertToken: Mutation = (input, random) => {
  const at = below(random, input.length + 1)
  return Buffer.concat([input.subarray(0, at), Buffer.from(TOKENS[below(random, TOKENS.length)] as string, 'latin1'), input.subarray(at)])
}

const MUTATIONS: readonly Mutation[] = [flipBits, truncate, duplicate, splice, abuseLength, abuseDigits, insertToken]

/** The next input: now and then noise or a seed as it is, mostly a seed with one to four mutations. */
export function nextInput(random: () => number, seeds: readonly Buffer[]): Buffer {
  if (seeds.length === 0 || random() < 0.1) return noise(random)
  let input = seeds[below(random, seeds.length)] as Buffer
  for (let i = below(random, 5); i > 0; i--) input = (MUTATIONS[below(random, MUTATIONS.length)] as Mutation)(input, random, seeds)
  return input.subarray(0, LONGEST)
}

function noise(random: () => number): Buffer {
  return Buffer.from(Array.from({ length: below(random, 256) }, () => below(random, 256)))
}
