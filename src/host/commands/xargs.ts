import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { toBytes, toText } from '../text.ts'
import { complain, Failure, gnuCommand, Usage } from './gnu/command.ts'
import { confirms } from './gnu/confirm.ts'
import type { Options } from './gnu/options.ts'

/** Bytes of one command line, as GNU xargs takes them by default. */
const COMMAND_LINE = 128 * 1024

/** As much input is looked at. */
const MOST_BYTES = 1024 * 1024

export default gnuCommand({
  name: 'xargs',
  package: 'findutils',
  usage: '[OPTION]... COMMAND [INITIAL-ARGS]...',
  about: 'Run COMMAND with arguments INITIAL-ARGS and more arguments read from input.',
  authors: 'Mike Rendell, David MacKenzie, and James Youngman',
  short: '+0a:d:E:e::I:i::L:l::n:P:prs:tx',
  long: {
    null: '0',
    'arg-file': 'a',
    delimiter: 'd',
    eof: 'e',
    replace: 'i',
    'max-lines': 'l',
    'max-args': 'n',
    'max-procs': 'P',
    interactive: 'p',
    'no-run-if-empty': 'r',
    'max-chars': 's',
    verbose: 't',
    exit: 'x',
    'show-limits': 'show-limits',
  },
  async run(process, options) {
    const command = options.operands.length ? options.operands : ['echo']
    const source = options.value('a')
    const bytes = await (source === undefined ? process.stdin : process.openInput(source)).all(MOST_BYTES)
    const text = toText(bytes)
    const replace = options.has('I', 'i') ? (options.value('I') ?? options.value('i') ?? '{}') : undefined
    let groups: HostText[][]
    let failure: Failure | undefined
    try {
      groups = groupsOf(options, text, replace, command)
    } catch (error) {
      if (!(error instanceof Unmatched) || !options.has('n')) throw error
      // It reads on only when a command is full, so that those before the quote run.
      groups = chunks(error.before, Number(options.value('n'))).filter((group) => group.length === Number(options.value('n')))
      failure = error
    }
    if (groups.length === 0 && !options.has('r') && replace === undefined && !failure) groups.push([])
    const status = await runAll(
      process,
      options,
      groups.map((group) =>
        replace === undefined ? [...command, ...group] : command.map((word) => word.replaceAll(replace, () => group[0] as string)),
      ),
    )
    if (failure) throw failure
    return status
  },
})

function groupsOf(options: Options, text: string, replace: string | undefined, command: readonly HostText[]): HostText[][] {
  const number = (key: string): number | undefined => {
    const value = options.value(key)
    if (value === undefined) return undefined
    if (!/^\d{1,9}$/.test(value)) throw new Usage(`invalid number "${value}" for -${key} option`)
    if (Number(value) < 1) throw new Usage(`value ${value} for -${key} option should be >= 1`)
    return Number(value)
  }
  if (replace !== undefined) return lines(options, text).map((line) => [line])
  const perLine = number('L') ?? (options.has('l') ? (number('l') ?? 1) : undefined)
  if (perLine !== undefined)
    return chunks(
      text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => words(line)),
      perLine,
    ).map((group) => group.flat())
  const most = number('n')
  const items = options.has('0') || options.has('d') ? separated(options, text) : words(text)
  const ending = options.value('E')
  const until = ending === undefined ? -1 : items.indexOf(ending)
  const used = until < 0 ? items : items.slice(0, until)
  if (most !== undefined) return chunks(used, most)
  const limit = number('s') ?? COMMAND_LINE
  const groups: HostText[][] = []
  let size = limit
  for (const item of used) {
    const length = toBytes(item).length + 1
    if (size + length > limit) {
      groups.push([])
      size = command.join(' ').length + 1
    }
    ;(groups.at(-1) as HostText[]).push(item)
    size += length
  }
  return groups
}

function lines(options: Options, text: string): string[] {
  if (options.has('0') || options.has('d')) return separated(options, text)
  return text
    .split('\n')
    .map((line) => line.replace(/^[ \t]+/, ''))
    .filter((line) => line !== '')
    .map((line) => line.replace(/^(["'])(.*)\1$/, '$2'))
}

function separated(options: Options, text: string): string[] {
  const given = options.value('d') ?? '\0'
  const separator = options.has('0') ? '\0' : ({ '\\n': '\n', '\\t': '\t', '\\0': '\0' }[given] ?? given)
  const items = text.split(separator)
  if (items.at(-1) === '') items.pop()
  return items
}

/** Thrown for a quote that nothing closes, with the words before it. */
class Unmatched extends Failure {
  readonly before: HostText[]

  constructor(quote: string, before: HostText[]) {
    super(`unmatched ${quote === '"' ? 'double' : 'single'} quote; by default quotes are special to xargs unless you use the -0 option`)
    this.before = before
  }
}

/** Words with the quoting of xargs: quotes and backslashes, no newline inside quotes. @throws Unmatched */
function words(text: string): string[] {
  const list: string[] = []
  let word: string | undefined
  for (let at = 0; at < text.length; at++) {
    const c = text[at] as string
    if (c === "'" || c === '"') {
      const end = text.indexOf(c, at + 1)
      if (end < 0 || text.slice(at, end).includes('\n')) {
        throw new Unmatched(c, list)
      }
      word = (word ?? '') + text.slice(at + 1, end)
      at = end
    } else if (c === '\\') word = (word ?? '') + (text[++at] ?? '')
    else if (/\s/.test(c)) {
      if (word !== undefined) list.push(word)
      word = undefined
    } else word = (word ?? '') + c
  }
  if (word !== undefined) list.push(word)
  return list
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  const groups: T[][] = []
  for (let at = 0; at < items.length; at += size) groups.push(items.slice(at, at + size))
  return groups
}

async function runAll(process: Process, options: Options, lines: readonly HostText[][]): Promise<number> {
  const parallel = Math.min(16, Math.max(1, Number(options.value('P') ?? 1) || 16))
  let status = 0
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < lines.length && status !== 124 && status !== 127) {
      const argv = lines[next++] as HostText[]
      if (options.has('p') && !(await confirms(process, `${argv.join(' ')} ?...`))) continue
      if (options.has('t') && !options.has('p')) await process.stderr.write(`${argv.join(' ')}\n`)
      const code = await runOne(process, argv)
      if (code === 255) {
        await complain(process, `${argv[0]}: exited with status 255; aborting`)
        status = 124
      } else if (code === 126 || code === 127) status = code
      else if (code !== 0 && status === 0) status = 123
    }
  }
  await Promise.all(Array.from({ length: parallel }, worker))
  return status
}

async function runOne(process: Process, argv: readonly HostText[]): Promise<number> {
  try {
    return await process.run(argv, { stdin: new Uint8Array() })
  } catch (error) {
    if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
    await complain(process, `${argv[0]}: ${error.message}`)
    return error.code === 'ENOENT' ? 127 : 126
  }
}
