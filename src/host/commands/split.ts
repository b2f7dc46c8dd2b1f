import type { HostText, Process, ProcessInput } from '../command.ts'
import { HostError } from '../contract.ts'
import { Failure, gnuCommand } from './gnu/command.ts'
import { quoted } from './gnu/quote.ts'
import { parseSize } from './gnu/size.ts'

export default gnuCommand({
  name: 'split',
  usage: '[OPTION]... [FILE [PREFIX]]',
  about: 'Output pieces of FILE to PREFIXaa, PREFIXab, ...',
  authors: 'Torbjorn Granlund and Richard M. Stallman',
  short: 'a:b:C:dl:n:0123456789',
  long: {
    'suffix-length': 'a',
    bytes: 'b',
    lines: 'l',
    'numeric-suffixes': 'd',
    number: 'n',
    verbose: 'verbose',
    'additional-suffix': 'additional-suffix=',
  },
  async run(process, options) {
    const [file = '-', prefix = 'x'] = options.operands
    const bytes = Buffer.from(await input(process, file).all())
    const length = Number(options.value('a') ?? 2)
    const name = (index: number): string => {
      const digits = options.has('d') ? String(index).padStart(length, '0') : letters(index, length)
      if (digits.length > length) throw new Failure('output file suffixes exhausted')
      return prefix + digits + (options.value('additional-suffix') ?? '')
    }
    for (const [index, piece] of pieces(bytes, options.value('b'), options.value('l'), options.value('n')).entries()) {
      await process.spend(10)
      const path = name(index)
      if (options.has('verbose')) await process.stdout.write(`creating file '${path}'\n`)
      await process.openOutput(path, 'truncate').write(piece)
    }
    return 0
  },
})

function input(process: Process, file: HostText): ProcessInput {
  try {
    return file === '-' ? process.stdin : process.openInput(file)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    throw new Failure(`cannot open ${quoted(file)} for reading: ${error.message}`, 1, true)
  }
}

function pieces(bytes: Buffer, size: string | undefined, lines: string | undefined, number: string | undefined): Buffer[] {
  const parts: Buffer[] = []
  if (size !== undefined || number !== undefined) {
    const step = size === undefined ? Math.ceil(bytes.length / Number(number)) : parseSize(size)
    if (!step) throw new Failure(`invalid number of bytes: '${size}'`)
    for (let at = 0; at < bytes.length && parts.length < 20_000; at += step) parts.push(bytes.subarray(at, at + step))
    return parts
  }
  const every = Number(lines ?? 1000)
  if (!Number.isInteger(every) || every < 1) throw new Failure(`invalid number of lines: '${lines}'`)
  let from = 0
  let seen = 0
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) {
    if (++seen % every) continue
    parts.push(bytes.subarray(from, at + 1))
    from = at + 1
  }
  if (from < bytes.length) parts.push(bytes.subarray(from))
  return parts
}

function letters(index: number, length: number): string {
  let text = ''
  for (let rest = index, i = 0; i < length || rest > 0; i++, rest = Math.floor(rest / 26))
    text = String.fromCharCode(97 + (rest % 26)) + text
  return text
}
