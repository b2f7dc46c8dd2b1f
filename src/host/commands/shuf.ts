import { randomInt } from 'node:crypto'
import { byteString, LINE_BYTES, LineReader, rawBytes } from './gnu/bytes.ts'
import { Failure, gnuCommand } from './gnu/command.ts'
import { eachInput } from './gnu/inputs.ts'

export default gnuCommand({
  name: 'shuf',
  usage: ['[OPTION]... [FILE]', '-e [OPTION]... [ARG]...', '-i LO-HI [OPTION]...'],
  about: 'Write a random permutation of the input lines to standard output.',
  authors: 'Paul Eggert',
  short: 'ei:n:o:rz',
  long: {
    echo: 'e',
    'input-range': 'i',
    'head-count': 'n',
    output: 'o',
    repeat: 'r',
    'zero-terminated': 'z',
    'random-source': 'random-source=',
  },
  async run(process, options) {
    const lines: string[] = []
    const range = options.value('i')
    if (range !== undefined) {
      const found = /^(\d{1,9})-(\d{1,9})$/.exec(range)
      const [low, high] = [Number(found?.[1]), Number(found?.[2])]
      if (!found || high + 1 < low) throw new Failure(`invalid input range: '${range}'`)

      if (high - low > 1_000_000 && !options.has('n')) throw new Failure('memory exhausted')
      if (high - low > 1_000_000) {
        for (let i = 0; i < Math.min(10_000, Number(options.value('n'))); i++) lines.push(String(randomInt(low, high + 1)))
      } else for (let n = low; n <= high; n++) lines.push(String(n))
    } else if (options.has('e')) lines.push(...options.operands.map(byteString))
    else {
      const fine = await eachInput(process, options.operands, async (input) => {
        const reader = new LineReader(process, input)
        for (let line = await reader.next(); line !== undefined; line = await reader.next()) {
          lines.push(line)
          process.hold(line.length + LINE_BYTES)
        }
      })
      if (!fine) return 1
    }
    const count = Math.min(Number(options.value('n') ?? lines.length), options.has('r') ? 1_000_000 : lines.length)
    for (let i = 0; i < count && !options.has('r'); i++) {
      const j = randomInt(i, lines.length)
      ;[lines[i], lines[j]] = [lines[j] as string, lines[i] as string]
    }
    const chosen = options.has('r') ? Array.from({ length: count }, () => lines[randomInt(lines.length)] as string) : lines.slice(0, count)
    if (chosen.length) await process.stdout.write(rawBytes(`${chosen.join('\n')}\n`))
    return 0
  },
})
