import type { Process } from '../command.ts'
import { LineReader } from './gnu/bytes.ts'
import { complain, gnuCommand } from './gnu/command.ts'
import { localQuotes } from './gnu/locale.ts'

/** Larger numbers would take longer than anybody waits. */
const LARGEST = 10n ** 24n

export default gnuCommand({
  name: 'factor',
  usage: ['[NUMBER]...', 'OPTION'],
  about: 'Print the prime factors of each specified integer NUMBER.',
  authors: 'Paul Rubin, Torbjorn Granlund, and Niels Moller',
  short: '',
  async run(process, options) {
    let words = [...options.operands]
    if (words.length === 0) {
      const reader = new LineReader(process, process.stdin)
      words = []
      for (let line = await reader.next(); line !== undefined; line = await reader.next())
        words.push(...line.split(/\s+/).filter((word) => word !== ''))
    }
    let status = 0
    for (const word of words) {
      if (!/^\+?\d{1,40}$/.test(word.trim()) || BigInt(word) > LARGEST) {
        status = 1
        await complain(process, localQuotes(process, `'${word}' is not a valid positive integer`))
        continue
      }
      const factors = await factorsOf(process, BigInt(word))
      await process.stdout.write(`${BigInt(word)}:${factors.map((factor) => ` ${factor}`).join('')}\n`)
    }
    return status
  },
})

async function factorsOf(process: Process, number: bigint): Promise<bigint[]> {
  const factors: bigint[] = []
  let rest = number
  if (rest < 2n) return factors
  for (let divisor = 2n; divisor * divisor <= rest; divisor += divisor === 2n ? 1n : 2n) {
    const pause = process.spend(1)
    if (pause) await pause
    while (rest % divisor === 0n) {
      factors.push(divisor)
      rest /= divisor
    }
  }
  if (rest > 1n) factors.push(rest)
  return factors
}
