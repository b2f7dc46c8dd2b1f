import { LineReader, Writer } from './gnu/bytes.ts'
import { Failure, gnuCommand } from './gnu/command.ts'
import { eachInput } from './gnu/inputs.ts'

export default gnuCommand({
  name: 'fold',
  usage: '[OPTION]... [FILE]...',
  about: 'Wrap input lines in each FILE, writing to standard output.',
  authors: 'David MacKenzie',
  short: 'bsw:0123456789',
  long: { bytes: 'b', spaces: 's', width: 'w' },
  async run(process, options) {
    const digits = options.given.filter((o) => /^\d$/.test(o.key)).map((o) => o.key)
    const text = options.value('w') ?? (digits.length ? digits.join('') : '80')
    const width = /^\d{1,9}$/.test(text) ? Number(text) : 0
    if (width === 0) throw new Failure(`invalid number of columns: '${text}'`)
    const out = new Writer(process.stdout)
    const fine = await eachInput(process, options.operands, async (input) => {
      const lines = new LineReader(process, input)
      for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
        await out.write(wrap(line, width, options.has('s'), options.has('b')).join('\n') + (lines.terminated ? '\n' : ''))
      }
    })
    await out.flush()
    return fine ? 0 : 1
  },
})

function wrap(line: string, width: number, atSpaces: boolean, bytes: boolean): string[] {
  const pieces: string[] = []
  let start = 0
  let column = 0
  for (let at = 0; at < line.length; at++) {
    const next = advance(line[at] as string, column, bytes)
    if (next > width && at > start) {
      const space = atSpaces ? line.lastIndexOf(' ', at - 1) : -1
      const cut = space >= start ? space + 1 : at
      pieces.push(line.slice(start, cut))
      start = cut
      column = 0
      at = cut - 1
      continue
    }
    column = next
  }
  pieces.push(line.slice(start))
  return pieces
}

function advance(c: string, column: number, bytes: boolean): number {
  if (bytes) return column + 1
  if (c === '\t') return column + 8 - (column % 8)
  if (c === '\b') return Math.max(0, column - 1)
  return c === '\r' ? 0 : column + 1
}
