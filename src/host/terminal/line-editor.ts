import { EditBuffer } from './edit-buffer.ts'
import { IncrementalSearch } from './incremental-search.ts'
import { type Key, type KeyName, nextKey } from './keys.ts'
import type { Shown } from './layout.ts'
import { type Painter, painterFor } from './line-painter.ts'
import { listPossibilities } from './possibilities.ts'

/** What the editor needs around it. */
export interface EditorWorld {
  /** Name of the terminal's kind now. */
  term: () => string
  /** readline's; BusyBox's editor does not have it. */
  bracketedPaste: boolean
  columns: () => number
  rows: () => number
  /** Keys as they come; undefined at end of file or hang-up, `resized` when the window has a new size. */
  read: () => Promise<Uint8Array | 'resized' | undefined>
  /** Whether more keys are there already. */
  queued: () => boolean
  write: (text: string) => Promise<void>
  /** Completions of the word that ends at `cursor`. */
  complete: (text: string, cursor: number) => Completion
}

/** What may stand in the place of text from `from` to the cursor. */
export interface Completion {
  from: number
  /** Texts to put in, quoted for the shell. */
  words: string[]
  /** The same as a list shows them. */
  shown: string[]
  /** Put behind the word when it is the only one. */
  suffix: string
}

export type EditorResult =
  /** `edits`: lines of the history as they were left, by their index. */
  { kind: 'line'; text: string; edits: ReadonlyMap<number, string> } | { kind: 'eof' } | { kind: 'interrupt' } | { kind: 'gone' }

const LONGEST_LINE = 64 * 1024
/** A count beyond this is held to it. */
const LARGEST_COUNT = 1000
/** What readline sends when a line is over, by how it ended: newline and the end of bracketed paste, as recorded. */
const ENDS: Readonly<Record<EditorResult['kind'], string>> = {
  line: '\n\x1b[?2004l\r',
  eof: '\x1b[?2004l\r\n',
  interrupt: '\x1b[?2004l\r\x1b[?2004h\x1b[?2004l\r\n',
  gone: '',
}
const PLAIN_ENDS: Readonly<Record<EditorResult['kind'], string>> = { line: '\n', eof: '', interrupt: '\n', gone: '' }
const BELL = '\x07'
const BLANK_WORD = /\S/

/** Edits one line after another as GNU readline in its emacs mode does. */
export class LineEditor {
  readonly #world: EditorWorld
  #term: string
  #painter: Painter
  #pending: Buffer = Buffer.alloc(0)
  readonly #buffer = new EditBuffer()
  #prompt = ''
  #history: readonly string[] = []
  /** Lines of the history as they were changed while looking through it. */
  #edited = new Map<number, string>()
  #index = 0
  /** Line of the history to begin the next line with (Ctrl-O). */
  #following: number | undefined
  #lastKey: KeyName | undefined
  #lastSearch = ''
  #count = 1
  #argument: { back: number; length: number } | undefined
  /** Whether what was pasted, or the region of Ctrl-X Ctrl-X, stands out. */
  #marked = false
  /** Whether the last Tab changed the line. */
  #completed = false
  /** A key that was read too far. */
  #unread: Key | undefined

  constructor(world: EditorWorld) {
    this.#world = world
    this.#term = world.term()
    this.#painter = painterFor(this.#term, world.columns)
  }

  get #pastes(): boolean {
    return this.#world.bracketedPaste && !this.#painter.dumb
  }

  /** Shows the prompt and edits a line, which may begin with a text. */
  async edit(prompt: string, history: readonly string[], text = ''): Promise<EditorResult> {
    const { write, term } = this.#world
    if (term() !== this.#term) {
      this.#term = term()
      this.#painter = painterFor(this.#term, this.#world.columns)
    }
    this.#prompt = prompt
    this.#history = history
    this.#edited = new Map()
    this.#index = history.length
    this.#buffer.reset(text)
    this.#count = 1
    const paste = this.#pastes ? '\x1b[?2004h' : ''
    await write(paste + this.#takeUp() + this.#painter.start(this.#shown()))
    const result = await this.#keys()
    await write(this.#pastes ? ENDS[result.kind] : PLAIN_ENDS[result.kind])
    return result
  }

  /** After Ctrl-O the line begins with what followed in the history. */
  #takeUp(): string {
    const index = this.#following
    this.#following = undefined
    if (index === undefined) return ''
    const line = this.#history[index]
    if (line === undefined) return BELL
    this.#index = index
    this.#buffer.reset(line)
    return ''
  }

  async #keys(): Promise<EditorResult> {
    for (;;) {
      const key = await this.#next()
      if (!key) return { kind: 'gone' }
      const result = await this.#take(key)
      if (result) return result
    }
  }

  async #take(key: Key): Promise<EditorResult | undefined> {
    const wasMarked = this.#marked
    this.#marked = false
    if (key.kind === 'count') return this.#takeCount(key.text)
    if (key.kind === 'control') {
      if (wasMarked && key.name === 'enter') await this.#paint()
      const result = await this.#act(key.name)
      // A Tab that completed something is no first Tab for the next one.
      this.#lastKey = key.name === 'complete' && this.#completed ? undefined : key.name
      this.#count = 1
      return result
    }
    if (key.kind === 'paste') this.#paste(key.text)
    else this.#insert(key.text.repeat(Math.max(1, this.#count)))
    this.#count = 1
    this.#lastKey = undefined
    // What comes in one go is shown in one go.
    if (key.kind === 'paste' || !(this.#world.queued() || this.#pending.length > 0)) await this.#paint()
    else await this.#typeOn()
    return undefined
  }

  /** Takes characters that are there already, then shows them all. */
  async #typeOn(): Promise<void> {
    while (this.#world.queued() || this.#pending.length > 0) {
      const key = await this.#next()
      if (key?.kind === 'text') {
        this.#insert(key.text)
        continue
      }
      if (key) this.#unread = key
      break
    }
    await this.#paint()
  }

  async #next(): Promise<Key | undefined> {
    const unread = this.#unread
    this.#unread = undefined
    if (unread) return unread
    for (;;) {
      const found = nextKey(this.#pending)
      if (found) {
        this.#pending = this.#pending.subarray(found.length)
        return found.key
      }
      const bytes = await this.#world.read()
      if (!bytes) return undefined
      if (bytes === 'resized') await this.#world.write(this.#painter.resized(this.#shown()))
      else if (this.#pending.length < LONGEST_LINE * 4) this.#pending = Buffer.concat([this.#pending, bytes])
    }
  }

  async #act(name: KeyName): Promise<EditorResult | undefined> {
    switch (name) {
      case 'run-and-next':
        this.#following = this.#index + 1
        return this.#enter()
      case 'comment':
        this.#buffer.cursor = 0
        this.#insert('#')
        await this.#paint()
        return this.#enter()
      case 'enter':
        return this.#enter()
      case 'interrupt':
        await this.#world.write(this.#painter.interrupt())
        return { kind: 'interrupt' }
      case 'delete-or-eof':
        if (this.#buffer.text.length === 0) return { kind: 'eof' }
        break
      case 'search':
      case 'search-forward':
        return this.#search(name === 'search-forward')
      default:
    }
    if (!(await this.#edit(name))) await this.#bell()
    await this.#paint()
    return undefined
  }

  async #enter(): Promise<EditorResult> {
    await this.#world.write(this.#painter.finish())
    this.#edited.delete(this.#index)
    this.#edited.delete(this.#history.length)
    return { kind: 'line', text: this.#buffer.string, edits: this.#edited }
  }

  /** Does what the key says; false when it cannot be done. */
  async #edit(name: KeyName): Promise<boolean> {
    const buffer = this.#buffer
    const { cursor, text } = buffer
    if (!name.startsWith('kill-') && !name.startsWith('yank')) buffer.rest()
    const count = this.#count
    const back = this.#words(-count)
    const ahead = this.#words(count)
    switch (name) {
      case 'begin':
        return this.#go(0)
      case 'end':
        return this.#go(text.length)
      case 'left':
        return this.#move(-count)
      case 'right':
        return this.#move(count)
      case 'word-left':
        return this.#go(back)
      case 'word-right':
        return this.#go(ahead)
      case 'backspace':
        return buffer.delete(Math.max(0, cursor - count), cursor)
      case 'delete':
      case 'delete-or-eof':
        return buffer.delete(cursor, Math.min(text.length, cursor + count))
      case 'kill-end':
        return buffer.kill(cursor, text.length)
      case 'kill-begin':
        return cursor > 0 ? buffer.kill(0, cursor) : false
      case 'kill-word':
        return cursor > 0 ? buffer.kill(buffer.wordBegin(cursor, BLANK_WORD), cursor) : false
      case 'kill-word-back':
        return buffer.kill(Math.min(back, cursor), Math.max(back, cursor))
      case 'kill-word-forward':
        return buffer.kill(Math.min(ahead, cursor), Math.max(ahead, cursor))
      case 'yank':
        return buffer.yank()
      case 'yank-pop':
        return buffer.yankPop()
      case 'transpose':
        return buffer.transpose()
      case 'transpose-words':
        return buffer.transposeWords()
      case 'upcase':
      case 'downcase':
      case 'capitalize':
        return buffer.recase(name)
      case 'delete-blanks':
        return buffer.deleteBlanks()
      case 'undo':
        return buffer.undo()
      case 'revert':
        return buffer.undoAll()
      case 'set-mark':
        buffer.mark = cursor
        return true
      case 'swap-mark':
        this.#marked = true
        return buffer.swapMark()
      case 'up':
        return this.#recall(this.#index - count)
      case 'down':
        return this.#recall(this.#index + count)
      case 'first':
        return this.#recall(0)
      case 'last':
        return this.#recall(this.#history.length)
      case 'last-argument':
        return this.#lastArgument()
      case 'first-argument':
        return this.#firstArgument()
      case 'complete':
        return this.#complete()
      case 'list':
        return this.#list(this.#possibilities().shown)
      case 'insert-all':
        return this.#insertAll()
      case 'clear-screen':
        await this.#world.write(this.#painter.clearScreen(this.#shown()))
        return true
      case 'quoted':
        return this.#quotedKey()
      case 'find':
      case 'find-back':
        return this.#find(name === 'find' ? count : -count)
      case 'abort':
      case 'unbound':
        return false
      default:
        return true
    }
  }

  /** Where so many words lead. */
  #words(count: number): number {
    let at = this.#buffer.cursor
    for (let i = 0; i < Math.abs(count); i++) at = count < 0 ? this.#buffer.wordBegin(at) : this.#buffer.wordEnd(at)
    return at
  }

  #go(to: number): boolean {
    this.#buffer.cursor = to
    return true
  }

  #move(count: number): boolean {
    const { cursor, text } = this.#buffer
    const to = Math.max(0, Math.min(text.length, cursor + count))
    this.#buffer.cursor = to
    return to === cursor + count
  }

  #insert(text: string): void {
    if (this.#buffer.text.length + text.length <= LONGEST_LINE) this.#buffer.type(text)
  }

  #paste(text: string): void {
    this.#buffer.mark = this.#buffer.cursor
    this.#insert(text)
    this.#marked = true
  }

  /** Alt-5, Alt-minus: how often the next key acts, with a prompt of its own. */
  async #takeCount(first: string): Promise<EditorResult | undefined> {
    let [sign, digits] = first === '-' ? [-1, ''] : [1, first]
    const show = async (): Promise<void> => {
      await this.#paint(`(arg: ${sign < 0 ? '-' : ''}${digits || '1'}) `)
    }
    await this.#paint('(arg: 1) ')
    await show()
    for (;;) {
      const key = await this.#next()
      if (!key) return { kind: 'gone' }
      if ((key.kind === 'text' || key.kind === 'count') && /^\d$/.test(key.text)) {
        digits = String(Math.min(LARGEST_COUNT, Number(digits + key.text)))
        await show()
        continue
      }
      this.#count = sign * Number(digits || 1)
      await this.#paint()
      return this.#take(key)
    }
  }

  #recall(index: number): boolean {
    const to = Math.max(0, Math.min(index, this.#history.length))
    if (to === this.#index) return false
    this.#edited.set(this.#index, this.#buffer.string)
    this.#index = to
    this.#buffer.reset(this.#edited.get(to) ?? this.#history[to] ?? '')
    return true
  }

  /** Alt-.: the last word of the line before; again, of the one before that. */
  #lastArgument(): boolean {
    const again = this.#lastKey === 'last-argument' ? this.#argument : undefined
    const back = (again?.back ?? 0) + 1
    const word = back > this.#history.length ? undefined : this.#history.at(-back)?.trim().split(/\s+/).at(-1)
    this.#argument = { back, length: Array.from(word ?? '').length }
    if (word || again) this.#buffer.replaceFrom(this.#buffer.cursor - (again?.length ?? 0), word ?? '')
    return word !== undefined
  }

  #firstArgument(): boolean {
    const word = this.#history.at(-1)?.trim().split(/\s+/)[1]
    if (word === undefined) return false
    this.#insert(word)
    return true
  }

  async #quotedKey(): Promise<boolean> {
    const byte = await this.#byte()
    if (byte !== undefined) this.#insert(byte < 0x80 ? String.fromCharCode(byte) : String.fromCharCode(0xdc00 + byte))
    return true
  }

  async #find(times: number): Promise<boolean> {
    const byte = await this.#byte()
    return byte !== undefined && this.#buffer.find(String.fromCharCode(byte), times)
  }

  async #byte(): Promise<number | undefined> {
    while (this.#pending.length === 0) {
      const bytes = await this.#world.read()
      if (!bytes) return undefined
      if (bytes === 'resized') continue
      this.#pending = Buffer.from(bytes)
    }
    const byte = this.#pending[0]
    this.#pending = this.#pending.subarray(1)
    return byte
  }

  /** Ctrl-R: looks backwards through the history while typing. */
  async #search(forward: boolean): Promise<EditorResult | undefined> {
    const buffer = this.#buffer
    const before = { text: buffer.string, cursor: buffer.cursor }
    const lines = this.#history.map((line, i) => (i === this.#index ? before.text : line))
    if (this.#index >= this.#history.length) lines.push(before.text)
    const search = new IncrementalSearch(lines, { index: this.#index, text: before.text, at: before.cursor }, forward, this.#lastSearch)
    const show = async (): Promise<void> => {
      buffer.text = Array.from(search.match.text)
      buffer.cursor = Array.from(search.match.text.slice(0, search.match.at)).length
      buffer.mark = buffer.cursor + Array.from(search.word).length
      this.#marked = search.found
      await this.#paint(search.prompt)
      this.#marked = false
    }
    await show()
    for (;;) {
      const key = await this.#nextOrEscape()
      if (!key) return { kind: 'gone' }
      const taken = search.take(key)
      if (taken) {
        if (taken === 'bell') await this.#bell()
        await show()
        if (taken === 'same word' && search.find() === 'bell') {
          await this.#bell()
          await show()
        }
        continue
      }
      if (search.word !== '') this.#lastSearch = search.word
      if (key.kind === 'control' && key.name === 'interrupt') return this.#act('interrupt')
      const given = key.kind === 'control' && key.name === 'abort'
      if (given) buffer.reset(before.text, before.cursor)
      else {
        const { index } = search.match
        if (index !== this.#index) this.#edited.set(this.#index, before.text)
        this.#index = index
        buffer.reset(search.match.text, buffer.cursor)
      }
      await this.#paint()
      return given || (key.kind === 'control' && key.name === 'escape') ? undefined : this.#take(key)
    }
  }

  /** In a search an escape key alone is a key. */
  async #nextOrEscape(): Promise<Key | undefined> {
    if (!this.#unread && this.#pending.length === 0) {
      const bytes = await this.#world.read()
      if (!bytes) return undefined
      if (bytes !== 'resized') this.#pending = Buffer.from(bytes)
    }
    if (this.#pending.length !== 1 || this.#pending[0] !== 0x1b || this.#world.queued()) return this.#next()
    this.#pending = Buffer.alloc(0)
    return { kind: 'control', name: 'escape' }
  }

  #possibilities(): Completion & { start: number; typed: string } {
    const { text, cursor } = this.#buffer
    const line = text.join('')
    const found = this.#world.complete(line, text.slice(0, cursor).join('').length)
    const start = Array.from(line.slice(0, found.from)).length
    return { ...found, start, typed: text.slice(start, cursor).join('') }
  }

  async #complete(): Promise<boolean> {
    this.#completed = false
    const { words, shown, suffix, start, typed } = this.#possibilities()
    if (words.length === 0) return false
    if (words.length === 1) {
      // A blank that is there already is not put in twice.
      const word = `${words[0]}${suffix === ' ' && this.#buffer.text[this.#buffer.cursor] === ' ' ? '' : suffix}`
      if (word === typed) return true
      this.#completed = true
      this.#buffer.replaceFrom(start, word)
      return true
    }
    const common = commonBeginning(words)
    if (common.length > typed.length) {
      await this.#bell()
      this.#completed = true
      this.#buffer.replaceFrom(start, common)
      return true
    }
    return this.#lastKey === 'complete' ? this.#list(shown) : false
  }

  #insertAll(): boolean {
    const { words, start } = this.#possibilities()
    if (words.length === 0) return false
    this.#buffer.replaceFrom(start, `${words.join(' ')} `)
    return true
  }

  async #list(shown: readonly string[]): Promise<boolean> {
    if (shown.length === 0) return false
    const { write, columns, rows } = this.#world
    await write(this.#painter.finish())
    const done = await listPossibilities(shown, { columns: columns(), rows: rows(), write, key: () => this.#answer() })
    if (done === 'interrupted') this.#unread = { kind: 'control', name: 'interrupt' }
    else await write(this.#painter.start(this.#shown()))
    return true
  }

  async #answer(): Promise<string | undefined> {
    const byte = await this.#byte()
    return byte === undefined ? undefined : String.fromCharCode(byte)
  }

  #shown(): Shown {
    const { text, cursor, mark } = this.#buffer
    return { prompt: this.#prompt, text, cursor, marked: this.#marked ? [Math.min(mark, cursor), Math.max(mark, cursor)] : undefined }
  }

  /** @param message in the place of the prompt */
  async #paint(message?: string): Promise<void> {
    const out = this.#painter.show({ ...this.#shown(), ...(message !== undefined && { prompt: message, message: true }) })
    if (out) await this.#world.write(out)
  }

  async #bell(): Promise<void> {
    await this.#world.write(BELL)
  }
}

function commonBeginning(words: readonly string[]): string {
  let common = words[0] as string
  for (const word of words) while (!word.startsWith(common)) common = common.slice(0, -1)
  return common
}
