import type { CommandFile, HostText, Process } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { baseName, gnuCommand } from '../gnu/command.ts'
import type { Options } from '../gnu/options.ts'
import { replaceFile, statIfThere } from '../gnu/tree.ts'
import { CorruptData, carryOut, type Work } from './work.ts'

/** What a program that packs single files in place says and does. */
export interface Format {
  name: string
  package: string
  paths: readonly string[]
  /** Other names and how they behave: `unxz` unpacks, `xzcat` unpacks to the output. */
  unpackers: readonly string[]
  toOutput: readonly string[]
  suffix: string
  /** Suffixes of archives and what they become. */
  archives: Readonly<Record<string, string>>
  usage: string
  about: string
  version: string
  isPacked(bytes: Uint8Array): boolean
  pack(bytes: Uint8Array, level: number): Work<Buffer>
  unpack(bytes: Uint8Array): Work<Buffer>
  /** Lines for `-v`, with the size before and after. */
  report(name: string, packed: number, plain: number): string
  messages: {
    missing(name: string, reason: string): string
    exists(name: string): string
    suffixed(name: string, suffix: string): string
    unsuffixed(name: string, isPacked: boolean): string
    directory(name: string): string
    corrupt(name: string, reason: string): string
    terminal: string
  }
  /** Exit status for a file that cannot be read. */
  troubleOfCorrupt: number
}

/** `bzip2` and `xz`, with their other names. */
export function packerCommand(format: Format): CommandFile {
  return gnuCommand({
    name: format.name,
    package: format.package,
    paths: format.paths,
    usage: format.usage,
    about: format.about,
    version: format.version,
    applet: false,
    short: 'zdktfcqvlshVL0123456789eT:',
    long: {
      compress: 'z',
      decompress: 'd',
      uncompress: 'd',
      keep: 'k',
      test: 't',
      force: 'f',
      stdout: 'c',
      'to-stdout': 'c',
      quiet: 'q',
      verbose: 'v',
      list: 'l',
      small: 's',
      fast: '1',
      best: '9',
      extreme: 'e',
      threads: 'T',
      version: 'version',
      help: 'help',
    },
    run: (process, options) => new Packer(process, options, format).run(),
  })
}

class Packer {
  readonly #process: Process
  readonly #options: Options
  readonly #format: Format
  readonly #unpacks: boolean
  readonly #toOutput: boolean
  readonly #name: string
  #status = 0

  constructor(process: Process, options: Options, format: Format) {
    this.#process = process
    this.#options = options
    this.#format = format
    this.#name = baseName(process.argv[0] ?? format.name)
    const mode = options.last('z', 'd', 't')
    this.#toOutput = format.toOutput.includes(this.#name) || options.has('c')
    this.#unpacks = mode === undefined ? [...format.unpackers, ...format.toOutput].includes(this.#name) : mode !== 'z'
  }

  async run(): Promise<number> {
    const { operands } = this.#options
    for (const operand of operands.length ? operands : ['-']) {
      try {
        await (operand === '-' ? this.#stream() : this.#file(operand))
      } catch (error) {
        if (error instanceof CorruptData)
          await this.#fail(
            this.#format.messages.corrupt(operand === '-' ? '(stdin)' : operand, error.message),
            this.#format.troubleOfCorrupt,
          )
        else if (error instanceof HostError && error.code !== 'EPIPE')
          await this.#fail(this.#format.messages.missing(operand, error.message))
        else throw error
      }
    }
    return this.#status
  }

  async #fail(message: string, status = 1): Promise<void> {
    this.#status = Math.max(this.#status, status)
    if (!this.#options.has('q')) await this.#process.stderr.write(`${this.#name}: ${message}\n`)
  }

  #convert(bytes: Uint8Array): Promise<Buffer> {
    const level = Number(this.#options.given.findLast(({ key }) => /^\d$/.test(key))?.key ?? 9) || 1
    return carryOut(this.#process, this.#unpacks ? this.#format.unpack(bytes) : this.#format.pack(bytes, level))
  }

  async #stream(): Promise<void> {
    const { stdin, stdout } = this.#process
    if ((this.#unpacks ? stdin.isTerminal : stdout.isTerminal) && !this.#options.has('f')) return this.#fail(this.#format.messages.terminal)
    const bytes = await stdin.all()
    // Nothing at all is neither format, and xz and bzip2 take it without a word.
    if (this.#unpacks && bytes.length === 0) return
    const result = await this.#convert(bytes)
    if (!this.#options.has('t')) await stdout.write(result)
  }

  async #file(path: HostText): Promise<void> {
    const { messages, suffix } = this.#format
    const stat = this.#process.files.stat(path)
    if (stat.type === 'directory') return this.#fail(messages.directory(path))
    const ending = [suffix, ...Object.keys(this.#format.archives)].find((one) => path.endsWith(one))
    const keeps = this.#toOutput || this.#options.has('t')
    if (!this.#unpacks && ending && !this.#options.has('f') && !keeps) return this.#fail(messages.suffixed(path, ending))
    const bytes = await this.#process.openInput(path).all()
    if (this.#unpacks && !ending && !keeps) return this.#fail(messages.unsuffixed(path, this.#format.isPacked(bytes)))
    if (this.#unpacks && this.#toOutput && this.#options.has('f') && !this.#format.isPacked(bytes)) return this.#process.stdout.write(bytes)
    const result = await this.#convert(bytes)
    if (this.#options.has('v')) {
      const [packed, plain] = this.#unpacks ? [bytes.length, result.length] : [result.length, bytes.length]
      await this.#process.stderr.write(this.#options.has('t') ? `  ${path}: ok\n` : this.#format.report(path, packed, plain))
    }
    if (this.#options.has('t')) return
    if (this.#toOutput) return this.#process.stdout.write(result)
    const target = this.#unpacks
      ? path.slice(0, -(ending as string).length) + (this.#format.archives[ending as string] ?? '')
      : path + suffix
    if (statIfThere(this.#process, target) && !this.#options.has('f')) return this.#fail(messages.exists(target))
    replaceFile(this.#process, { path, stat, keep: this.#options.has('k') }, target, result)
  }
}
