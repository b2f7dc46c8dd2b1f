import { byteString, LineReader, Writer } from './gnu/bytes.ts'
import { attempt, complainOf, gnuCommand, Usage } from './gnu/command.ts'

export default gnuCommand({
  name: 'comm',
  usage: '[OPTION]... FILE1 FILE2',
  about: 'Compare sorted files FILE1 and FILE2 line by line.',
  authors: 'Richard M. Stallman and David MacKenzie',
  short: '123z',
  long: {
    'output-delimiter': 'output-delimiter=',
    'check-order': 'check-order',
    'nocheck-order': 'nocheck-order',
    total: 'total',
    'zero-terminated': 'z',
  },
  async run(process, options) {
    const [left, right, extra] = options.operands
    if (left === undefined) throw new Usage('missing operand')
    if (right === undefined) throw new Usage(`missing operand after '${left}'`)
    if (extra !== undefined) throw new Usage(`extra operand '${extra}'`)
    const readers: LineReader[] = []
    for (const name of [left, right]) {
      const fine = await attempt(
        () => void readers.push(new LineReader(process, name === '-' ? process.stdin : process.openInput(name))),
        (error) => complainOf(process, name, error),
      )
      if (!fine) return 1
    }
    const [a, b] = readers as [LineReader, LineReader]
    const mark = byteString(options.value('output-delimiter') ?? '\t')
    const out = new Writer(process.stdout)
    const show = (column: 1 | 2 | 3, line: string): Promise<void> | undefined => {
      if (options.has(String(column))) return undefined
      const before = (column > 1 && !options.has('1') ? mark : '') + (column > 2 && !options.has('2') ? mark : '')
      return out.write(`${before}${line}\n`)
    }
    const seen = [0, 0, 0]
    const count = (column: 1 | 2 | 3, line: string): Promise<void> | undefined => {
      seen[column - 1] = (seen[column - 1] as number) + 1
      return show(column, line)
    }
    let x = await a.next()
    let y = await b.next()
    while (x !== undefined || y !== undefined) {
      if (y === undefined || (x !== undefined && x < y)) {
        await count(1, x as string)
        x = await a.next()
      } else if (x === undefined || x > y) {
        await count(2, y)
        y = await b.next()
      } else {
        await count(3, x)
        x = await a.next()
        y = await b.next()
      }
    }
    if (options.has('total')) await out.write(`${seen.join(mark)}${mark}total\n`)
    await out.flush()
    return 0
  },
})
