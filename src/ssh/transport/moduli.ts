import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'

export interface Modulus {
  bits: number
  prime: Buffer
  generator: Buffer
}

let moduli: readonly Modulus[] | undefined

/**
 * A safe prime for a client that asked for `wanted` bits, as OpenSSH picks it (dh.c, choose_dh): one of the smallest size
 * that is enough, else one of the largest.
 */
export function chooseModulus(least: number, wanted: number, most: number): Modulus {
  moduli ??= readModuli()
  const fitting = moduli.filter(({ bits }) => bits >= least && bits <= most)
  const sizes = fitting.map(({ bits }) => bits)
  const enough = sizes.filter((bits) => bits >= wanted)
  const size = enough.length ? Math.min(...enough) : Math.max(...sizes)
  const choice = fitting.filter(({ bits }) => bits === size)
  return choice[randomInt(choice.length)]!
}

function readModuli(): Modulus[] {
  const lines = readFileSync(new URL('moduli.txt', import.meta.url), 'utf8').split('\n')
  return lines
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => {
      const [generator, prime] = line.split(' ') as [string, string]
      return { bits: prime.length * 4, prime: Buffer.from(prime, 'hex'), generator: Buffer.of(Number(generator)) }
    })
}
