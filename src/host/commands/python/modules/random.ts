import { createHash, randomBytes } from 'node:crypto'
import { toBytes } from '../../../text.ts'
import { index } from '../builtins/functions.ts'
import { exactRatio } from '../numbers.ts'
import { asFloat, asInteger } from '../operators.ts'
import { functions } from '../signature.ts'
import { raise } from '../types.ts'
import { PyBytes, type Value } from '../value.ts'

/** As for all whole numbers. */
const MOST_BITS = 2_000_000
const N = 624
const M = 397

/** MT19937, as CPython's random module has it: a seeded program draws the same numbers. */
class MersenneTwister {
  readonly #state = new Uint32Array(N)
  #at = N

  seed(key: readonly number[]): void {
    const s = this.#state
    s[0] = 19650218
    for (let i = 1; i < N; i++) s[i] = Math.imul(1812433253, (s[i - 1] as number) ^ ((s[i - 1] as number) >>> 30)) + i
    let [i, j] = [1, 0]
    for (let k = Math.max(N, key.length); k > 0; k--) {
      s[i] = ((s[i] as number) ^ Math.imul((s[i - 1] as number) ^ ((s[i - 1] as number) >>> 30), 1664525)) + (key[j] as number) + j
      i++
      j++
      if (i >= N) {
        s[0] = s[N - 1] as number
        i = 1
      }
      if (j >= key.length) j = 0
    }
    for (let k = N - 1; k > 0; k--) {
      s[i] = ((s[i] as number) ^ Math.imul((s[i - 1] as number) ^ ((s[i - 1] as number) >>> 30), 1566083941)) - i
      i++
      if (i >= N) {
        s[0] = s[N - 1] as number
        i = 1
      }
    }
    s[0] = 0x80000000
    this.#at = N
  }

  next(): number {
    const s = this.#state
    if (this.#at >= N) {
      for (let k = 0; k < N; k++) {
        const y = ((s[k] as number) & 0x80000000) | ((s[(k + 1) % N] as number) & 0x7fffffff)
        s[k] = (s[(k + M) % N] as number) ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0)
      }
      this.#at = 0
    }
    let y = s[this.#at++] as number
    y ^= y >>> 11
    y ^= (y << 7) & 0x9d2c5680
    y ^= (y << 15) & 0xefc60000
    y ^= y >>> 18
    return y >>> 0
  }
}

/** The words of a seed, lowest first. */
function keyOf(seed: bigint): number[] {
  const words: number[] = []
  for (let left = seed < 0n ? -seed : seed; left > 0n; left >>= 32n) words.push(Number(left & 0xffffffffn))
  return words.length > 0 ? words : [0]
}

/** What random.seed makes of other values (version 2). */
function seedOf(value: Value): bigint {
  const whole = asInteger(value)
  if (whole !== undefined) return whole
  if (typeof value === 'string' || value instanceof PyBytes) {
    const data = typeof value === 'string' ? toBytes(value) : value.data
    return BigInt(`0x${Buffer.concat([data, createHash('sha512').update(data).digest()]).toString('hex')}`)
  }
  const number = asFloat(value)
  if (number === undefined) return BigInt(`0x${randomBytes(32).toString('hex')}`)
  const { numerator, denominator } = exactRatio(number)
  return denominator === 1n ? numerator : (numerator * 1_000_003n) ^ denominator
}

/** What lib/random.py stands on. */
export function* randomModule(): Iterable<readonly [string, Value]> {
  const twister = new MersenneTwister()
  twister.seed(keyOf(BigInt(`0x${randomBytes(32).toString('hex')}`)))
  yield* functions({
    seed: [
      'a',
      (_m, value: Value) => {
        twister.seed(keyOf(seedOf(value)))
        return null
      },
    ],
    random: ['', () => ((twister.next() >>> 5) * 67_108_864 + (twister.next() >>> 6)) / 9_007_199_254_740_992],
    getrandbits: [
      'k',
      (_m, given: Value) => {
        const count = Number(index(given))
        if (count > MOST_BITS) throw raise('MemoryError')
        if (count <= 0) return 0n
        // The lowest word is drawn first.
        const words: string[] = []
        for (let left = count; left > 0; left -= 32)
          words.push((twister.next() >>> (left < 32 ? 32 - left : 0)).toString(16).padStart(8, '0'))
        return BigInt(`0x${words.reverse().join('')}`)
      },
    ],
  })
}
