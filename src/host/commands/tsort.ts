import { toText } from '../text.ts'
import { complain, Failure, gnuCommand } from './gnu/command.ts'

/** As much input is looked at. */
const MOST_BYTES = 1024 * 1024

export default gnuCommand({
  name: 'tsort',
  usage: '[OPTION] [FILE]',
  about: 'Write totally ordered list consistent with the partial ordering in FILE.',
  authors: 'Mark Kettenis',
  applet: false,
  short: '',
  async run(process, options) {
    const [file] = options.operands
    const bytes =
      file === undefined || file === '-' ? await process.stdin.all(MOST_BYTES) : process.files.read(file).subarray(0, MOST_BYTES)
    const words = toText(Buffer.from(bytes)).split(/\s+/).filter(Boolean)
    if (words.length % 2) throw new Failure(`${file ?? '-'}: input contains an odd number of tokens`)
    const after = new Map<string, Set<string>>()
    const before = new Map<string, number>()
    for (const word of words) {
      if (!after.has(word)) after.set(word, new Set())
      if (!before.has(word)) before.set(word, 0)
    }
    for (let i = 0; i < words.length; i += 2) {
      const [a, b] = [words[i] as string, words[i + 1] as string]
      const followers = after.get(a) as Set<string>
      if (a === b || followers.has(b)) continue
      followers.add(b)
      before.set(b, (before.get(b) ?? 0) + 1)
    }
    let status = 0
    const ready = [...before].filter(([, count]) => count === 0).map(([word]) => word)
    while (before.size > 0) {
      if (ready.length === 0) {
        status = 1
        await complain(process, `${file ?? '-'}: input contains a loop:`)
        for (const word of before.keys()) await complain(process, word)
        ready.push([...before.keys()][0] as string)
      }
      const word = ready.shift() as string
      if (!before.delete(word)) continue
      await process.stdout.write(`${word}\n`)
      for (const next of after.get(word) ?? []) {
        const left = (before.get(next) ?? 0) - 1
        if (before.has(next)) before.set(next, left)
        if (left === 0) ready.push(next)
      }
      const pause = process.spend(1)
      if (pause) await pause
    }
    return status
  },
})
