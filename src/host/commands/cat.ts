import type { Process, ProcessInput } from '../command.ts'
import { type ByteString, latin1, Writer } from './gnu/bytes.ts'
import { gnuCommand } from './gnu/command.ts'
import { eachInput } from './gnu/inputs.ts'
import type { Options } from './gnu/options.ts'

interface Style {
  numbers: 'none' | 'all' | 'nonblank'
  squeeze: boolean
  ends: boolean
  tabs: boolean
  visible: boolean
}

export default gnuCommand({
  name: 'cat',
  usage: '[OPTION]... [FILE]...',
  about: 'Concatenate FILE(s) to standard output.',
  authors: 'Torbjorn Granlund and Richard M. Stallman',
  short: 'AbeEnstTuv',
  long: {
    'show-all': 'A',
    'number-nonblank': 'b',
    'show-ends': 'E',
    number: 'n',
    'squeeze-blank': 's',
    'show-tabs': 'T',
    'show-nonprinting': 'v',
  },
  async run(process, options) {
    const style = styleOf(options)
    const plain = style.numbers === 'none' && !style.squeeze && !style.ends && !style.tabs && !style.visible
    const painter = new Painter(style)
    const fine = await eachInput(process, options.operands, (input) => (plain ? copy(process, input) : paint(process, input, painter)))
    return fine ? 0 : 1
  },
})

function styleOf(options: Options): Style {
  return {
    numbers: options.has('b') ? 'nonblank' : options.has('n') ? 'all' : 'none',
    squeeze: options.has('s'),
    ends: options.has('A', 'e', 'E'),
    tabs: options.has('A', 't', 'T'),
    visible: options.has('A', 'e', 't', 'v'),
  }
}

async function copy(process: Process, input: ProcessInput): Promise<void> {
  for (let chunk = await input.read(); chunk !== undefined; chunk = await input.read()) await process.stdout.write(chunk)
}

async function paint(process: Process, input: ProcessInput, painter: Painter): Promise<void> {
  const out = new Writer(process.stdout)
  for (let chunk = await input.read(); chunk !== undefined; chunk = await input.read()) {
    await process.spend(chunk.length >> 4)
    await out.write(painter.paint(latin1(chunk)))
    await out.flush()
  }
}

/** Line state goes on from one file to the next, as in GNU cat: a file without a last newline is continued by the next. */
class Painter {
  readonly #style: Style
  #line = 0
  #atStart = true
  #blanks = 0

  constructor(style: Style) {
    this.#style = style
  }

  paint(text: ByteString): ByteString {
    let out = ''
    for (const piece of text.split(/(?<=\n)/)) {
      const ended = piece.endsWith('\n')
      const body = ended ? piece.slice(0, -1) : piece
      if (this.#atStart && body === '' && ended) {
        this.#blanks++
        if (this.#style.squeeze && this.#blanks > 1) continue
      } else this.#blanks = 0
      if (this.#atStart && (this.#style.numbers === 'all' || (this.#style.numbers === 'nonblank' && body !== ''))) {
        out += `${String(++this.#line).padStart(6)}\t`
      }
      out += this.#show(body) + (ended ? (this.#style.ends ? '$\n' : '\n') : '')
      this.#atStart = ended
    }
    return out
  }

  #show(body: ByteString): ByteString {
    const shown = this.#style.visible ? body.replace(/[^\t\x20-\x7e]/g, (c) => caret(c.charCodeAt(0))) : body
    return this.#style.tabs ? shown.replaceAll('\t', '^I') : shown
  }
}

function caret(byte: number): string {
  if (byte >= 128) return `M-${byte - 128 >= 32 && byte - 128 < 127 ? String.fromCharCode(byte - 128) : caret(byte - 128)}`
  return byte === 127 ? '^?' : `^${String.fromCharCode(byte + 64)}`
}
