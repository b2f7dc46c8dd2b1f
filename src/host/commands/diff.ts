import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { coloured, contextDiff, edScript, normalDiff, rcsScript, type TextFile, unifiedDiff } from './diff/format.ts'
import { differences } from './diff/lines.ts'
import { sideBySide } from './diff/side-by-side.ts'
import { latin1, rawBytes } from './gnu/bytes.ts'
import { baseName, complain, gnuCommand, joinPath } from './gnu/command.ts'
import type { Options } from './gnu/options.ts'
import { localTime, strftime, zoneOf } from './gnu/strftime.ts'
import { statIfThere } from './gnu/tree.ts'

/** As much of a file is compared. */
const MOST_BYTES = 2 * 1024 * 1024

export default gnuCommand({
  name: 'diff',
  package: 'diffutils',
  usage: '[OPTION]... FILES',
  about: 'Compare FILES line by line.',
  authors: 'Paul Eggert, Mike Haertel, David Hayes,\nRichard Stallman, and Len Tower',
  trouble: 2,
  short: 'abBcC:deEiI:lL:nNpqrsS:tTuU:wW:x:X:yZ0123456789',
  long: {
    'ignore-space-change': 'b',
    'ignore-blank-lines': 'B',
    context: 'C?',
    brief: 'q',
    'ignore-case': 'i',
    'new-file': 'N',
    recursive: 'r',
    'report-identical-files': 's',
    unified: 'unified?',
    'ignore-all-space': 'w',
    'side-by-side': 'y',
    exclude: 'x',
    color: 'color?',
    label: 'L',
    normal: 'normal',
    'strip-trailing-cr': 'strip-trailing-cr',
    width: 'W',
    'suppress-common-lines': 'suppress-common-lines',
    'left-column': 'left-column',
    ed: 'e',
    rcs: 'n',
    text: 'a',
    'ignore-trailing-space': 'Z',
    'ignore-tab-expansion': 'E',
    'ignore-matching-lines': 'I',
    'show-c-function': 'p',
    'expand-tabs': 't',
    'initial-tab': 'T',
    'starting-file': 'S',
    'exclude-from': 'X',
    'no-dereference': 'no-dereference',
    minimal: 'd',
    'speed-large-files': 'speed-large-files',
  },
  async run(process, options) {
    const [left, right, extra] = options.operands
    if (left === undefined || right === undefined || extra !== undefined) {
      await complain(process, extra !== undefined ? `extra operand '${extra}'` : `missing operand after '${left ?? process.argv[0]}'`)
      await complain(process, `Try '${process.argv[0]} --help' for more information.`)
      return 2
    }
    return new Comparison(process, options).pair(left, right, undefined)
  },
})

class Comparison {
  readonly #process: Process
  readonly #options: Options

  constructor(process: Process, options: Options) {
    this.#process = process
    this.#options = options
  }

  /** @param command the line that `-r` prints before a difference */
  async pair(left: HostText, right: HostText, command: string | undefined): Promise<number> {
    const [a, b] = [this.#typeOf(left), this.#typeOf(right)]
    if (a === 'directory' && b === 'directory') return this.#folders(left, right)
    if (a === 'directory' && command === undefined) return this.pair(joinPath(left, baseName(right)), right, undefined)
    if (b === 'directory' && command === undefined) return this.pair(left, joinPath(right, baseName(left)), undefined)
    const [first, second] = [await this.#read(left), await this.#read(right)]
    return first && second ? this.#contents(left, right, [first, second], command) : 2
  }

  #typeOf(name: HostText): string | undefined {
    return name === '-' ? 'file' : statIfThere(this.#process, name)?.type
  }

  /** Undefined when it cannot be read. */
  async #read(name: HostText): Promise<Buffer | undefined> {
    if (name === '-') return Buffer.from(await this.#process.stdin.all(MOST_BYTES))
    try {
      return Buffer.from(await this.#process.openInput(name).all(MOST_BYTES))
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      if (this.#options.has('N') && error.code === 'ENOENT') return Buffer.alloc(0)
      await complain(this.#process, `${name}: ${error.message}`)
      return undefined
    }
  }

  async #folders(left: HostText, right: HostText): Promise<number> {
    const excluded = this.#options.values('x')
    const [a, b] = [left, right].map((folder) => this.#process.files.list(folder).filter((name) => !excluded.includes(name))) as [
      string[],
      string[],
    ]
    let status = 0
    for (const name of [...new Set([...a, ...b])].sort()) {
      const [inA, inB] = [a.includes(name), b.includes(name)]
      if ((!inA || !inB) && !this.#options.has('N')) {
        await this.#process.stdout.write(`Only in ${inA ? left : right}: ${name}\n`)
        status = Math.max(status, 1)
        continue
      }
      const [x, y] = [joinPath(left, name), joinPath(right, name)]
      if (this.#typeOf(x) === 'directory' && this.#typeOf(y) === 'directory') {
        if (this.#options.has('r')) status = Math.max(status, await this.#folders(x, y))
        else await this.#process.stdout.write(`Common subdirectories: ${x} and ${y}\n`)
        continue
      }
      const flags = this.#process.argv.slice(1, -2).join(' ')
      status = Math.max(status, await this.pair(x, y, `diff ${flags ? `${flags} ` : ''}${x} ${y}`))
    }
    return status
  }

  async #contents(left: HostText, right: HostText, [a, b]: [Buffer, Buffer], command: string | undefined): Promise<number> {
    const { stdout } = this.#process
    const same = async (): Promise<number> => {
      if (this.#options.has('s')) await stdout.write(`Files ${left} and ${right} are identical\n`)
      return 0
    }
    if (a.equals(b)) return same()
    if (!this.#options.has('a') && (a.subarray(0, 8192).includes(0) || b.subarray(0, 8192).includes(0))) {
      await stdout.write(this.#options.has('q') ? `Files ${left} and ${right} differ\n` : `Binary files ${left} and ${right} differ\n`)
      return this.#options.has('q') ? 1 : 2
    }
    await this.#process.spend((a.length + b.length) >> 3)
    const [x, y] = [textFile(a), textFile(b)]
    const key = this.#key()
    let hunks = differences(x.lines, y.lines, (p, q) => p === q || key(p) === key(q))
    if (x.complete !== y.complete && hunks.length === 0)
      hunks = [{ a: x.lines.length - 1, aEnd: x.lines.length, b: y.lines.length - 1, bEnd: y.lines.length }]
    if (this.#options.has('B'))
      hunks = hunks.filter((hunk) =>
        [...x.lines.slice(hunk.a, hunk.aEnd), ...y.lines.slice(hunk.b, hunk.bEnd)].some((line) => line.trim() !== ''),
      )
    if (hunks.length === 0) return same()
    if (this.#options.has('q')) {
      await stdout.write(`Files ${left} and ${right} differ\n`)
      return 1
    }
    const style = this.#options.last('u', 'U', 'unified', 'c', 'C', 'y', 'e', 'n', 'normal')
    const digits = this.#options.given.filter(({ key }) => /^\d$/.test(key)).map(({ key }) => key)
    const lines = Number(
      this.#options.value('U') ?? this.#options.value('unified') ?? this.#options.value('C') ?? (digits.length ? digits.join('') : 3),
    )
    let text = command === undefined ? '' : `${command}\n`
    if (style === 'u' || style === 'U' || style === 'unified')
      text += `--- ${this.#head(left, 0)}\n+++ ${this.#head(right, 1)}\n${unifiedDiff(x, y, hunks, lines)}`
    else if (style === 'c' || style === 'C')
      text += `*** ${this.#head(left, 0)}\n--- ${this.#head(right, 1)}\n${contextDiff(x, y, hunks, lines)}`
    else if (style === 'y')
      text += sideBySide(x, y, hunks, {
        width: Number(this.#options.value('W') ?? 130),
        onlyChanges: this.#options.has('suppress-common-lines'),
        leftColumn: this.#options.has('left-column'),
      })
    else if (style === 'e') text += edScript(y, hunks)
    else if (style === 'n') text += rcsScript(y, hunks)
    else text += normalDiff(x, y, hunks)
    const colour = this.#options.has('color') ? (this.#options.value('color') ?? 'auto') : 'never'
    await stdout.write(rawBytes(colour === 'always' || (colour === 'auto' && stdout.isTerminal) ? coloured(text) : text))
    return 1
  }

  #key(): (line: string) => string {
    const has = (...keys: string[]): boolean => this.#options.has(...keys)
    return (line) => {
      let text = has('strip-trailing-cr') ? line.replace(/\r$/, '') : line
      if (has('w')) text = text.replace(/\s+/g, '')
      else if (has('b')) text = text.replace(/[ \t]+/g, ' ').replace(/ $/, '')
      else if (has('Z')) text = text.replace(/[ \t]+$/, '')
      return has('i') ? text.toLowerCase() : text
    }
  }

  #head(name: HostText, index: number): string {
    const label = this.#options.values('L')[index]
    if (label !== undefined) return label
    const time = name === '-' ? this.#process.world.now() : (statIfThere(this.#process, name)?.mtime ?? 0)
    return `${name}\t${strftime('%Y-%m-%d %H:%M:%S.%N %z', localTime(time, zoneOf(this.#process)))}`
  }
}

function textFile(bytes: Buffer): TextFile {
  const lines = latin1(bytes).split('\n')
  const complete = lines.at(-1) === ''
  if (complete) lines.pop()
  return { lines, complete }
}
