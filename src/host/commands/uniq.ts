import { LineReader, Writer } from './gnu/bytes.ts'
import { attempt, complainOf, Failure, gnuCommand, Usage } from './gnu/command.ts'
import type { Options } from './gnu/options.ts'

export default gnuCommand({
  name: 'uniq',
  usage: '[OPTION]... [INPUT [OUTPUT]]',
  about: 'Filter adjacent matching lines from INPUT (or standard input),\nwriting to OUTPUT (or standard output).',
  authors: 'Richard M. Stallman and David MacKenzie',
  short: 'cdDf:is:uw:z',
  long: {
    count: 'c',
    repeated: 'd',
    'all-repeated': 'D?',
    group: 'group?',
    'skip-fields': 'f',
    'ignore-case': 'i',
    'skip-chars': 's',
    unique: 'u',
    'check-chars': 'w',
    'zero-terminated': 'z',
  },
  async run(process, options) {
    const [inputName = '-', outputName, extra] = options.operands
    if (extra !== undefined) throw new Usage(`extra operand '${extra}'`)
    const number = (key: string, noun: string): number | undefined => {
      const text = options.value(key)
      if (text !== undefined && !/^\d{1,15}$/.test(text)) throw new Failure(`${text}: invalid number of ${noun}`)
      return text === undefined ? undefined : Number(text)
    }
    const fields = number('f', 'fields to skip') ?? 0
    const skip = number('s', 'bytes to skip') ?? 0
    const check = number('w', 'bytes to compare')
    const key = (line: string): string => {
      let at = 0
      for (let i = 0; i < fields; i++) at += (/^[ \t]*[^ \t]*/.exec(line.slice(at)) as RegExpExecArray)[0].length
      const part = line.slice(at + skip, check === undefined ? undefined : at + skip + check)
      return options.has('i') ? part.toLowerCase() : part
    }
    const grouping = groupingOf(options)
    let status = 0
    const fine = await attempt(
      async () => {
        const lines = new LineReader(
          process,
          inputName === '-' ? process.stdin : process.openInput(inputName),
          options.has('z') ? '\0' : '\n',
        )
        const out = new Writer(outputName === undefined || outputName === '-' ? process.stdout : process.openOutput(outputName, 'truncate'))
        const end = options.has('z') ? '\0' : '\n'
        const show = async (group: string[], count: number): Promise<void> => {
          if (count === 0 || (options.has('d', 'D') && count < 2) || (options.has('u') && count > 1)) return
          if (grouping.before || (grouping.between && shown > 0)) await out.write(end)
          shown++
          for (const line of grouping.whole ? group : group.slice(0, 1)) {
            await out.write(`${options.has('c') ? `${String(count).padStart(7)} ` : ''}${line}${end}`)
          }
          if (grouping.after) await out.write(end)
        }
        let shown = 0
        let group: string[] = []
        let count = 0
        let last: string | undefined
        for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
          const own = key(line)
          if (own === last) {
            count++
            if (grouping.whole) group.push(line)
            continue
          }
          await show(group, count)
          group = [line]
          count = 1
          last = own
        }
        await show(group, count)
        await out.flush()
      },
      (error) => complainOf(process, inputName, error),
    )
    if (!fine) status = 1
    return status
  },
})

/** Whether all lines of a group are shown, and where an empty line sets groups apart. */
interface Grouping {
  whole: boolean
  before: boolean
  between: boolean
  after: boolean
}

function groupingOf(options: Options): Grouping {
  const grouped = options.has('group')
  if (grouped && options.has('c', 'd', 'D', 'u')) throw new Usage('--group is mutually exclusive with -c/-d/-D/-u')
  const method = grouped ? (options.value('group') ?? 'separate') : (options.value('D') ?? 'none')
  const known = grouped ? ['separate', 'prepend', 'append', 'both'] : ['none', 'prepend', 'separate']
  if (!known.includes(method))
    throw new Usage(
      `invalid argument '${method}' for '--${grouped ? 'group' : 'all-repeated'}'\nValid arguments are:\n${known.map((one) => `  - '${one}'`).join('\n')}`,
    )
  return {
    whole: grouped || options.has('D'),
    before: method === 'prepend',
    between: method === 'separate' || method === 'both',
    after: method === 'append' || method === 'both',
  }
}
