import type { Process, ProcessInput } from '../command.ts'
import { LINE_BYTES, LineReader, Writer } from './gnu/bytes.ts'
import { Failure, gnuCommand, Usage } from './gnu/command.ts'
import { eachInput } from './gnu/inputs.ts'
import { parseSize } from './gnu/size.ts'

export default gnuCommand({
  name: 'head',
  usage: '[OPTION]... [FILE]...',
  about: 'Print the first 10 lines of each FILE to standard output.',
  authors: 'David MacKenzie and Jim Meyering',
  short: 'c:n:qvz',
  long: { bytes: 'c', lines: 'n', quiet: 'q', silent: 'q', verbose: 'v', 'zero-terminated': 'z' },
  modern,
  async run(process, options) {
    const unit = options.last('c', 'n') ?? 'n'
    const text = options.value(unit) ?? '10'
    const count = parseSize(text.replace(/^[-+]/, ''))
    if (count === undefined) throw new Failure(`invalid number of ${unit === 'c' ? 'bytes' : 'lines'}: '${text}'`)
    const cut = { unit, count, allBut: text.startsWith('-'), separator: options.has('z') ? 0 : 10 }
    const titled = options.last('q', 'v') === 'v' || (options.operands.length > 1 && !options.has('q'))
    let first = true
    const fine = await eachInput(
      process,
      options.operands,
      async (input, name) => {
        if (titled) await process.stdout.write(`${first ? '' : '\n'}==> ${name === '-' ? 'standard input' : name} <==\n`)
        first = false
        await (cut.allBut ? allButLast(process, input, cut) : copyFirst(process, input, cut))
      },
      (name, error) =>
        error.code === 'EISDIR' ? `error reading '${name}': ${error.message}` : `cannot open '${name}' for reading: ${error.message}`,
    )
    return fine ? 0 : 1
  },
})

/** `-5`, `-5c`, `-2kq`: a number and letters behind it, as the first word only. */
function modern(words: readonly string[]): readonly string[] {
  const [, count, letters = ''] = /^-(\d+)([\s\S]*)$/.exec(words[0] ?? '') ?? []
  if (count === undefined) return words
  let [unit, multiplier, others] = ['n', '', '']
  for (const letter of letters) {
    if ('bkm'.includes(letter)) [unit, multiplier] = ['c', letter]
    else if (letter === 'c') unit = 'c'
    else if (letter === 'l') unit = 'n'
    else if ('qvz'.includes(letter)) others += letter
    else throw new Usage(`invalid trailing option -- ${letter}`)
  }
  return [`-${unit}`, count + multiplier, ...(others ? [`-${others}`] : []), ...words.slice(1)]
}

interface Cut {
  unit: string
  count: number
  separator: number
}

async function copyFirst(process: Process, input: ProcessInput, cut: Cut): Promise<void> {
  let left = cut.count
  while (left > 0) {
    const chunk = await input.read(cut.unit === 'c' ? Math.min(left, 65536) : undefined)
    if (chunk === undefined) return
    await process.spend(1)
    const end = cut.unit === 'c' ? Math.min(left, chunk.length) : endOfLines(chunk, left, cut.separator)
    left -= cut.unit === 'c' ? end : countOf(chunk.subarray(0, end), cut.separator)
    await process.stdout.write(chunk.subarray(0, end))
  }
}

function endOfLines(chunk: Uint8Array, lines: number, separator: number): number {
  let at = 0
  for (let seen = 0; seen < lines; seen++) {
    const next = chunk.indexOf(separator, at)
    if (next < 0) return chunk.length
    at = next + 1
  }
  return at
}

function countOf(chunk: Uint8Array, byte: number): number {
  let count = 0
  for (let at = chunk.indexOf(byte); at >= 0; at = chunk.indexOf(byte, at + 1)) count++
  return count
}

async function allButLast(process: Process, input: ProcessInput, cut: Cut): Promise<void> {
  if (cut.unit === 'c') {
    const bytes = await input.all()
    await process.stdout.write(bytes.subarray(0, Math.max(0, bytes.length - cut.count)))
    return
  }
  const end = String.fromCharCode(cut.separator)
  const reader = new LineReader(process, input, end)
  const writer = new Writer(process.stdout)
  const kept: string[] = []
  for (let line = await reader.next(); line !== undefined; line = await reader.next()) {
    kept.push(reader.terminated ? line + end : line)
    process.hold(line.length + LINE_BYTES)
    if (kept.length <= cut.count) continue
    const first = kept.shift() as string
    process.release(first.length - 1 + LINE_BYTES)
    await writer.write(first)
  }
  await writer.flush()
}
