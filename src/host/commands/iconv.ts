import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { gnuCommand } from './gnu/command.ts'
import { OptionError, parseOptions } from './gnu/options.ts'
import { type Charset, charsetOf } from './iconv/charset.ts'

const MOST_BYTES = 8 * 1024 * 1024
/** Characters between two looks at the clock. */
const BATCH = 4096
const USAGE = `Usage: iconv [-lcs?V] [-f NAME] [-t NAME] [-o FILE] [--from-code=NAME]
            [--to-code=NAME] [--list] [--output=FILE] [--silent] [--verbose]
            [--help] [--usage] [--version] [FILE...]
`

export default gnuCommand({
  name: 'iconv',
  package: 'libc-bin',
  version: 'iconv (Debian GLIBC 2.36-9+deb12u10) 2.36',
  usage: '[OPTION...] [FILE...]',
  short: '',
  rawArguments: true,
  async run(process) {
    try {
      return await convertAll(process)
    } catch (error) {
      if (!(error instanceof OptionError)) throw error
      await process.stderr.write(`iconv: ${error.message}\nTry \`iconv --help' or \`iconv --usage' for more information.\n`)
      return 64
    }
  },
})

async function convertAll(process: Process): Promise<number> {
  const options = parseOptions(process.argv.slice(1), {
    short: 'f:t:lco:sV?',
    long: {
      'from-code': 'f',
      'to-code': 't',
      list: 'l',
      output: 'o',
      silent: 's',
      verbose: 'verbose',
      usage: 'usage',
      help: '?',
      version: 'V',
    },
  })
  if (options.has('usage', '?')) {
    await process.stdout.write(USAGE)
    return 0
  }
  const [to = '', ...manner] = (options.value('t') ?? 'ANSI_X3.4-1968').split('//')
  const source = charsetOf((options.value('f') ?? 'ANSI_X3.4-1968').split('//')[0] as string)
  const target = charsetOf(to)
  if (!source || !target) {
    await process.stderr.write('iconv: failed to start conversion processing\n')
    return 1
  }
  const ways = manner.join('//').toUpperCase()
  const conversion = new Conversion(source, target, {
    drops: options.has('c') || ways.includes('IGNORE'),
    spells: ways.includes('TRANSLIT'),
  })
  const output = options.value('o')
  const sink = output === undefined ? process.stdout : process.openOutput(output, 'truncate')
  let status = 0
  for (const file of options.operands.length ? options.operands : ['-']) {
    const bytes = await bytesOf(process, file)
    if (!bytes) {
      status = 1
      continue
    }
    for await (const part of conversion.of(process, bytes)) await sink.write(part)
    if (!conversion.fault) continue
    if (!options.has('s')) await process.stderr.write(`iconv: ${conversion.fault}\n`)
    return 1
  }
  return conversion.hasDropped ? 1 : status
}

async function bytesOf(process: Process, file: HostText): Promise<Buffer | undefined> {
  try {
    return Buffer.from(await (file === '-' ? process.stdin : process.openInput(file)).all(MOST_BYTES))
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    await process.stderr.write(`iconv: cannot open input file \`${file}': ${error.message}\n`)
    return undefined
  }
}

/** How characters are spelled that a set does not have, without a locale's own ways. */
const SPELLED: Readonly<Record<string, string>> = {
  '€': 'EUR',
  '“': '"',
  '”': '"',
  '„': ',,',
  '‘': "'",
  '’': "'",
  '–': '-',
  '—': '-',
  '…': '...',
  '«': '<<',
  '»': '>>',
  '©': '(C)',
  '®': '(R)',
  '™': '(TM)',
  '\u00a0': ' ',
  '•': 'o',
}

class Conversion {
  readonly #source: Charset
  readonly #target: Charset
  readonly #manner: { drops: boolean; spells: boolean }
  #hasBegun = false
  /** What stopped it. */
  fault: string | undefined
  hasDropped = false

  constructor(source: Charset, target: Charset, manner: { drops: boolean; spells: boolean }) {
    this.#source = source
    this.#target = target
    this.#manner = manner
  }

  async *of(process: Process, bytes: Buffer): AsyncGenerator<Buffer> {
    if (!this.#hasBegun && this.#target.mark) yield this.#target.mark
    this.#hasBegun = true
    let rest = bytes
    for (let base = 0; ; ) {
      const { text, badAt, isCut } = this.#source.decode(rest)
      yield* this.#encoded(process, text, base)
      if (this.fault || badAt === undefined) return
      if (isCut) {
        this.fault = 'incomplete character or shift sequence at end of buffer'
        return
      }
      if (!this.#manner.drops) {
        this.fault = `illegal input sequence at position ${base + badAt}`
        return
      }
      this.hasDropped = true
      base += badAt + 1
      rest = rest.subarray(badAt + 1)
      await process.spend(1 + (rest.length >> 6))
    }
  }

  async *#encoded(process: Process, text: string, base: number): AsyncGenerator<Buffer> {
    let parts: Buffer[] = []
    let at = base
    for (const character of text) {
      const written = this.#written(character)
      if (written) parts.push(written)
      else if (this.#manner.drops) this.hasDropped = true
      else {
        yield Buffer.concat(parts)
        this.fault = `illegal input sequence at position ${at}`
        return
      }
      at += this.#source.encode(character)?.length ?? 1
      if (parts.length < BATCH) continue
      yield Buffer.concat(parts)
      parts = []
      await process.spend(BATCH)
    }
    yield Buffer.concat(parts)
  }

  #written(character: string): Buffer | undefined {
    const bytes = this.#target.encode(character)
    if (bytes || !this.#manner.spells) return bytes
    return Buffer.from(Object.hasOwn(SPELLED, character) ? (SPELLED[character] as string) : '?', 'latin1')
  }
}
