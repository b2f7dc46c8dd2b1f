import { LineReader, Writer } from './gnu/bytes.ts'
import { attempt, complainOf, Failure, gnuCommand, Usage } from './gnu/command.ts'

export default gnuCommand({
  name: 'uniq',
  usage: '[OPTION]... [INPUT [OUTPUT]]',
  about: 'Filter adjacent matching lines from INPUT (or standard input),\nwriting to OUTPUT (or standard output).',
  authors: 'Richard M. Stallman and David MacKenzie',
  short: 'cdDf:is:uw:z',
  long: {
    count: 'c',
    repeated: 'd',
    'all-repeated': 'D',
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
          for (const line of options.has('D') ? group : group.slice(0, 1)) {
            await out.write(`${options.has('c') ? `${String(count).padStart(7)} ` : ''}${line}${end}`)
          }
        }
        let group: string[] = []
        let count = 0
        let last: string | undefined
        for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
          const own = key(line)
          if (own === last) {
            count++
            if (options.has('D')) group.push(line)
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
