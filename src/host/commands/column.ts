import { byteString, LINE_BYTES, LineReader, rawBytes } from './gnu/bytes.ts'
import { gnuCommand } from './gnu/command.ts'
import { eachInput } from './gnu/inputs.ts'

export default gnuCommand({
  name: 'column',
  package: 'bsdextrautils',
  version: 'column from util-linux 2.38.1',
  usage: '[options] [<file>...]',
  about: 'Columnate lists.',
  short: 'c:E:eH:hiJN:n:O:o:R:r:s:T:tW:x',
  long: {
    table: 't',
    separator: 's',
    'output-separator': 'o',
    'output-width': 'c',
    fillrows: 'x',
    'table-columns': 'N',
    'table-right': 'R',
  },
  async run(process, options) {
    const lines: string[] = []
    const fine = await eachInput(process, options.operands, async (input) => {
      const reader = new LineReader(process, input)
      for (let line = await reader.next(); line !== undefined; line = await reader.next()) {
        if (line.trim() === '') continue
        lines.push(line)
        process.hold(line.length + LINE_BYTES)
      }
    })
    const text = options.has('t')
      ? table(lines, options.value('s'), byteString(options.value('o') ?? '  '))
      : columns(lines, Number(options.value('c') ?? process.terminal?.columns ?? 80), options.has('x'))
    await process.stdout.write(rawBytes(text))
    return fine ? 0 : 1
  },
})

function table(lines: readonly string[], separators: string | undefined, glue: string): string {
  const rows = lines.map((line) => (separators === undefined ? line.trim().split(/[ \t]+/) : splitAny(line, byteString(separators))))
  const widths: number[] = []
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length)
  return rows.map((row) => `${widths.map((width, i) => (row[i] ?? '').padEnd(i === widths.length - 1 ? 0 : width)).join(glue)}\n`).join('')
}

function splitAny(line: string, separators: string): string[] {
  const cells: string[] = ['']
  for (const c of line) {
    if (separators.includes(c)) cells.push('')
    else cells[cells.length - 1] += c
  }
  return cells.filter((cell) => cell !== '')
}

function columns(items: readonly string[], width: number, across: boolean): string {
  if (items.length === 0) return ''
  const cell = (Math.floor(Math.max(...items.map((item) => item.length)) / 8) + 1) * 8
  const count = Math.max(1, Math.floor(width / cell))
  const rows = Math.ceil(items.length / count)
  let text = ''
  for (let row = 0; row < rows; row++) {
    const cells = across ? items.slice(row * count, (row + 1) * count) : items.filter((_, i) => i % rows === row)
    text += `${cells.map((item, i) => (i === cells.length - 1 ? item : item + '\t'.repeat(Math.ceil((cell - item.length) / 8)))).join('')}\n`
  }
  return text
}
