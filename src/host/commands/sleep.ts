import { isBusyBox } from './busybox/flavour.ts'
import { complain, gnuCommand, Usage } from './gnu/command.ts'
import { parseDuration } from './gnu/duration.ts'
import { localQuotes } from './gnu/locale.ts'
import { quoted } from './gnu/quote.ts'

/** Longest wait at a time that a timer of ours can do. */
const LONGEST_MS = 2 ** 31 - 1

export default gnuCommand({
  name: 'sleep',
  usage: ['NUMBER[SUFFIX]...', 'OPTION'],
  about: "Pause for NUMBER seconds.  SUFFIX may be 's' for seconds (the default),\n'm' for minutes, 'h' for hours or 'd' for days.",
  authors: 'Jim Meyering and Paul Eggert',
  short: '+',
  async run(process, options) {
    if (options.operands.length === 0) throw new Usage('missing operand')
    let total = 0
    let wrong = false
    for (const word of options.operands) {
      const duration = parseDuration(word)
      if (duration === undefined) {
        wrong = true
        await complain(
          process,
          isBusyBox(process) ? `invalid number ${quoted(word)}` : localQuotes(process, `invalid time interval ${quoted(word)}`),
        )
      } else total += duration
    }
    if (wrong) {
      if (!isBusyBox(process)) await process.stderr.write(`Try '${process.argv[0]} --help' for more information.\n`)
      return 1
    }
    for (let left = total; left > 0; left -= LONGEST_MS) await process.sleep(Math.min(left, LONGEST_MS))
    return 0
  },
})
