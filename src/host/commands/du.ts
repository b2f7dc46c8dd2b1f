import type { HostText, Process } from '../command.ts'
import { type FileStat, HostError } from '../contract.ts'
import { isBusyBox } from './busybox/flavour.ts'
import { complain, Failure, gnuCommand, joinPath } from './gnu/command.ts'
import { globMatch } from './gnu/glob.ts'
import type { Options } from './gnu/options.ts'
import { humanSize, parseSize } from './gnu/size.ts'
import { localTime, strftime, zoneOf } from './gnu/strftime.ts'
import { blocksOf } from './ls/long.ts'

export default gnuCommand({
  name: 'du',
  usage: ['[OPTION]... [FILE]...', '[OPTION]... --files0-from=F'],
  about: 'Summarize device usage of the set of FILEs, recursively for directories.',
  authors: 'Torbjorn Granlund, David MacKenzie, Paul Eggert,\nand Jim Meyering',
  short: '0aB:bcd:DhHklLmPsSt:xX:',
  long: {
    null: '0',
    all: 'a',
    'block-size': 'B',
    bytes: 'b',
    total: 'c',
    'max-depth': 'd',
    'dereference-args': 'D',
    'human-readable': 'h',
    'count-links': 'l',
    dereference: 'L',
    'no-dereference': 'P',
    summarize: 's',
    'separate-dirs': 'S',
    threshold: 't',
    'one-file-system': 'x',
    exclude: 'exclude=',
    'apparent-size': 'apparent-size',
    time: 'time?',
    si: 'si',
  },
  async run(process, options) {
    const depth = options.value('d')
    if (depth !== undefined && !/^\d{1,6}$/.test(depth)) throw new Failure(`invalid maximum depth '${depth}'`)
    return new Usage(process, options, options.has('s') ? 0 : depth === undefined ? Number.POSITIVE_INFINITY : Number(depth)).run()
  },
})

class Usage {
  readonly #process: Process
  readonly #options: Options
  readonly #depth: number
  readonly #seen = new Set<number>()
  #status = 0

  constructor(process: Process, options: Options, depth: number) {
    this.#process = process
    this.#options = options
    this.#depth = depth
  }

  async run(): Promise<number> {
    let total = 0
    for (const name of this.#options.operands.length ? this.#options.operands : ['.']) {
      total += await this.#visit(name, 0)
    }
    if (this.#options.has('c')) await this.#print(total, 'total', 0)
    return this.#status
  }

  async #visit(path: HostText, level: number): Promise<number> {
    const pause = this.#process.spend(2)
    if (pause) await pause
    let stat: FileStat
    try {
      stat =
        this.#options.has('L') || (level === 0 && this.#options.has('D', 'H'))
          ? this.#process.files.stat(path)
          : this.#process.files.lstat(path)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      await this.#fail(isBusyBox(this.#process) ? `${path}: ${error.message}` : `cannot access '${path}': ${error.message}`)
      return 0
    }
    if (stat.links > 1 && stat.type !== 'directory' && !this.#options.has('l')) {
      if (this.#seen.has(stat.inode)) return 0
      this.#seen.add(stat.inode)
    }
    let bytes = this.#options.has('b', 'apparent-size') ? (stat.type === 'directory' ? 4096 : stat.size) : blocksOf(stat) * 1024
    const isFolder = stat.type === 'directory'
    if (isFolder && level < 300) bytes += await this.#inside(path, level)
    if ((isFolder || this.#options.has('a') || level === 0) && level <= this.#depth) await this.#print(bytes, path, stat.mtime)
    return bytes
  }

  async #inside(path: HostText, level: number): Promise<number> {
    let names: HostText[]
    try {
      names = this.#process.files.list(path)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      await this.#fail(`cannot read directory '${path}': ${error.message}`)
      return 0
    }
    let sum = 0
    const excluded = this.#options.values('exclude')
    for (const name of names)
      if (!excluded.some((pattern) => globMatch(pattern, name))) sum += await this.#visit(joinPath(path, name), level + 1)
    return sum
  }

  async #fail(message: string): Promise<void> {
    this.#status = 1
    await complain(this.#process, message)
  }

  async #print(bytes: number, name: HostText, mtime: number): Promise<void> {
    const unit = this.#options.has('b')
      ? 1
      : this.#options.has('m')
        ? 1048576
        : this.#options.has('B')
          ? (parseSize((this.#options.value('B') as string).replace(/^([KMG])$/, '1$1')) ?? 1024)
          : 1024
    const size =
      this.#options.last('h', 'b', 'k', 'm', 'si') === 'h'
        ? humanSize(bytes)
        : this.#options.last('h', 'si') === 'si'
          ? humanSize(bytes, 1000)
          : String(Math.ceil(bytes / unit))
    const limit = this.#options.value('t')
    if (limit !== undefined && (limit.startsWith('-') ? bytes > (parseSize(limit.slice(1)) ?? 0) : bytes < (parseSize(limit) ?? 0))) return
    const time = this.#options.has('time') ? `${strftime('%Y-%m-%d %H:%M', localTime(mtime, zoneOf(this.#process)))}\t` : ''
    await this.#process.stdout.write(`${size}\t${time}${name}${this.#options.has('0') ? '\0' : '\n'}`)
  }
}
