import { LineReader, Writer } from './gnu/bytes.ts'
import { Failure, gnuCommand } from './gnu/command.ts'
import { eachInput } from './gnu/inputs.ts'

/** Lines are made this much shorter than the limit (percent), as fmt.c prefers them. */
const LEEWAY = 7
const LONGEST_PARAGRAPH = 1000

export default gnuCommand({
  name: 'fmt',
  usage: '[-WIDTH] [OPTION]... [FILE]...',
  about: 'Reformat each paragraph in the FILE(s), writing to standard output.',
  authors: 'Ross Paterson',
  short: 'csutw:p:g:',
  long: { 'crown-margin': 'c', prefix: 'p', 'split-only': 's', 'tagged-paragraph': 't', 'uniform-spacing': 'u', width: 'w', goal: 'g' },
  modern: ([first, ...rest]) => (first === undefined ? [] : /^-\d+$/.test(first) ? [`-w${first.slice(1)}`, ...rest] : [first, ...rest]),
  async run(process, options) {
    const text = options.value('w') ?? '75'
    if (!/^\d{1,4}$/.test(text) || Number(text) > 2500) throw new Failure(`invalid width: '${text}'`)
    const width = Number(text)
    const goal = Math.floor((width * (2 * (100 - LEEWAY) + 1)) / 200)
    const out = new Writer(process.stdout)
    const fine = await eachInput(
      process,
      options.operands,
      async (input) => {
        const reader = new LineReader(process, input)
        let words: Word[] = []
        let indents: [string, string] = ['', '']
        const flush = async (): Promise<void> => {
          for (const line of broken(words, width, goal, indents)) await out.write(`${line}\n`)
          words = []
        }
        for (let line = await reader.next(); line !== undefined; line = await reader.next()) {
          const indent = /^[ \t]*/.exec(line)?.[0] ?? ''
          const own = wordsOf(line.trim(), options.has('u'))
          if (own.length === 0) {
            await flush()
            await out.write('\n')
            continue
          }
          if (words.length === 0) indents = [indent, indent]
          else if (indent !== indents[1] || options.has('s') || words.length > LONGEST_PARAGRAPH) {
            await flush()
            indents = [indent, indent]
          }
          for (const word of own) words.push(word)
        }
        await flush()
      },
      (name, error) => `cannot open '${name}' for reading: ${error.message}`,
    )
    await out.flush()
    return fine ? 0 : 1
  },
})

interface Word {
  text: string
  /** Spaces behind it, where the line goes on. */
  space: number
  endsSentence: boolean
  hasPeriod: boolean
}

function wordsOf(line: string, isUniform: boolean): Word[] {
  return Array.from(line.matchAll(/([^ \t]+)([ \t]*)/g), ([, text = '', gap = '']) => {
    const hasPeriod = /[.?!]["')\]]*$/.test(text)
    const endsSentence = hasPeriod && gap.length !== 1
    const space = gap === '' || isUniform ? (endsSentence ? 2 : 1) : gap.length
    return { text, space, endsSentence, hasPeriod }
  })
}

/** What a line costs, and how its length, its neighbour and the places of its breaks count (fmt.c of coreutils). */
const LINE = 70 ** 2
const SENTENCE = 50 ** 2
const NO_BREAK = 600 ** 2
const PUNCTUATION = 40 ** 2
const WIDOW = 200 ** 2
const ORPHAN = 150 ** 2

/** Breaks where the lines come nearest to the goal; the last line does not count. */
function broken(words: readonly Word[], width: number, goal: number, [indent]: [string, string]): string[] {
  const count = words.length
  const costs = new Array<number>(count + 1).fill(0)
  const next = new Array<number>(count + 1).fill(count)
  const lengths = new Array<number>(count + 1).fill(0)
  for (let from = count - 1; from >= 0; from--) {
    let length = indent.length + (words[from] as Word).text.length
    let least = Number.POSITIVE_INFINITY
    for (let to = from + 1; ; to++) {
      let cost = costs[to] as number
      if (to < count) {
        cost += ((goal - length) * 10) ** 2
        if (next[to] !== count) cost += ((length - (lengths[to] as number)) * 10) ** 2 / 2
      }
      if (cost < least) {
        least = cost
        next[from] = to
        lengths[from] = length
      }
      if (to === count) break
      length += (words[to - 1] as Word).space + (words[to] as Word).text.length
      if (length >= width) break
    }
    costs[from] = least + costOfBreakBefore(words, from)
  }
  const lines: string[] = []
  for (let at = 0; at < count; at = next[at] as number) {
    const own = words.slice(at, next[at])
    lines.push(indent + own.map(({ text, space }, i) => text + (i < own.length - 1 ? ' '.repeat(space) : '')).join(''))
  }
  return lines
}

function costOfBreakBefore(words: readonly Word[], at: number): number {
  const [word, before, earlier] = [words[at] as Word, words[at - 1], words[at - 2]]
  let cost = LINE
  if (before) {
    if (before.hasPeriod) cost += before.endsSentence ? -SENTENCE : NO_BREAK
    else if (/[!-/:-@[-`{-~]$/.test(before.text)) cost -= PUNCTUATION
    else if (earlier?.endsSentence) cost += WIDOW / (before.text.length + 2)
  }
  if (/^[(['`"]/.test(word.text)) return cost - PUNCTUATION
  return word.endsSentence ? cost + ORPHAN / (word.text.length + 2) : cost
}
