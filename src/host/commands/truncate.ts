import { attempt, complain, Failure, gnuCommand, Usage } from './gnu/command.ts'
import { quoted } from './gnu/quote.ts'
import { parseSize } from './gnu/size.ts'
import { statIfThere } from './gnu/tree.ts'

export default gnuCommand({
  name: 'truncate',
  usage: 'OPTION... FILE...',
  about: 'Shrink or extend the size of each FILE to the specified size',
  authors: 'Padraig Brady',
  short: 'cor:s:',
  long: { 'no-create': 'c', 'io-blocks': 'o', reference: 'r', size: 's' },
  async run(process, options) {
    const text = options.value('s')
    const reference = options.value('r')
    if (text === undefined && reference === undefined) throw new Usage(`you must specify either '--size' or '--reference'`)
    if (options.operands.length === 0) throw new Usage('missing file operand')
    const base = reference === undefined ? undefined : statIfThere(process, reference)?.size
    const mark = /^[-+<>/%]/.exec(text ?? '')?.[0] ?? ''
    const number = text === undefined ? 0 : parseSize(text.slice(mark.length))
    if (number === undefined) throw new Failure(`Invalid number: ${quoted(text as string)}`)
    let status = 0
    for (const name of options.operands) {
      const fine = await attempt(
        () => {
          const stat = statIfThere(process, name)
          if (!stat && options.has('c')) return
          if (!stat) process.openOutput(name, 'append')
          process.files.truncate(name, sizeAfter(mark, number, base ?? stat?.size ?? 0, text === undefined))
        },
        (error) => complain(process, `cannot open ${quoted(name)} for writing: ${error.message}`),
      )
      if (!fine) status = 1
    }
    return status
  },
})

function sizeAfter(mark: string, number: number, current: number, keep: boolean): number {
  if (keep) return current
  switch (mark) {
    case '+':
      return current + number
    case '-':
      return Math.max(0, current - number)
    case '<':
      return Math.min(current, number)
    case '>':
      return Math.max(current, number)
    case '/':
      return Math.floor(current / number) * number
    case '%':
      return Math.ceil(current / number) * number
    default:
      return number
  }
}
