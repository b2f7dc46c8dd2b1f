import type { Process } from '../command.ts'
import { byteString, LINE_BYTES, LineReader, Writer } from './gnu/bytes.ts'
import { attempt, complainOf, Failure, gnuCommand, Usage } from './gnu/command.ts'

export default gnuCommand({
  name: 'join',
  usage: '[OPTION]... FILE1 FILE2',
  about: 'For each pair of input lines with identical join fields, write a line to\nstandard output.',
  authors: 'Mike Haertel',
  short: 'a:e:i1:2:j:o:t:v:z',
  long: { 'ignore-case': 'i', header: 'header', 'check-order': 'check-order', 'nocheck-order': 'nocheck-order' },
  async run(process, options) {
    const [left, right] = options.operands
    if (left === undefined) throw new Usage('missing operand')
    if (right === undefined) throw new Usage(`missing operand after '${left}'`)
    const mark = options.value('t') === undefined ? undefined : byteString(options.value('t') as string)
    const field = (side: '1' | '2'): number => Number(options.value(side) ?? options.value('j') ?? 1) - 1
    const split = (line: string): string[] => (mark === undefined ? line.trim().split(/[ \t]+/) : line.split(mark))
    const fold = (key: string): string => (options.has('i') ? key.toLowerCase() : key)
    const rows: string[][][] = []
    for (const name of [left, right]) {
      const fine = await attempt(
        async () => void rows.push((await readLines(process, name)).map(split)),
        (error) => complainOf(process, name, error),
      )
      if (!fine) return 1
    }
    const [a, b] = rows as [string[][], string[][]]
    const [ka, kb] = [field('1'), field('2')]
    const format = options.value('o')?.split(/[ ,]+/)
    for (const cell of format ?? []) checkField(cell)
    const empty = options.value('e') ?? ''
    const out = new Writer(process.stdout)
    const glue = mark ?? ' '
    const show = (x: string[] | undefined, y: string[] | undefined): Promise<void> | undefined => {
      const key = x ? x[ka] : y?.[kb]
      if (format && format[0] !== 'auto') {
        const cells = format.map((cell) => (cell === '0' ? key : (cell[0] === '1' ? x : y)?.[Number(cell.slice(2)) - 1]))
        return out.write(`${cells.map((cell) => cell || empty).join(glue)}\n`)
      }
      return out.write(`${[key ?? empty, ...(x ?? []).filter((_, i) => i !== ka), ...(y ?? []).filter((_, i) => i !== kb)].join(glue)}\n`)
    }
    const pairs = !options.has('v')
    const lonely = (side: string): boolean => options.values('a').includes(side) || options.values('v').includes(side)
    let i = 0
    let j = 0
    while (i < a.length || j < b.length) {
      await process.spend(1)
      const x = i < a.length ? fold(a[i]![ka] ?? '') : undefined
      const y = j < b.length ? fold(b[j]![kb] ?? '') : undefined
      if (y === undefined || (x !== undefined && x < y)) {
        if (lonely('1')) await show(a[i], undefined)
        i++
      } else if (x === undefined || x > y) {
        if (lonely('2')) await show(undefined, b[j])
        j++
      } else {
        let endA = i
        while (endA < a.length && fold(a[endA]![ka] ?? '') === x) endA++
        let endB = j
        while (endB < b.length && fold(b[endB]![kb] ?? '') === x) endB++
        for (let p = i; p < endA; p++) for (let q = j; q < endB; q++) if (pairs) await show(a[p], b[q])
        i = endA
        j = endB
      }
    }
    await out.flush()
    return 0
  },
})

/** @throws Failure for a field of `-o` that is neither `0` nor `FILE.FIELD` */
function checkField(cell: string): void {
  if (cell === 'auto' || cell === '0') return
  if (!/^[12]/.test(cell)) throw new Failure(`invalid file number in field spec: '${cell}'`)
  if (cell[1] !== '.') throw new Failure(`invalid field specifier: '${cell}'`)
  if (!/^[1-9]\d*$/.test(cell.slice(2))) throw new Failure(`invalid field number: '${cell.slice(2)}'`)
}

async function readLines(process: Process, name: string): Promise<string[]> {
  const reader = new LineReader(process, name === '-' ? process.stdin : process.openInput(name))
  const lines: string[] = []
  for (let line = await reader.next(); line !== undefined; line = await reader.next()) {
    lines.push(line)
    process.hold(line.length + LINE_BYTES)
  }
  return lines
}
