import type { HostText, Process, ProcessInput } from '../command.ts'
import { HostError } from '../contract.ts'
import { complain, Failure, gnuCommand, Usage } from './gnu/command.ts'
import type { Options } from './gnu/options.ts'
import { quoted } from './gnu/quote.ts'
import { parseSize } from './gnu/size.ts'
import { statIfThere } from './gnu/tree.ts'

const MOST_PIECES = 20_000
/** strerror of ERANGE. */
const RANGE = ': Numerical result out of range'

export default gnuCommand({
  name: 'split',
  usage: '[OPTION]... [FILE [PREFIX]]',
  about: "Output pieces of FILE to PREFIXaa, PREFIXab, ...;\ndefault size is 1000 lines, and default PREFIX is 'x'.",
  authors: 'Torbjorn Granlund and Richard M. Stallman',
  short: 'a:b:C:del:n:t:ux0123456789',
  long: {
    'suffix-length': 'a',
    bytes: 'b',
    'line-bytes': 'C',
    lines: 'l',
    'numeric-suffixes': 'd?',
    'hex-suffixes': 'x?',
    number: 'n',
    'elide-empty-files': 'e',
    separator: 't',
    unbuffered: 'u',
    filter: 'filter=',
    verbose: 'verbose',
    'additional-suffix': 'additional-suffix=',
  },
  async run(process, options) {
    const [file = '-', prefix = 'x', extra] = options.operands
    if (extra !== undefined) throw new Usage(`extra operand '${extra}'`)
    const plan = planOf(options)
    if (plan.needsSize && statIfThere(process, file === '-' ? '/dev/stdin' : file)?.type === 'fifo')
      throw new Failure(`${file}: cannot determine file size`)
    const bytes = Buffer.from(await input(process, file).all())
    const { only } = plan
    const pieces = plan.cut(bytes)
    if (only !== undefined) {
      await process.stdout.write(pieces[only - 1] ?? Buffer.alloc(0))
      return 0
    }
    const suffixes = new Suffixes(options, plan.count)
    let index = 0
    for (const piece of pieces) {
      if (piece.length === 0 && options.has('e')) continue
      await process.spend(10)
      const suffix = suffixes.at(index++)
      if (suffix === undefined) throw new Failure('output file suffixes exhausted')
      await put(process, prefix + suffix, piece, options)
    }
    return 0
  },
})

async function put(process: Process, path: HostText, piece: Buffer, options: Options): Promise<void> {
  const filter = options.value('filter')
  if (filter !== undefined) {
    if (options.has('verbose')) await process.stdout.write(`executing with FILE=${quoted(path)}\n`)
    const status = await process.run(['/bin/sh', '-c', filter], { stdin: piece, env: new Map(process.env).set('FILE', path) })
    if (status !== 0) await complain(process, `with FILE=${path}, exit ${status} from command: ${filter}`)
    return
  }
  if (options.has('verbose')) await process.stdout.write(`creating file ${quoted(path)}\n`)
  await process.openOutput(path, 'truncate').write(piece)
}

function input(process: Process, file: HostText): ProcessInput {
  try {
    return file === '-' ? process.stdin : process.openInput(file)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    throw new Failure(`cannot open ${quoted(file)} for reading: ${error.message}`, 1, true)
  }
}

interface Plan {
  cut(bytes: Buffer): Buffer[]
  /** Pieces, where their number is known. */
  count?: number
  /** The one piece that goes to standard output: `-n K/N`. */
  only?: number | undefined
  /** Where pieces end depends on how long the whole is. */
  needsSize?: boolean
}

function planOf(options: Options): Plan {
  const kind = options.last('b', 'C', 'l', 'n') ?? 'l'
  if (options.given.filter(({ key }) => 'bCln'.includes(key)).length > 1) throw new Usage('cannot split in more than one way')
  const separator = separatorOf(options.value('t'))
  const text = options.value(kind) ?? '1000'
  if (kind === 'n') return chunkPlan(text, separator)
  const size = kind === 'l' ? (/^\d+$/.test(text) ? Number(text) : parseSize(text)) : parseSize(text)
  const range = size === 0 ? RANGE : ''
  if (!size) throw new Failure(`invalid number of ${kind === 'l' ? 'lines' : 'bytes'}: '${text}'${range}`)
  if (kind === 'l') return { cut: (bytes) => byLines(bytes, size, separator) }
  return { cut: (bytes) => (kind === 'b' ? bySize(bytes, size) : byLineBytes(bytes, size, separator)) }
}

function separatorOf(text: HostText | undefined): number {
  if (text === undefined) return 10
  if (text === '\\0') return 0
  if (text.length > 1) throw new Failure(`multi-character separator '${text}'`)
  return text.charCodeAt(0)
}

function chunkPlan(text: string, separator: number): Plan {
  const [, mode = '', first, second] = /^(?:([lr])\/)?(\d{1,9})(?:\/(\d{1,9}))?$/.exec(text) ?? []
  const count = Number(second ?? first)
  if (!count) throw new Failure(`invalid number of chunks: '${text.replace(/^[lr]\//, '')}'${first === undefined ? '' : RANGE}`)
  const only = second === undefined ? undefined : Number(first)
  if (only !== undefined && (only < 1 || only > count)) throw new Failure(`invalid chunk number: '${first}'${RANGE}`)
  const pieces = Math.min(count, MOST_PIECES)
  const cut = (bytes: Buffer): Buffer[] => {
    if (mode === 'r') return roundRobin(bytes, pieces, separator)
    return mode === 'l' ? byLineChunks(bytes, pieces, separator) : byChunks(bytes, pieces)
  }
  return { cut, count, only, needsSize: mode !== 'r' }
}

function bySize(bytes: Buffer, step: number): Buffer[] {
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length && parts.length < MOST_PIECES; at += step) parts.push(bytes.subarray(at, at + step))
  return parts
}

function linesOf(bytes: Buffer, separator: number): Buffer[] {
  const lines: Buffer[] = []
  let from = 0
  for (let at = bytes.indexOf(separator); at >= 0; at = bytes.indexOf(separator, from)) {
    lines.push(bytes.subarray(from, at + 1))
    from = at + 1
  }
  if (from < bytes.length) lines.push(bytes.subarray(from))
  return lines
}

function byLines(bytes: Buffer, every: number, separator: number): Buffer[] {
  const lines = linesOf(bytes, separator)
  const parts: Buffer[] = []
  for (let at = 0; at < lines.length && parts.length < MOST_PIECES; at += every) parts.push(Buffer.concat(lines.slice(at, at + every)))
  return parts
}

/** Whole lines as long as they fit; a longer line is cut. */
function byLineBytes(bytes: Buffer, most: number, separator: number): Buffer[] {
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length && parts.length < MOST_PIECES; ) {
    const window = bytes.subarray(at, at + most)
    const end = at + most >= bytes.length ? window.length : window.lastIndexOf(separator) + 1 || window.length
    parts.push(window.subarray(0, end))
    at += end
  }
  return parts
}

/** Since coreutils 9.1 the first pieces take the bytes that are left over. */
function byChunks(bytes: Buffer, count: number): Buffer[] {
  const size = Math.floor(bytes.length / count)
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * size, i === count - 1 ? bytes.length : (i + 1) * size))
}

/** Lines belong to the piece in which they begin. */
function byLineChunks(bytes: Buffer, count: number, separator: number): Buffer[] {
  const size = Math.floor(bytes.length / count)
  const ends = Array.from({ length: count }, (_, i) => {
    if (i === count - 1) return bytes.length
    const end = bytes.indexOf(separator, Math.max(0, (i + 1) * size - 1))
    return end < 0 ? bytes.length : end + 1
  })
  return ends.map((end, i) => bytes.subarray(Math.min(end, Math.max(0, ...ends.slice(Math.max(0, i - 1), i))), end))
}

function roundRobin(bytes: Buffer, count: number, separator: number): Buffer[] {
  const parts: Buffer[][] = Array.from({ length: count }, () => [])
  for (const [index, line] of linesOf(bytes, separator).entries()) parts[index % count]?.push(line)
  return parts.map((part) => Buffer.concat(part))
}

/** What is put behind the prefix: letters, or numbers in base 10 or 16; longer by themselves where no length is given. */
class Suffixes {
  readonly #alphabet: string
  readonly #length: number
  readonly #grows: boolean
  readonly #from: number
  readonly #more: string

  constructor(options: Options, count: number | undefined) {
    const kind = options.last('d', 'x')
    this.#alphabet = kind === 'd' ? '0123456789' : kind === 'x' ? '0123456789abcdef' : 'abcdefghijklmnopqrstuvwxyz'
    const from = kind === undefined ? undefined : options.value(kind)
    const start = from === undefined ? 0 : Number.parseInt(from, kind === 'x' ? 16 : 10)
    if (Number.isNaN(start)) throw new Failure(`'${from}': invalid start value for ${kind === 'd' ? 'numerical' : 'hexadecimal'} suffix`)
    this.#from = start
    const length = options.value('a')
    if (length !== undefined && !/^\d{1,4}$/.test(length)) throw new Failure(`invalid suffix length: '${length}'`)
    const needed = count === undefined ? 2 : Math.ceil(Math.log(count + start) / Math.log(this.#alphabet.length))
    this.#length = Number(length ?? 0) || Math.max(2, needed)
    this.#grows = !Number(length ?? 0) && start === 0 && count === undefined
    this.#more = options.value('additional-suffix') ?? ''
  }

  /** Undefined when there are no more. */
  at(index: number): string | undefined {
    const base = this.#alphabet.length
    let [length, rest, lead] = [this.#length, index + this.#from, '']
    // The last letter is kept for longer suffixes: xyz is followed by xzaa.
    while (this.#grows && rest >= base ** length - base ** (length - 1)) {
      rest -= base ** length - base ** (length - 1)
      lead += this.#alphabet.at(-1)
      length++
    }
    if (rest >= base ** length) return undefined
    let text = ''
    for (let i = 0; i < length; i++) {
      text = this.#alphabet[rest % base] + text
      rest = Math.floor(rest / base)
    }
    return lead + text + this.#more
  }
}
