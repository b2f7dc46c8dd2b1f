import { attempt, complainOf, gnuCommand, Usage } from './gnu/command.ts'
import { speaksUtf8 } from './gnu/locale.ts'

export default gnuCommand({
  name: 'cmp',
  package: 'diffutils',
  usage: '[OPTION]... FILE1 [FILE2 [SKIP1 [SKIP2]]]',
  about: 'Compare two files byte by byte.',
  authors: 'Torbjorn Granlund and David MacKenzie',
  trouble: 2,
  short: 'bi:ln:sv',
  long: { 'print-bytes': 'b', 'ignore-initial': 'i', verbose: 'l', bytes: 'n', quiet: 's', silent: 's' },
  async run(process, options) {
    const [left, right = '-'] = options.operands
    if (left === undefined) throw new Usage(`missing operand after '${process.argv[0]}'`)
    const contents: Buffer[] = []
    for (const name of [left, right]) {
      const fine = await attempt(
        async () => void contents.push(Buffer.from(await (name === '-' ? process.stdin : process.openInput(name)).all())),
        (error) => complainOf(process, name, error),
      )
      if (!fine) return 2
    }
    const limit = Number(options.value('n') ?? Number.POSITIVE_INFINITY)
    const [a, b] = contents.map((bytes) => bytes.subarray(Number(options.value('i') ?? 0), Math.min(bytes.length, limit))) as [
      Buffer,
      Buffer,
    ]
    const shared = Math.min(a.length, b.length)
    let line = 1
    let differs = false
    for (let at = 0; at < shared; at++) {
      if (a[at] === b[at]) {
        if (a[at] === 10) line++
        continue
      }
      differs = true
      if (options.has('s')) return 1
      if (!options.has('l')) {
        await process.stdout.write(`${left} ${right} differ: ${speaksUtf8(process) ? 'byte' : 'char'} ${at + 1}, line ${line}\n`)
        return 1
      }
      const width = String(Math.max(a.length, b.length)).length
      await process.stdout.write(`${String(at + 1).padStart(width)} ${a[at]!.toString(8).padStart(3)} ${b[at]!.toString(8).padStart(3)}\n`)
    }
    if (a.length === b.length) return differs ? 1 : 0
    if (!options.has('s')) {
      const shorter = a.length < b.length ? left : right
      const where =
        shared === 0
          ? ' which is empty'
          : options.has('l')
            ? ` after byte ${shared}`
            : ` after byte ${shared}, ${(a.length < b.length ? a : b)[shared - 1] === 10 ? `line ${line - 1}` : `in line ${line}`}`
      await process.stderr.write(`${process.argv[0]}: EOF on ${shorter}${where}\n`)
    }
    return 1
  },
})
