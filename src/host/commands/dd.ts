import type { HostText, Process, ProcessInput, ProcessOutput } from '../command.ts'
import { HostError } from '../contract.ts'
import { complain, Failure, gnuCommand, Usage } from './gnu/command.ts'
import { formatNumber } from './gnu/format-number.ts'
import { quoted } from './gnu/quote.ts'
import { parseSize } from './gnu/size.ts'
import { statIfThere } from './gnu/tree.ts'

interface Plan {
  input: HostText | undefined
  output: HostText | undefined
  inputBlock: number
  outputBlock: number
  count: number
  countsBytes: boolean
  skip: number
  seek: number
  conversions: Set<string>
  status: string
  append: boolean
  fullBlocks: boolean
}

/** Bytes a second of a plain virtual disk, so that large copies take their time. */
const DISK_SPEED = 900e6

export default gnuCommand({
  name: 'dd',
  usage: ['[OPERAND]...', 'OPTION'],
  about: 'Copy a file, converting and formatting according to the operands.',
  authors: 'Paul Rubin, David MacKenzie, and Stuart Kemp',
  short: '',
  async run(process, options) {
    const plan = parsePlan(options.operands)
    const input = open(process, plan.input, () => process.openInput(plan.input as HostText), process.stdin)
    const output = openTarget(process, plan)
    return copy(process, plan, input, output)
  },
})

function parsePlan(operands: readonly HostText[]): Plan {
  const plan: Plan = {
    input: undefined,
    output: undefined,
    inputBlock: 512,
    outputBlock: 512,
    count: Number.POSITIVE_INFINITY,
    countsBytes: false,
    skip: 0,
    seek: 0,
    conversions: new Set(),
    status: 'default',
    append: false,
    fullBlocks: false,
  }
  for (const word of operands) {
    const [key, value] = [word.slice(0, Math.max(0, word.indexOf('='))), word.slice(word.indexOf('=') + 1)]
    const number = (): number => {
      const parts = value.split('x').map((part) => parseSize(part))
      if (parts.some((part) => part === undefined)) throw new Failure(`invalid number: ${quoted(value)}`)
      return parts.reduce((product, part) => (product as number) * (part as number), 1) as number
    }
    switch (key) {
      case 'if':
        plan.input = value
        break
      case 'of':
        plan.output = value
        break
      case 'bs':
        plan.inputBlock = plan.outputBlock = number()
        break
      case 'ibs':
        plan.inputBlock = number()
        break
      case 'obs':
        plan.outputBlock = number()
        break
      case 'count':
        plan.count = number()
        if (value.endsWith('B')) plan.countsBytes = true
        break
      case 'skip':
      case 'iseek':
        plan.skip = number()
        break
      case 'seek':
      case 'oseek':
        plan.seek = number()
        break
      case 'conv':
        for (const name of value.split(',')) plan.conversions.add(name)
        break
      case 'iflag':
        plan.countsBytes ||= value.includes('count_bytes')
        plan.fullBlocks ||= value.includes('fullblock')
        break
      case 'oflag':
        plan.append ||= value.includes('append')
        break
      case 'status':
        plan.status = value
        break
      case 'cbs':
        break
      default:
        throw new Usage(`unrecognized operand ${quoted(word)}`)
    }
  }
  if (plan.inputBlock === 0 || plan.outputBlock === 0) throw new Failure(`invalid number: '0'`)
  if (plan.inputBlock > 2 ** 31) throw new Failure(`memory exhausted by input buffer of size ${plan.inputBlock} bytes`)
  return plan
}

function open<T>(_process: Process, name: HostText | undefined, opener: () => T, standard: T): T {
  if (name === undefined) return standard
  try {
    return opener()
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    throw new Failure(`failed to open ${quoted(name)}: ${error.message}`, 1, true)
  }
}

function openTarget(process: Process, plan: Plan): ProcessOutput {
  const name = plan.output
  if (name === undefined) return process.stdout
  return open(
    process,
    name,
    () => {
      const stat = statIfThere(process, name)
      const regular = !stat || stat.type === 'file'
      if (!regular || plan.append) return process.openOutput(name, 'append')
      const keep = plan.seek * plan.outputBlock
      if (!plan.conversions.has('notrunc') && keep === 0) return process.openOutput(name, 'truncate')
      // Writing in the middle of a file: the file is put together at the end of each block.
      if (!stat) process.openOutput(name, 'append')
      if (!plan.conversions.has('notrunc')) process.files.truncate(name, keep)
      return new Patch(process, name, keep)
    },
    process.stdout,
  )
}

class Patch implements ProcessOutput {
  readonly isTerminal = false
  readonly #process: Process
  readonly #name: HostText
  #at: number

  constructor(process: Process, name: HostText, at: number) {
    this.#process = process
    this.#name = name
    this.#at = at
  }

  async write(data: Uint8Array | HostText): Promise<void> {
    const bytes = Buffer.from(data as Uint8Array)
    const old = this.#process.files.read(this.#name)
    const result = Buffer.alloc(Math.max(old.length, this.#at + bytes.length))
    old.copy(result)
    bytes.copy(result, this.#at)
    this.#at += bytes.length
    this.#process.files.write(this.#name, result)
  }
}

/** Larger blocks are read and written piece by piece: memory of this size is at hand, and others have their turn in between. */
const PIECE = 64 * 1024
/** The disk's slowness shows once in so many bytes. */
const SLOW_AFTER = 1024 * 1024
/** The largest block that is held in memory. */
const LARGEST_BUFFER = 64 * 1024 * 1024

interface Tally {
  full: number
  partial: number
  bytes: number
}

async function copy(process: Process, plan: Plan, input: ProcessInput, output: ProcessOutput): Promise<number> {
  const started = process.world.now()
  const read: Tally = { full: 0, partial: 0, bytes: 0 }
  const written: Tally = { full: 0, partial: 0, bytes: 0 }
  const report = async (): Promise<void> => {
    if (plan.status === 'none') return
    await process.stderr.write(`${read.full}+${read.partial} records in\n${written.full}+${written.partial} records out\n`)
    if (plan.status !== 'noxfer') await process.stderr.write(`${transferred(written.bytes, Math.max(1, process.world.now() - started))}\n`)
  }
  process.onSignal('USR1', () => {
    report().catch((error: unknown) => {
      // Nobody reads it, or dd has ended.
      if (!(error instanceof HostError)) throw error
    })
  })
  const inPieces = plan.inputBlock === plan.outputBlock && plan.inputBlock > PIECE
  if (!inPieces && plan.inputBlock > LARGEST_BUFFER) {
    await complain(process, `memory exhausted by input buffer of size ${plan.inputBlock} bytes (${scaled(plan.inputBlock, 1024)})`)
    return 1
  }
  let status = 0
  /** Bytes of the record that is being read, when it comes in pieces. */
  let begun = 0
  try {
    await skipInput(process, input, plan)
    const limit = plan.countsBytes ? plan.count : plan.count * plan.inputBlock
    let records = 0
    /** Bytes that the disk has not taken its time for. */
    let atOnce = 0
    let held: Buffer = Buffer.alloc(0)
    const buffer = Buffer.allocUnsafe(Math.min(plan.inputBlock, inPieces ? PIECE : plan.inputBlock))
    while (read.bytes < limit && (plan.countsBytes || records < plan.count)) {
      const size = Math.min(buffer.length, plan.inputBlock - begun, limit - read.bytes)
      const block = await readBlock(input, buffer.subarray(0, size), plan.fullBlocks)
      if (block.length === 0) break
      begun += block.length
      const isWhole = begun === plan.inputBlock
      if (isWhole || block.length < size || !inPieces) {
        records++
        begun = 0
        if (isWhole) read.full++
        else read.partial++
      }
      read.bytes += block.length
      await process.spend(1 + (block.length >> 12))
      atOnce += block.length
      if (plan.inputBlock >= SLOW_AFTER && atOnce >= SLOW_AFTER) {
        await process.sleep((atOnce / DISK_SPEED) * 1000)
        atOnce = 0
      }
      const converted = convert(block, plan)
      if (plan.inputBlock === plan.outputBlock) {
        await put(output, converted, written, plan)
        if (inPieces) Object.assign(written, read)
        continue
      }
      held = Buffer.concat([held, converted])
      while (held.length >= plan.outputBlock) {
        await put(output, held.subarray(0, plan.outputBlock), written, plan)
        held = held.subarray(plan.outputBlock)
      }
    }
    if (begun > 0) {
      read.partial++
      Object.assign(written, read)
    }
    if (held.length) await put(output, held, written, plan)
  } catch (error) {
    if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
    const isWriting = error.code === 'ENOSPC' || error.code === 'EFBIG'
    if (isWriting && inPieces) {
      // GNU reads a record whole before it writes it.
      if (begun > 0) read.full++
      if (begun !== PIECE) written.partial++
    }
    await complain(
      process,
      `error ${isWriting ? 'writing' : 'reading'} ${quoted((error.code === 'ENOSPC' ? plan.output : plan.input) ?? 'standard input')}: ${error.message}`,
    )
    status = 1
  }
  await report()
  return status
}

async function skipInput(process: Process, input: ProcessInput, plan: Plan): Promise<void> {
  let left = plan.skip * plan.inputBlock
  while (left > 0) {
    const chunk = await input.read(Math.min(left, 65536))
    if (!chunk) {
      await complain(process, `${quoted(plan.input ?? 'standard input')}: cannot skip to specified offset`)
      return
    }
    left -= chunk.length
    await process.spend(1)
  }
}

/** Fills a buffer as far as the input goes, and gives the part that is filled. */
async function readBlock(input: ProcessInput, buffer: Buffer, full: boolean): Promise<Buffer> {
  let length = 0
  while (length < buffer.length) {
    const chunk = await input.read(buffer.length - length)
    if (!chunk) break
    buffer.set(chunk, length)
    length += chunk.length
    // A short read of a pipe or terminal is a partial record; our own streams hand large files on in pieces.
    if (!full && chunk.length < 4096) break
  }
  return buffer.subarray(0, length)
}

async function put(output: ProcessOutput, block: Buffer, tally: Tally, plan: Plan): Promise<void> {
  await output.write(block)
  if (block.length === plan.outputBlock) tally.full++
  else tally.partial++
  tally.bytes += block.length
}

function convert(block: Buffer, plan: Plan): Buffer {
  if (plan.conversions.has('ucase'))
    return Buffer.from(
      block.toString('latin1').replace(/[a-z]+/g, (s) => s.toUpperCase()),
      'latin1',
    )
  if (plan.conversions.has('lcase'))
    return Buffer.from(
      block.toString('latin1').replace(/[A-Z]+/g, (s) => s.toLowerCase()),
      'latin1',
    )
  if (plan.conversions.has('sync') && block.length < plan.inputBlock)
    return Buffer.concat([block, Buffer.alloc(plan.inputBlock - block.length)])
  return plan.conversions.has('swab')
    ? Buffer.from(block)
        .subarray(0, block.length & ~1)
        .swap16()
    : block
}

/** `1048576 bytes (1.0 MB, 1.0 MiB) copied, 0.00112 s, 936 MB/s` */
function transferred(bytes: number, ms: number): string {
  // The clock of the world has milliseconds only; a copy of some bytes takes tens of microseconds.
  const seconds = ms <= 1 ? Math.max(bytes / DISK_SPEED, 3e-5 + (bytes % 97) * 1e-6) : ms / 1000
  const sizes = bytes >= 1024 ? ` (${scaled(bytes, 1000)}, ${scaled(bytes, 1024)})` : bytes >= 1000 ? ` (${scaled(bytes, 1000)})` : ''
  return `${bytes} byte${bytes === 1 ? '' : 's'}${sizes} copied, ${formatNumber('%g', seconds)} s, ${scaled(bytes / seconds, 1000)}/s`
}

function scaled(value: number, base: number): string {
  const units = base === 1000 ? ['B', 'kB', 'MB', 'GB', 'TB'] : ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let size = value
  let power = 0
  while (size >= base && power < units.length - 1) {
    size /= base
    power++
  }
  return `${power > 0 && size < 10 ? size.toFixed(1) : String(Math.round(size))} ${units[power]}`
}
