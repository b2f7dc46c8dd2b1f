import type { CommandFile, HostText, Process } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { isBusyBox } from '../busybox/flavour.ts'
import { baseName, gnuCommand } from './command.ts'
import { confirms } from './confirm.ts'
import { CompressionError, compress, decompress, overhead } from './gzip.ts'
import { askForHelp } from './help.ts'
import type { Options } from './options.ts'
import { localTime, strftime, zoneOf } from './strftime.ts'
import { replaceFile, statIfThere } from './tree.ts'

const SUFFIXES = ['.gz', '-gz', '.z', '.Z', '.tgz', '.taz']

/** `gzip`, `gunzip` and `zcat`: one program by three names. */
export function gzipCommand(name: 'gzip' | 'gunzip' | 'zcat'): CommandFile {
  return gnuCommand({
    name,
    package: 'gzip',
    version: `${name} 1.12`,
    usage: '[OPTION]... [FILE]...',
    about: name === 'gzip' ? 'Compress or uncompress FILEs (by default, compress FILES in-place).' : 'Uncompress FILEs.',
    authors: 'Jean-loup Gailly',
    short: '123456789acdfhklnNqrS:tvV',
    long: {
      help: 'h',
      stdout: 'c',
      'to-stdout': 'c',
      decompress: 'd',
      uncompress: 'd',
      force: 'f',
      keep: 'k',
      list: 'l',
      'no-name': 'n',
      name: 'N',
      quiet: 'q',
      recursive: 'r',
      suffix: 'S',
      test: 't',
      verbose: 'v',
      fast: '1',
      best: '9',
    },
    async run(process, options) {
      if (!options.has('h')) return new Gzip(process, options, name).run()
      return askForHelp(
        process,
        `Usage: ${name} [OPTION]... [FILE]...\nCompress or uncompress FILEs (by default, compress FILES in-place).\n`,
      )
    },
  })
}

class Gzip {
  readonly #process: Process
  readonly #options: Options
  readonly #unpacks: boolean
  readonly #toOutput: boolean
  readonly #listed: Listed[] = []
  #status = 0

  constructor(process: Process, options: Options, name: string) {
    this.#process = process
    this.#options = options
    this.#unpacks = name !== 'gzip' || options.has('d', 't', 'l')
    this.#toOutput = name === 'zcat' || options.has('c')
  }

  async run(): Promise<number> {
    const operands = this.#options.operands
    if (operands.length === 0 || (operands.length === 1 && operands[0] === '-')) await this.#stream()
    else for (const name of operands) await this.#operand(name)
    if (this.#listed.length > 1) await this.#listTotals()
    return this.#status
  }

  async #fail(message: string, status = 1): Promise<void> {
    this.#status = Math.max(this.#status, status) === 2 && status === 1 ? 1 : status
    // gzip says its own name under whatever name it runs.
    await this.#process.stderr.write(`${isBusyBox(this.#process) ? this.#process.argv[0] : 'gzip'}: ${message}\n`)
  }

  #level(): number {
    return Number(this.#options.given.findLast((option) => /^\d$/.test(option.key))?.key ?? 6)
  }

  async #stream(): Promise<void> {
    const terminal = this.#unpacks ? this.#process.stdin.isTerminal : this.#process.stdout.isTerminal
    if (terminal && !this.#options.has('f')) {
      await this.#process.stderr.write(
        `gzip: compressed data not ${this.#unpacks ? 'read from' : 'written to'} a terminal. Use -f to force ${this.#unpacks ? 'de' : ''}compression.\nFor help, type: gzip -h\n`,
      )
      this.#status = 1
      return
    }
    const bytes = await this.#process.stdin.all()
    await this.#process.spend(bytes.length >> 6)
    const result = await this.#convert(bytes, 'stdin')
    if (result && this.#options.has('l')) return this.#list('stdout', bytes, result, 0)
    if (result && !this.#options.has('t')) await this.#process.stdout.write(result)
  }

  async #convert(bytes: Uint8Array, name: HostText, mtime?: number): Promise<Buffer | undefined> {
    if (!this.#unpacks) {
      const isNamed = mtime !== undefined && !this.#options.has('n')
      return compress(bytes, this.#level(), isNamed ? { name: baseName(name), mtime: mtime / 1000 } : undefined)
    }
    try {
      return decompress(bytes)
    } catch (error) {
      if (!(error instanceof CompressionError)) throw error
      await this.#process.stderr.write('\n')
      await this.#fail(`${name}: ${error.message}`)
      return undefined
    }
  }

  async #operand(name: HostText): Promise<void> {
    const stat = statIfThere(this.#process, name)
    const path =
      stat || !this.#unpacks
        ? name
        : (SUFFIXES.map((suffix) => name + suffix).find((candidate) => statIfThere(this.#process, candidate)) ?? name)
    if (!statIfThere(this.#process, path))
      return this.#fail(
        `${this.#unpacks && !SUFFIXES.some((suffix) => name.endsWith(suffix)) ? `${name}.gz` : name}: No such file or directory`,
      )
    if (statIfThere(this.#process, path)?.type === 'directory') {
      if (!this.#options.has('r')) return this.#fail(`${path} is a directory -- ignored`, 2)
      // What the walk finds with the suffix is passed over in silence.
      for (const inner of this.#process.files.list(path))
        if (this.#unpacks || !SUFFIXES.some((suffix) => inner.endsWith(suffix))) await this.#operand(`${path.replace(/\/$/, '')}/${inner}`)
      return
    }
    try {
      await this.#file(path)
    } catch (error) {
      if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
      await this.#fail(`${path}: ${error.message}`)
    }
  }

  async #file(path: HostText): Promise<void> {
    const suffix = SUFFIXES.find((candidate) => path.endsWith(candidate))
    const keeps = this.#toOutput || this.#options.has('t', 'l')
    if (this.#unpacks && !suffix && !keeps) return this.#fail(`${path}: unknown suffix -- ignored`, 2)
    if (!this.#unpacks && suffix && !keeps && !this.#options.has('f')) {
      // Said, but no failure.
      await this.#fail(`${path} already has ${suffix} suffix -- unchanged`, this.#status)
      return
    }
    const bytes = await this.#process.openInput(path).all()
    await this.#process.spend(bytes.length >> 6)
    const { mtime } = this.#process.files.stat(path)
    const result = await this.#convert(bytes, path, mtime)
    if (!result) return
    if (this.#options.has('l')) return this.#list(path.replace(/\.gz$/, ''), bytes, result, mtime)
    if (this.#options.has('t')) {
      if (this.#options.has('v')) await this.#process.stderr.write(`${path}:\t OK\n`)
      return
    }
    if (this.#toOutput) return this.#process.stdout.write(result)
    const target = this.#unpacks
      ? path.slice(0, -(suffix as string).length) + (suffix === '.tgz' || suffix === '.taz' ? '.tar' : '')
      : path + (this.#options.value('S') ?? '.gz')
    if (statIfThere(this.#process, target) && !this.#options.has('f')) {
      if (!this.#process.stdin.isTerminal) return this.#fail(`${target} already exists;\tnot overwritten`, 2)
      if (!(await confirms(this.#process, `gzip: ${target} already exists; do you wish to overwrite (y or n)? `)))
        return this.#fail('\tnot overwritten', 2)
    }
    replaceFile(this.#process, { path, stat: this.#process.files.stat(path), keep: this.#options.has('k') }, target, result)
    if (this.#options.has('v')) {
      const [packed, plain] = this.#unpacks ? [bytes, result] : [result, bytes]
      await this.#process.stderr.write(
        `${path}:\t${ratio(packed.length - overhead(packed), plain.length)} -- ${this.#options.has('k') ? 'created' : 'replaced with'} ${target}\n`,
      )
    }
  }

  async #list(name: HostText, bytes: Uint8Array, plain: Uint8Array, mtime: number): Promise<void> {
    const one = { packed: bytes.length, plain: plain.length, overhead: overhead(bytes) }
    this.#listed.push(one)
    const isVerbose = this.#options.has('v')
    const title = `${isVerbose ? 'method  crc     date  time  ' : ''}${'compressed'.padStart(19)} ${'uncompressed'.padStart(19)}  ratio uncompressed_name\n`
    const crc = Buffer.from(bytes.subarray(-8)).readUInt32LE().toString(16).padStart(8, '0')
    const facts = `defla ${crc} ${strftime('%b %e %H:%M', localTime(mtime, zoneOf(this.#process)))} `
    await this.#process.stdout.write(
      (this.#listed.length === 1 && !this.#options.has('q') ? title : '') + (isVerbose ? facts : '') + listed(one, name),
    )
  }

  async #listTotals(): Promise<void> {
    const sum = (key: keyof Listed): number => this.#listed.reduce((total, one) => total + one[key], 0)
    const total = { packed: sum('packed'), plain: sum('plain'), overhead: this.#listed.at(-1)?.overhead ?? 0 }
    await this.#process.stdout.write((this.#options.has('v') ? ' '.repeat(28) : '') + listed(total, '(totals)'))
  }
}

/** Bytes of a file before and after, and what of the latter is header and trailer. */
interface Listed {
  packed: number
  plain: number
  overhead: number
}

function listed({ packed, plain, overhead: around }: Listed, name: string): string {
  return `${String(packed).padStart(19)} ${String(plain).padStart(19)} ${ratio(packed - around, plain)} ${name}\n`
}

function ratio(packed: number, plain: number): string {
  return `${(plain === 0 ? 0 : ((plain - packed) / plain) * 100).toFixed(1).padStart(5)}%`
}
