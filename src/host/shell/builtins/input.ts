import type { HostText } from '../../command.ts'
import { HostError } from '../../contract.ts'
import type { ControllingTerminal } from '../../process/controlling-terminal.ts'
import type { Block } from '../../process/open-file.ts'
import { InputStream } from '../../process/streams.ts'
import { toText } from '../../text.ts'
import { MOST_FIELDS, STRING_BYTES } from '../expand/fields.ts'
import { lineEditor } from '../keyboard.ts'
import type { Builtin } from '../machinery.ts'
import { assigning, isName, parseTarget } from '../parameters.ts'
import { quoteForReuse } from '../quote.ts'
import type { Shell } from '../shell.ts'
import { invalidOption, takeFlags, usageLine } from './usage.ts'

/** bash gives this status when `read -t` runs out: 128 + SIGALRM. */
const TIMED_OUT = 142

interface Got {
  text: HostText
  /** Whether the delimiter (or the wanted number of characters) came. */
  complete: boolean
  timedOut?: boolean
}

export const read: Builtin = async (shell, args) => {
  const { given, rest, bad, missing } = takeFlags(args, 'a:d:ei:n:N:p:rst:u:')
  if (bad) return invalidOption(shell, 'read', bad)
  if (missing) {
    await shell.complain(`read: ${missing}: option requires an argument`)
    await usageLine(shell, 'read')
    return 2
  }
  for (const name of rest) {
    if (parseTarget(name)) continue
    await shell.complain(shell.dialect.name === 'bash' ? `read: \`${name}': not a valid identifier` : `read: ${name}: bad variable name`)
    return shell.dialect.name === 'bash' ? 1 : 2
  }
  if (rest.length === 0 && !given.has('a') && shell.dialect.name === 'dash') {
    await shell.complain('read: arg count')
    return 2
  }
  const fd = Number(given.get('u') ?? 0)
  const file = shell.process.descriptors.get(fd)
  if (!file) {
    await shell.complain(
      fd === 0 && !given.has('u')
        ? 'read: read error: 0: Bad file descriptor'
        : `read: ${fd}: invalid file descriptor: Bad file descriptor`,
    )
    return 1
  }
  const timeout = given.has('t') ? Number(given.get('t')) : undefined
  if (timeout !== undefined && !(timeout >= 0)) {
    await shell.complain(`read: ${given.get('t')}: invalid timeout specification`)
    return 1
  }
  if (timeout === 0) return file.ready ? 0 : 1
  if (given.has('p') && file.isTerminal && !given.has('e')) await shell.process.stderr.write(given.get('p') ?? '')
  const terminal = file.isTerminal ? shell.process.controllingTerminal : undefined
  const counted = given.has('n') || given.has('N')
  const keyByKey = counted || (given.get('d') ?? '\n') !== '\n'
  if (terminal && given.has('e')) {
    const line = await edited(shell, terminal, given)
    if (line === undefined) return 1
    await store(shell, line, given, rest)
    return 0
  }
  if (terminal && (given.has('s') || keyByKey)) terminal.setMode(keyByKey ? (given.has('s') ? 'quiet' : 'cbreak') : 'no-echo')
  let got: Got
  try {
    got = await take(shell, fd, given, timeout)
  } catch (error) {
    if (!(error instanceof HostError) || !['EISDIR', 'EBADF', 'EINTR', 'EIO'].includes(error.code) || shell.process.status) throw error
    if (error.code === 'EINTR') {
      // At a prompt Ctrl-C gives up the whole line.
      if (shell.interactive && shell.interrupted) throw error
      return 130
    }
    await shell.complain(`read: read error: ${fd}: ${error.message}`)
    return 1
  } finally {
    if (terminal && (given.has('s') || keyByKey)) terminal.setMode('cooked')
  }
  await store(shell, got.text, given, rest)
  if (got.timedOut) return TIMED_OUT
  return got.complete ? 0 : 1
}

async function take(shell: Shell, fd: number, given: ReadonlyMap<string, HostText>, timeout: number | undefined): Promise<Got> {
  const delimiter = given.has('d') ? ((given.get('d') as string).charCodeAt(0) || 0) & 0xff : 10
  const exact = given.has('N')
  const count = given.has('N') || given.has('n') ? Number(given.get('N') ?? given.get('n')) : undefined
  const limit = timeout === undefined ? undefined : performance.now() + timeout * 1000
  const bytes: number[] = []
  shell.interruptible = true
  try {
    for (;;) {
      if (count !== undefined && characters(bytes) >= count) return { text: toText(Buffer.from(bytes)), complete: true }
      const byte = await nextByte(shell, fd, limit)
      if (byte === 'late') return { text: toText(Buffer.from(bytes)), complete: false, timedOut: true }
      if (byte === undefined) return { text: toText(Buffer.from(bytes)), complete: false }
      if (byte === delimiter && !exact) {
        if (!given.has('r') && bytes.at(-1) === 0x5c && delimiter === 10 && oddBackslashes(bytes)) {
          bytes.pop()
          continue
        }
        return { text: toText(Buffer.from(bytes)), complete: true }
      }
      if (byte !== 0) bytes.push(byte)
      const wait = (bytes.length & 255) === 0 ? shell.process.spend(16) : undefined
      if (wait) await wait
    }
  } finally {
    shell.interruptible = false
  }
}

function oddBackslashes(bytes: readonly number[]): boolean {
  let count = 0
  for (let i = bytes.length - 1; i >= 0 && bytes[i] === 0x5c; i--) count++
  return count % 2 === 1
}

/** Characters begun, not bytes: UTF-8 continuations do not count. */
function characters(bytes: readonly number[]): number {
  return bytes.reduce((n, byte) => ((byte & 0xc0) === 0x80 ? n : n + 1), 0)
}

async function nextByte(shell: Shell, fd: number, limit: number | undefined): Promise<number | 'late' | undefined> {
  const file = shell.process.descriptors.need(fd)
  if (limit === undefined || file.ready) {
    const bytes = await file.read(1, shell.process.block)
    return bytes?.[0]
  }
  if (limit - performance.now() <= 0) return 'late'
  const wait = new LimitedWait(shell, limit)
  try {
    const bytes = await file.read(1, wait.block)
    return bytes?.[0]
  } catch (error) {
    if (error instanceof TimeIsUp) return 'late'
    throw error
  } finally {
    wait.end()
  }
}

class TimeIsUp extends Error {}

/** Waits like the process does, but not beyond a time: then the reader is told to look once more, and that nothing came. */
class LimitedWait {
  #isOver = false
  readonly #shell: Shell
  readonly #limit: number
  #timer: NodeJS.Timeout | undefined

  constructor(shell: Shell, limit: number) {
    this.#shell = shell
    this.#limit = limit
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  readonly block: Block = (start) => {
    if (this.#isOver) throw new TimeIsUp()
    return this.#shell.process.block((done) => {
      const cancel = start(done)
      this.#timer = setTimeout(() => {
        this.#isOver = true
        cancel()
        done(undefined as never)
      }, this.#limit - performance.now())
      return () => {
        clearTimeout(this.#timer)
        cancel()
      }
    })
  }
}

/** A line typed with readline's editor (`read -e`); undefined at end of file. */
async function edited(shell: Shell, terminal: ControllingTerminal, given: ReadonlyMap<string, HostText>): Promise<HostText | undefined> {
  const editor = lineEditor(shell, terminal)
  if (!editor) return undefined
  terminal.setMode('editor')
  try {
    const result = await editor.edit(given.get('p') ?? '', shell.history?.lines ?? [], given.get('i') ?? '')
    if (result.kind === 'interrupt') {
      shell.interrupted = true
      throw new HostError('EINTR', 'Interrupted system call')
    }
    return result.kind === 'line' ? result.text : undefined
  } finally {
    terminal.setMode('cooked')
  }
}

async function store(shell: Shell, text: HostText, given: ReadonlyMap<string, HostText>, names: readonly string[]): Promise<void> {
  const raw = given.has('r')
  const array = given.get('a')
  const { ifs } = shell.parameters
  await assigning(shell, () => {
    if (array !== undefined && isName(array)) {
      const fields = splitFields(text, ifs, raw, Number.POSITIVE_INFINITY)
      shell.parameters.setArray(
        array,
        fields.map((value) => ({ subscript: undefined, value })),
        false,
      )
      return
    }
    if (names.length === 0) {
      shell.parameters.set('REPLY', raw || given.has('N') ? text : text.replace(/\\([\s\S])/g, '$1'))
      return
    }
    if (given.has('N')) {
      for (const [i, name] of names.entries()) setTarget(shell, name, i === 0 ? text : '')
      return
    }
    const fields = splitFields(text, ifs, raw, names.length)
    for (const [i, name] of names.entries()) setTarget(shell, name, fields[i] ?? '')
  })
}

function setTarget(shell: Shell, name: string, value: HostText): void {
  const target = parseTarget(name)
  if (!target) return
  if (target.subscript === undefined) shell.parameters.set(target.name, value)
  else shell.parameters.setElement(target.name, target.subscript, value)
}

/** Splits a line as `read` does: the last name gets what is left, without the white space around it. */
export function splitFields(text: HostText, ifs: string, raw: boolean, most: number): HostText[] {
  const chars = withoutBackslashes(text, raw)
  const isSpace = (i: number) => !chars[i]?.escaped && ' \t\n'.includes(chars[i]?.char ?? 'x') && ifs.includes(chars[i]?.char as string)
  const isDelimiter = (i: number) => !chars[i]?.escaped && ifs.includes(chars[i]?.char ?? '\0')
  const fields: HostText[] = []
  let at = 0
  while (at < chars.length && isSpace(at)) at++
  while (at < chars.length) {
    if (fields.length === most - 1) {
      fields.push(lastField(chars, at, isSpace, isDelimiter))
      return fields
    }
    const from = at
    while (at < chars.length && !isDelimiter(at)) at++
    fields.push(textOf(chars, from, at))
    while (at < chars.length && isSpace(at)) at++
    if (at < chars.length && isDelimiter(at) && !isSpace(at)) at++
    while (at < chars.length && isSpace(at)) at++
  }
  return fields
}

interface Char {
  char: string
  escaped: boolean
}

function lastField(chars: readonly Char[], from: number, isSpace: (i: number) => boolean, isDelimiter: (i: number) => boolean): HostText {
  let end = chars.length
  while (end > from && isSpace(end - 1)) end--
  // One delimiter at the very end goes when it is the only one left.
  if (end > from && isDelimiter(end - 1) && !isSpace(end - 1)) {
    let only = true
    for (let i = from; i < end - 1; i++) if (isDelimiter(i)) only = false
    if (only) {
      end--
      while (end > from && isSpace(end - 1)) end--
    }
  }
  return textOf(chars, from, end)
}

function textOf(chars: readonly Char[], from: number, to: number): HostText {
  let text = ''
  for (let i = from; i < to; i++) text += chars[i]?.char
  return text
}

function withoutBackslashes(text: HostText, raw: boolean): Char[] {
  const chars: Char[] = []
  for (let i = 0; i < text.length; i++) {
    const escaped = !raw && text[i] === '\\' && i + 1 < text.length
    if (escaped) i++
    else if (!raw && text[i] === '\\') continue
    chars.push({ char: text[i] as string, escaped })
  }
  return chars
}

export const mapfile: Builtin = async (shell, args, name) => {
  const { given, rest, bad } = takeFlags(args, 'd:n:O:s:tu:C:c:')
  if (bad) return invalidOption(shell, name, bad)
  const array = rest[0] ?? 'MAPFILE'
  if (!isName(array)) {
    await shell.complain(`${name}: \`${array}': not a valid identifier`)
    return 1
  }
  const fd = Number(given.get('u') ?? 0)
  const input = new InputStream(shell.process, () => shell.process.descriptors.get(fd))
  const delimiter = given.has('d') ? (given.get('d') as string).charCodeAt(0) || 0 : 10
  const [most, skip, origin] = [Number(given.get('n') ?? 0), Number(given.get('s') ?? 0), Number(given.get('O') ?? 0)]
  const lines: { subscript: string | undefined; value: HostText }[] = []
  const booked = shell.wordBytes
  for (let seen = 0; most === 0 || lines.length < most; seen++) {
    const bytes = await input.lineBytes(delimiter)
    if (!bytes) break
    if (seen < skip) continue
    const strip = given.has('t') && bytes.at(-1) === delimiter
    if (lines.length >= MOST_FIELDS) break
    shell.bookWords(bytes.length + STRING_BYTES)
    lines.push({
      subscript: lines.length === 0 && origin ? String(origin) : undefined,
      value: toText(strip ? bytes.subarray(0, -1) : bytes),
    })
  }
  shell.releaseWords(booked)
  await assigning(shell, () => shell.parameters.setArray(array, lines, given.has('O')))
  const callback = given.get('C')
  const quantum = Math.max(1, Number(given.get('c') ?? 5000))
  if (callback === undefined) return 0
  for (let at = quantum - 1; at < lines.length; at += quantum)
    await shell.machinery.source(shell, `${callback} ${origin + at} ${quoteForReuse(lines[at]?.value ?? '')}`, 'eval')
  return 0
}
