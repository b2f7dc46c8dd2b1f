import { byteString, LineReader, Writer } from './gnu/bytes.ts'
import { gnuCommand, Usage } from './gnu/command.ts'
import { eachInput } from './gnu/inputs.ts'
import type { Options } from './gnu/options.ts'
import { complement, parseRanges, type Range } from './gnu/ranges.ts'

export default gnuCommand({
  name: 'cut',
  usage: 'OPTION... [FILE]...',
  about: 'Print selected parts of lines from each FILE to standard output.',
  authors: 'David M. Ihnat, David MacKenzie, and Jim Meyering',
  short: 'b:c:d:f:nsz',
  long: {
    bytes: 'b',
    characters: 'c',
    delimiter: 'd',
    fields: 'f',
    'only-delimited': 's',
    'zero-terminated': 'z',
    complement: 'complement',
    'output-delimiter': 'output-delimiter=',
  },
  async run(process, options) {
    const cut = cutter(options)
    const separator = options.has('z') ? '\0' : '\n'
    const out = new Writer(process.stdout)
    const fine = await eachInput(process, options.operands, async (input) => {
      const lines = new LineReader(process, input, separator)
      for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
        const kept = cut(line)
        if (kept !== undefined) await out.write(kept + separator)
      }
    })
    await out.flush()
    return fine ? 0 : 1
  },
})

function cutter(options: Options): (line: string) => string | undefined {
  const lists = options.given.filter((o) => o.key === 'b' || o.key === 'c' || o.key === 'f')
  if (lists.length === 0) throw new Usage('you must specify a list of bytes, characters, or fields')
  if (lists.length > 1) throw new Usage('only one list may be specified')
  const fields = lists[0]!.key === 'f'
  const delimiter = byteString(options.value('d') ?? '\t')
  if (!fields && options.has('d')) throw new Usage('an input delimiter may be specified only when operating on fields')
  if (!fields && options.has('s')) throw new Usage('suppressing non-delimited lines makes sense\n\tonly when operating on fields')
  if (delimiter.length > 1) throw new Usage('the delimiter must be a single character')
  const parsed = parseRanges(lists[0]!.value as string, fields ? 'field' : 'byte/character')
  if (typeof parsed === 'string') throw new Usage(parsed)
  const ranges = options.has('complement') ? complement(parsed) : parsed
  const glue = options.value('output-delimiter')
  if (!fields) return (line) => pick(ranges, (from, to) => line.slice(from - 1, to)).join(glue === undefined ? '' : byteString(glue))
  const joint = glue === undefined ? delimiter || '\0' : byteString(glue)
  return (line) => {
    const mark = delimiter || '\0'
    if (!line.includes(mark)) return options.has('s') ? undefined : line
    const parts = line.split(mark)
    return pick(ranges, (from, to) => (from > parts.length ? undefined : parts.slice(from - 1, to).join(joint))).join(joint)
  }
}

function pick(ranges: Range[], part: (from: number, to: number) => string | undefined): string[] {
  return ranges.map(({ from, to }) => part(from, to)).filter((text) => text !== undefined)
}
