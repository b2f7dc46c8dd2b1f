import type { HostText, Process } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { toBytes, toText } from '../../text.ts'
import type { Regex } from '../regex/regex.ts'
import type { TextBuffer } from './text-buffer.ts'

/** The editor as its `:` commands use it. */
export interface ExEditor {
  readonly process: Process
  file: HostText | undefined
  buffer: TextBuffer
  message: string
  leaving: boolean
  status: number
  pattern: string | undefined
  register: { text: string[]; linewise: boolean }
  readonly settings: { number: boolean; readonly: boolean; ignorecase: boolean; hlsearch: boolean; list: boolean }
  load(file: HostText | undefined): TextBuffer
  shownName(file: HostText): string
  error(text: string): void
  change(): void
  compile(pattern: string): Regex | undefined
  press(key: string): Promise<void>
  outside(run: () => Promise<unknown>): Promise<void>
}

/** Lines of a range, counted from 0. */
interface Range {
  from: number
  to: number
  given: boolean
}

/** Runs a command of the `:` line. */
export async function runEx(vi: ExEditor, typed: string): Promise<void> {
  const text = typed.trim().replace(/^:+/, '')
  if (text === '') return
  const parsed = rangeOf(vi, text)
  if (!parsed) return
  const { range, rest } = parsed
  if (rest === '') return void goTo(vi, range)
  const [, word = '', bang = '', argument = ''] = /^([a-zA-Z]+|[!&<>=#~@*])(!?)\s*([\s\S]*)$/.exec(rest) ?? []
  if (word === '!') return shell(vi, range, bang + argument)
  if (/^s[^a-zA-Z]/.test(rest)) return substitute(vi, range, rest.slice(1))
  if (/^[gv][^a-zA-Z]/.test(rest)) return everywhere(vi, range, rest)
  const command = COMMANDS.find(({ name, least }) => name.startsWith(word) && word.length >= least)
  if (!command) return vi.error(`E492: Not an editor command: ${typed.trim()}`)
  await command.run(vi, { range, bang: bang === '!', argument })
}

interface Given {
  range: Range
  bang: boolean
  argument: string
}

const COMMANDS: readonly { name: string; least: number; run: (vi: ExEditor, given: Given) => void | Promise<void> }[] = [
  { name: 'write', least: 1, run: (vi, { argument, bang, range }) => void write(vi, argument, bang, range) },
  { name: 'wq', least: 2, run: (vi, { argument, bang, range }) => leaveIf(vi, write(vi, argument, bang, range)) },
  { name: 'wqall', least: 3, run: (vi, { bang, range }) => leaveIf(vi, write(vi, '', bang, range)) },
  { name: 'wall', least: 2, run: (vi, { bang, range }) => void write(vi, '', bang, range) },
  { name: 'xit', least: 1, run: (vi, given) => leaveIf(vi, !vi.buffer.changed || write(vi, given.argument, given.bang, given.range)) },
  { name: 'xall', least: 2, run: (vi, given) => leaveIf(vi, !vi.buffer.changed || write(vi, '', given.bang, given.range)) },
  { name: 'exit', least: 3, run: (vi, given) => leaveIf(vi, !vi.buffer.changed || write(vi, '', given.bang, given.range)) },
  { name: 'quit', least: 1, run: (vi, { bang }) => quit(vi, bang) },
  { name: 'qall', least: 2, run: (vi, { bang }) => quit(vi, bang) },
  {
    name: 'cquit',
    least: 2,
    run: (vi) => {
      vi.status = 1
      vi.leaving = true
    },
  },
  { name: 'edit', least: 1, run: edit },
  { name: 'read', least: 1, run: read },
  { name: 'delete', least: 1, run: (vi, { range }) => remove(vi, range) },
  {
    name: 'yank',
    least: 1,
    run: (vi, { range }) => {
      vi.register = { text: vi.buffer.lines.slice(range.from, range.to + 1), linewise: true }
    },
  },
  { name: 'set', least: 2, run: (vi, { argument }) => set(vi, argument) },
  { name: 'file', least: 1, run: (vi) => vi.press('\x07') },
  { name: 'undo', least: 1, run: (vi) => vi.press('u') },
  { name: 'redo', least: 3, run: (vi) => vi.press('\x12') },
  { name: 'shell', least: 2, run: (vi) => vi.outside(() => vi.process.run([vi.process.env.get('SHELL') ?? 'bash'])) },
  {
    name: 'registers',
    least: 3,
    run: (vi) => {
      vi.message = ''
    },
  },
  ...['nohlsearch', 'syntax', 'colorscheme', 'filetype', 'map', 'let', 'noremap', 'autocmd'].map((name) => ({
    name,
    least: name === 'syntax' ? 2 : 3,
    run: () => undefined,
  })),
  { name: 'help', least: 1, run: (vi, { argument }) => vi.error(argument ? `E149: Sorry, no help for ${argument}` : 'E433: No tags file') },
  {
    name: 'version',
    least: 3,
    run: (vi) => {
      vi.message = 'VIM - Vi IMproved 9.0 (2022 Jun 28)'
    },
  },
]

/** `%`, `3,7`, `.,$`, `/pattern/`; undefined when there is no such line, which is told. */
function rangeOf(vi: ExEditor, text: string): { range: Range; rest: string } | undefined {
  const { buffer } = vi
  const last = buffer.lines.length - 1
  if (text.startsWith('%')) return { range: { from: 0, to: last, given: true }, rest: text.slice(1).trim() }
  const lines: number[] = []
  let rest = text
  for (;;) {
    const [all = '', base, offset = ''] = /^\s*(\d+|[.$]|(?=[+-]))?((?:[+-]\d*)*)/.exec(rest) ?? []
    if (base === undefined && offset === '') break
    const start = base === undefined || base === '' || base === '.' ? buffer.row : base === '$' ? last : Number(base) - 1
    const moved = [...offset.matchAll(/([+-])(\d*)/g)].reduce((sum, [, sign, n]) => sum + (sign === '+' ? 1 : -1) * Number(n || 1), 0)
    lines.push(start + moved)
    rest = rest.slice(all.length)
    if (!/^\s*[,;]/.test(rest)) break
    rest = rest.replace(/^\s*[,;]/, '')
  }
  rest = rest.trim()
  const [from = buffer.row, to = from] = lines.slice(-2)
  if (rest !== '' && (Math.max(from, to) > last || Math.min(from, to) < -1)) {
    vi.error('E16: Invalid range')
    return undefined
  }
  return { range: { from: Math.max(0, Math.min(from, to)), to: Math.max(0, from, to), given: lines.length > 0 }, rest }
}

function goTo(vi: ExEditor, { to }: Range): void {
  const { buffer } = vi
  buffer.row = Math.min(buffer.lines.length - 1, to)
  buffer.column = Math.max(0, buffer.line.search(/\S/))
}

function leaveIf(vi: ExEditor, fine: boolean): void {
  if (fine) vi.leaving = true
}

function quit(vi: ExEditor, force: boolean): void {
  if (vi.buffer.changed && !force) vi.error('E37: No write since last change (add ! to override)')
  else vi.leaving = true
}

function write(vi: ExEditor, argument: string, force: boolean, range: Range): boolean {
  if (argument.startsWith('!')) {
    void shell(vi, { ...range, given: true, ...(range.given ? {} : { from: 0, to: vi.buffer.lines.length - 1 }) }, argument.slice(1), true)
    return false
  }
  const file = argument || vi.file
  const { buffer, process } = vi
  if (file === undefined) {
    vi.error('E32: No file name')
    return false
  }
  const own = file === vi.file
  const existed = exists(vi, file)
  if (existed === 'directory') {
    vi.error(`"${vi.shownName(file)}" is a directory`)
    return false
  }
  if (!own && existed !== undefined && !force && !argument.startsWith('>>')) {
    vi.error('E13: File exists (add ! to override)')
    return false
  }
  if (own && vi.settings.readonly && !force) {
    vi.error("E45: 'readonly' option is set (add ! to override)")
    return false
  }
  const lines = range.given ? buffer.lines.slice(range.from, range.to + 1) : buffer.lines
  const bytes = toBytes(range.given ? `${lines.join('\n')}\n` : buffer.text)
  try {
    process.files.write(file, bytes)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    vi.error(`"${vi.shownName(file)}" E212: Can't open file for writing`)
    return false
  }
  if (own || vi.file === undefined) {
    buffer.changed = false
    vi.file = file
  }
  vi.message = `"${vi.shownName(file)}" ${existed === undefined ? '[New] ' : ''}${range.given ? lines.length : buffer.count}L, ${bytes.length}B written`
  return true
}

function exists(vi: ExEditor, file: string): string | undefined {
  try {
    return vi.process.files.stat(file).type
  } catch (error) {
    if (error instanceof HostError) return undefined
    throw error
  }
}

function edit(vi: ExEditor, { argument, bang }: Given): void {
  if (vi.buffer.changed && !bang) {
    vi.error('E37: No write since last change (add ! to override)')
    return
  }
  const file = argument || vi.file
  if (file === undefined) {
    vi.error('E32: No file name')
    return
  }
  vi.file = file
  vi.buffer = vi.load(file)
}

async function read(vi: ExEditor, { argument, range }: Given): Promise<void> {
  const { buffer, process } = vi
  let text = ''
  if (argument.startsWith('!')) {
    const parts: Uint8Array[] = []
    const collect = {
      isTerminal: false,
      write: async (data: Uint8Array | string) => void parts.push(typeof data === 'string' ? toBytes(data) : data),
    }
    await process.run(['sh', '-c', argument.slice(1)], { stdin: new Uint8Array(), stdout: collect, stderr: collect })
    text = toText(Buffer.concat(parts))
  } else {
    const file = argument || vi.file
    if (file === undefined) return vi.error('E32: No file name')
    try {
      text = toText(process.files.read(file))
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      return vi.error(`E484: Can't open file ${file}`)
    }
    vi.message = `"${vi.shownName(file)}" ${text.split('\n').length - 1}L, ${toBytes(text).length}B`
  }
  if (text === '') return
  vi.change()
  buffer.insertLines(range.to + 1, text.replace(/\n$/, '').split('\n'))
  buffer.row = range.to + 1
  buffer.column = 0
}

function remove(vi: ExEditor, { from, to }: Range): void {
  vi.change()
  const lines = vi.buffer.removeLines(from, to - from + 1)
  vi.register = { text: lines, linewise: true }
  vi.message = vi.buffer.count === 0 ? '--No lines in buffer--' : lines.length > 2 ? `${lines.length} fewer lines` : ''
}

const OPTIONS: Record<string, keyof ExEditor['settings']> = {
  number: 'number',
  nu: 'number',
  readonly: 'readonly',
  ro: 'readonly',
  ignorecase: 'ignorecase',
  ic: 'ignorecase',
  hlsearch: 'hlsearch',
  hls: 'hlsearch',
  list: 'list',
}
/** Options of Vim that change nothing here. */
const HARMLESS =
  /^(no)?(paste|autoindent|ai|smartindent|si|expandtab|et|wrap|ruler|ru|showcmd|sc|incsearch|is|mouse|compatible|cp|backup|bk|swapfile|swf|cursorline|cul|relativenumber|rnu|hidden|spell|modifiable|ma|tabstop|ts|shiftwidth|sw|softtabstop|sts|encoding|enc|fileencoding|fenc|fileformat|ff|filetype|ft|background|bg|laststatus|ls|scrolloff|so|textwidth|tw|viminfo|vi|term|t_Co|clipboard|cb|history|hi)$/

function set(vi: ExEditor, argument: string): void {
  for (const word of argument.split(/\s+/).filter(Boolean)) {
    const [, name = ''] = /^(\w+)/.exec(word) ?? []
    const [, off = '', plain = ''] = /^(no|inv)?(\w+)$/.exec(name) ?? []
    const whole = OPTIONS[name]
    const option = whole ?? OPTIONS[plain]
    if (option)
      vi.settings[option] = whole !== undefined ? !word.endsWith('!') || !vi.settings[option] : off === 'inv' ? !vi.settings[option] : false
    else if (!HARMLESS.test(name)) {
      vi.error(`E518: Unknown option: ${word}`)
      return
    }
  }
}

/** `:s/OLD/NEW/flags`. */
function substitute(vi: ExEditor, range: Range, text: string): void {
  const parts = splitBy(text.slice(1), text.charAt(0))
  const [old = '', replacement = '', flags = ''] = parts
  const pattern = old === '' ? vi.pattern : old
  if (pattern === undefined) {
    vi.error('E35: No previous regular expression')
    return
  }
  vi.pattern = pattern
  const regex = vi.compile(flags.includes('i') ? `${pattern}\\c` : pattern)
  if (!regex) return
  const { buffer } = vi
  let count = 0
  let changed = 0
  let last = buffer.row
  const after: string[] = []
  const before = buffer.lines.slice(range.from, range.to + 1)
  for (const [i, line] of before.entries()) {
    let out = ''
    let from = 0
    let hits = 0
    for (
      let match = regex.exec(line);
      match && hits < 10_000;
      match = flags.includes('g') && from <= line.length ? regex.exec(line, from) : undefined
    ) {
      const [start, end] = match as unknown as [number, number]
      if (end === start && start === from && hits > 0 && start >= line.length) break
      out += line.slice(from, start) + expand(replacement, line, match as unknown as number[])
      if (end === start) out += line.charAt(start)
      from = end === start ? end + 1 : end
      hits++
    }
    after.push(out + line.slice(from))
    count += hits
    if (hits === 0) continue
    changed++
    last = range.from + i
  }
  if (count === 0) {
    if (!flags.includes('e')) vi.error(`E486: Pattern not found: ${pattern}`)
    return
  }
  vi.change()
  buffer.changed = true
  const lines = after.flatMap((line) => line.split('\r'))
  buffer.lines.splice(range.from, before.length, ...lines)
  buffer.row = Math.min(last + lines.length - before.length, buffer.lines.length - 1)
  buffer.column = 0
  if (count > 2) vi.message = `${count} substitutions on ${changed} line${changed === 1 ? '' : 's'}`
}

/** `&`, `\1`, `\r`, `\t` of a replacement. */
function expand(replacement: string, line: string, match: readonly number[]): string {
  return replacement.replace(/\\(.)|&/g, (all, char: string | undefined) => {
    if (all === '&' || char === '0') return line.slice(match[0], match[1])
    if (char !== undefined && /[1-9]/.test(char)) {
      const [start, end] = [match[Number(char) * 2], match[Number(char) * 2 + 1]]
      return start === undefined || start < 0 ? '' : line.slice(start, end)
    }
    return char === 'r' ? '\r' : char === 't' ? '\t' : char === 'n' ? '\0' : (char ?? '')
  })
}

function splitBy(text: string, delimiter: string): string[] {
  const parts = ['']
  for (let at = 0; at < text.length; at++) {
    const last = parts.length - 1
    if (text[at] === '\\' && at + 1 < text.length) {
      parts[last] += text[at + 1] === delimiter ? delimiter : text.slice(at, at + 2)
      at++
    } else if (text[at] === delimiter && parts.length < 3) parts.push('')
    else parts[last] += text.charAt(at)
  }
  return parts
}

/** `:g/PATTERN/d` and its opposite `:v`. */
async function everywhere(vi: ExEditor, range: Range, rest: string): Promise<void> {
  const [pattern = '', command = 'p'] = splitBy(rest.slice(2), rest.charAt(1))
  const regex = vi.compile(pattern)
  if (!regex) return
  const { buffer } = vi
  const inverse = rest.startsWith('v')
  const [from, to] = range.given ? [range.from, range.to] : [0, buffer.lines.length - 1]
  const hit = (line: string, row: number): boolean => row >= from && row <= to && (regex.exec(line) !== undefined) !== inverse
  const count = buffer.lines.filter(hit).length
  if (count === 0) return vi.error(`E486: Pattern not found: ${pattern}`)
  if (command.startsWith('s')) return substitute(vi, { from, to, given: true }, command.slice(1))
  if (!command.startsWith('d')) return
  vi.change()
  buffer.lines = buffer.lines.filter((line, row) => !hit(line, row))
  if (buffer.lines.length === 0) buffer.lines.push('')
  buffer.changed = true
  buffer.move(0, 0)
  vi.message = count > 2 ? `${count} fewer lines` : ''
}

/** `:!CMD`, and with a range the lines through it; `:w !CMD` gives them to it. */
async function shell(vi: ExEditor, range: Range, command: string, writes = false): Promise<void> {
  const { buffer, process } = vi
  const words = ['sh', '-c', command]
  const lines = Buffer.from(toBytes(`${buffer.lines.slice(range.from, range.to + 1).join('\n')}\n`))
  if (!range.given || writes) {
    await vi.outside(async () => {
      await process.stdout.write(`:!${command}\n`)
      await process.run(words, writes ? { stdin: lines } : {})
    })
    return
  }
  const parts: Uint8Array[] = []
  const collect = {
    isTerminal: false,
    write: async (data: Uint8Array | string) => void parts.push(typeof data === 'string' ? toBytes(data) : data),
  }
  await process.run(words, { stdin: lines, stdout: collect, stderr: collect })
  const text = toText(Buffer.concat(parts)).replace(/\n$/, '')
  vi.change()
  buffer.removeLines(range.from, range.to - range.from + 1)
  buffer.insertLines(range.from, text.split('\n'))
  vi.message = `${range.to - range.from + 1} lines filtered`
}
