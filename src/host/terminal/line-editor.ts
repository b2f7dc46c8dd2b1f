import { type Key, type KeyName, nextKey } from './keys.ts'
import { LinePainter } from './line-painter.ts'

/** What the editor needs around it. */
export interface EditorWorld {
  term: string
  /** readline's; BusyBox's editor does not have it. */
  bracketedPaste: boolean
  columns: () => number
  /** Keys as they come; undefined at end of file or hang-up. */
  read: () => Promise<Uint8Array | undefined>
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

export type EditorResult = { kind: 'line'; text: string } | { kind: 'eof' } | { kind: 'interrupt' } | { kind: 'gone' }

/** readline asks before it shows more possibilities. */
const MANY_POSSIBILITIES = 100
const LONGEST_LINE = 64 * 1024
/** What readline sends when a line is over, by how it ended: newline and the end of bracketed paste, as recorded. */
const ENDS: Readonly<Record<EditorResult['kind'], string>> = {
  line: '\n\x1b[?2004l\r',
  eof: '\x1b[?2004l\r\n',
  interrupt: '\x1b[?2004l\r\x1b[?2004h\x1b[?2004l\r\n',
  gone: '',
}
const PLAIN_ENDS: Readonly<Record<EditorResult['kind'], string>> = { line: '\n', eof: '', interrupt: '\n', gone: '' }
const BELL = '\x07'

/** Edits one line after another as GNU readline in its emacs mode does. */
export class LineEditor {
  readonly #world: EditorWorld
  readonly #painter: LinePainter
  #pending: Buffer = Buffer.alloc(0)
  #text: string[] = []
  #cursor = 0
  #killed = ''
  /** Last line of the prompt, for when a search is over. */
  #prompt = ''
  #history: readonly string[] = []
  /** Lines of the history as they were changed while looking through it. */
  #edited = new Map<number, string>()
  #index = 0
  #lastKey: KeyName | undefined
  #undo: { text: string[]; cursor: number }[] = []
  #argument: { back: number; length: number } | undefined

  constructor(world: EditorWorld) {
    this.#world = world
    this.#painter = new LinePainter(world.term, world.columns)
  }

  get #pastes(): boolean {
    return this.#world.bracketedPaste && !this.#painter.dumb
  }

  /** Shows the prompt and edits a line. */
  async edit(prompt: string, history: readonly string[]): Promise<EditorResult> {
    const { write } = this.#world
    this.#prompt = prompt.slice(prompt.lastIndexOf('\n') + 1)
    this.#history = history
    this.#edited = new Map()
    this.#index = history.length
    this.#text = []
    this.#cursor = 0
    this.#undo = []
    const paste = this.#pastes ? '\x1b[?2004h' : ''
    await write(paste + this.#painter.start(prompt))
    const result = await this.#keys()
    await write(this.#pastes ? ENDS[result.kind] : PLAIN_ENDS[result.kind])
    return result
  }

  async #keys(): Promise<EditorResult> {
    for (;;) {
      const key = await this.#next()
      if (!key) return { kind: 'gone' }
      if (key.kind !== 'control') {
        await this.#insert(key.text)
        this.#lastKey = undefined
        continue
      }
      const result = await this.#act(key.name)
      this.#lastKey = key.name
      if (result) return result
    }
  }

  async #next(): Promise<Key | undefined> {
    for (;;) {
      const found = nextKey(this.#pending)
      if (found) {
        this.#pending = this.#pending.subarray(found.length)
        return found.key
      }
      const bytes = await this.#world.read()
      if (!bytes) return undefined
      if (this.#pending.length < LONGEST_LINE * 4) this.#pending = Buffer.concat([this.#pending, bytes])
    }
  }

  async #act(name: KeyName): Promise<EditorResult | undefined> {
    switch (name) {
      case 'enter':
        await this.#world.write(this.#painter.finish())
        return { kind: 'line', text: this.#text.join('') }
      case 'interrupt':
        await this.#world.write(`${this.#painter.finish()}^C`)
        return { kind: 'interrupt' }
      case 'delete-or-eof':
        if (this.#text.length === 0) return { kind: 'eof' }
        await this.#delete(this.#cursor, this.#cursor + 1)
        return undefined
      case 'search':
      case 'search-forward':
        return this.#search()
      default:
        await this.#edit(name)
        return undefined
    }
  }

  async #edit(name: KeyName): Promise<void> {
    const end = this.#text.length
    switch (name) {
      case 'begin':
        return this.#go(0)
      case 'end':
        return this.#go(end)
      case 'left':
        return this.#cursor > 0 ? this.#go(this.#cursor - 1) : this.#bell()
      case 'right':
        return this.#cursor < end ? this.#go(this.#cursor + 1) : this.#bell()
      case 'word-left':
        return this.#go(this.#wordBegin(this.#cursor, /[\p{L}\p{N}]/u))
      case 'word-right':
        return this.#go(this.#wordEnd(this.#cursor))
      case 'backspace':
        return this.#cursor > 0 ? this.#delete(this.#cursor - 1, this.#cursor) : this.#bell()
      case 'delete':
        return this.#cursor < end ? this.#delete(this.#cursor, this.#cursor + 1) : this.#bell()
      case 'kill-end':
        return this.#kill(this.#cursor, end, 'after')
      case 'kill-begin':
        return this.#kill(0, this.#cursor, 'before')
      case 'kill-word':
        return this.#kill(this.#wordBegin(this.#cursor, /\S/), this.#cursor, 'before')
      case 'kill-word-back':
        return this.#kill(this.#wordBegin(this.#cursor, /[\p{L}\p{N}]/u), this.#cursor, 'before')
      case 'kill-word-forward':
        return this.#kill(this.#cursor, this.#wordEnd(this.#cursor), 'after')
      case 'yank':
        return this.#insert(this.#killed)
      case 'transpose':
        return this.#transpose()
      case 'upcase':
      case 'downcase':
        return this.#recase(name)
      case 'undo':
        return this.#undoOnce()
      case 'up':
        return this.#recall(this.#index - 1)
      case 'down':
        return this.#recall(this.#index + 1)
      case 'first':
        return this.#recall(0)
      case 'last':
        return this.#recall(this.#history.length)
      case 'last-argument':
        return this.#lastArgument()
      case 'complete':
        return this.#complete()
      case 'clear-screen':
        return this.#world.write(this.#painter.dumb ? `\r\n${this.#painter.repaint()}` : `\x1b[H\x1b[2J${this.#painter.repaint()}`)
      case 'quoted':
        return this.#quotedKey()
      case 'abort':
        return this.#bell()
      default:
        return undefined
    }
  }

  async #insert(text: string): Promise<void> {
    const chars = Array.from(text)
    if (chars.length === 0 || this.#text.length + chars.length > LONGEST_LINE) return
    this.#remember()
    this.#text.splice(this.#cursor, 0, ...chars)
    this.#cursor += chars.length
    await this.#paint()
  }

  async #delete(from: number, to: number): Promise<void> {
    this.#remember()
    this.#text.splice(from, to - from)
    this.#cursor = from
    await this.#paint()
  }

  async #kill(from: number, to: number, where: 'before' | 'after'): Promise<void> {
    if (from >= to) return
    const text = this.#text.slice(from, to).join('')
    // Kills in a row make one text to yank.
    const again = this.#lastKey?.startsWith('kill-') ?? false
    this.#killed = again ? (where === 'after' ? this.#killed + text : text + this.#killed) : text
    await this.#delete(from, to)
  }

  async #transpose(): Promise<void> {
    const at = this.#cursor === this.#text.length ? this.#cursor - 1 : this.#cursor
    if (at < 1) return this.#bell()
    this.#remember()
    const [a, b] = [this.#text[at - 1] as string, this.#text[at] as string]
    this.#text.splice(at - 1, 2, b, a)
    this.#cursor = at + 1
    await this.#paint()
  }

  async #recase(name: 'upcase' | 'downcase'): Promise<void> {
    const end = this.#wordEnd(this.#cursor)
    this.#remember()
    for (let i = this.#cursor; i < end; i++) {
      const char = this.#text[i] as string
      this.#text[i] = name === 'upcase' ? char.toUpperCase() : char.toLowerCase()
    }
    this.#cursor = end
    await this.#paint()
  }

  async #recall(index: number): Promise<void> {
    const to = Math.min(index, this.#history.length)
    if (to < 0 || to === this.#index) return this.#bell()
    this.#edited.set(this.#index, this.#text.join(''))
    this.#index = to
    this.#undo = []
    await this.#replace(this.#edited.get(to) ?? this.#history[to] ?? '')
  }

  async #replace(text: string): Promise<void> {
    this.#text = Array.from(text)
    this.#cursor = this.#text.length
    await this.#paint()
  }

  /** Alt-.: the last word of the line before; again, of the one before that. */
  async #lastArgument(): Promise<void> {
    const again = this.#lastKey === 'last-argument' ? this.#argument : undefined
    const back = (again?.back ?? 0) + 1
    const word = this.#history.at(-back)?.trim().split(/\s+/).at(-1)
    if (!word) return this.#bell()
    if (again) this.#text.splice(this.#cursor - again.length, again.length)
    if (again) this.#cursor -= again.length
    this.#argument = { back, length: Array.from(word).length }
    await this.#insert(word)
  }

  async #quotedKey(): Promise<void> {
    while (this.#pending.length === 0) {
      const bytes = await this.#world.read()
      if (!bytes) return
      this.#pending = Buffer.from(bytes)
    }
    const byte = this.#pending[0] as number
    this.#pending = this.#pending.subarray(1)
    await this.#insert(String.fromCharCode(byte))
  }

  async #undoOnce(): Promise<void> {
    const before = this.#undo.pop()
    if (!before) return this.#bell()
    this.#text = before.text
    this.#cursor = before.cursor
    await this.#paint()
  }

  /** Ctrl-R: looks backwards through the history while typing. */
  async #search(): Promise<EditorResult | undefined> {
    const before = { text: [...this.#text], cursor: this.#cursor, index: this.#index }
    let query = ''
    let at = this.#history.length
    let failed = false
    for (;;) {
      const found = at < this.#history.length ? (this.#history[at] as string) : before.text.join('')
      await this.#world.write(`\r${this.#painter.start(`(${failed ? 'failed ' : ''}reverse-i-search)\`${query}': `)}`)
      await this.#world.write(
        `${this.#painter.update(Array.from(found), Math.max(0, found.indexOf(query)))}${this.#painter.dumb ? '' : '\x1b[K'}`,
      )
      const key = await this.#next()
      if (!key) return { kind: 'gone' }
      const back = key.kind === 'control' && key.name === 'search'
      if (key.kind !== 'control' || back || key.name === 'backspace') {
        if (key.kind !== 'control') query += key.text
        else if (key.name === 'backspace') query = query.slice(0, -1)
        const from = back ? at - 1 : key.kind === 'control' ? this.#history.length - 1 : Math.min(at, this.#history.length - 1)
        const next = query === '' ? -1 : lastWith(this.#history, query, from)
        failed = query !== '' && next < 0
        if (failed) await this.#bell()
        if (next >= 0) at = next
        continue
      }
      const cancelled = key.name === 'abort' || key.name === 'interrupt'
      const text = cancelled ? before.text.join('') : found
      await this.#world.write(`\r${this.#painter.dumb ? '' : '\x1b[K'}${this.#painter.start(this.#prompt)}`)
      this.#text = Array.from(text)
      this.#cursor = cancelled ? before.cursor : Math.max(0, text.indexOf(query))
      if (!cancelled && at < this.#history.length) this.#index = at
      await this.#paint()
      return key.name === 'abort' ? undefined : this.#act(key.name)
    }
  }

  async #complete(): Promise<void> {
    const { from, words, shown, suffix } = this.#world.complete(this.#text.join(''), this.#text.slice(0, this.#cursor).join('').length)
    const start = Array.from(this.#text.join('').slice(0, from)).length
    const typed = this.#text.slice(start, this.#cursor).join('')
    if (words.length === 0) return this.#bell()
    if (words.length === 1) {
      await this.#put(start, `${words[0]}${suffix}`)
      return
    }
    const common = commonBeginning(words)
    if (common.length > typed.length) {
      await this.#put(start, common)
      return this.#bell()
    }
    if (this.#lastKey !== 'complete') return this.#bell()
    await this.#list(shown)
  }

  async #put(start: number, word: string): Promise<void> {
    this.#remember()
    const chars = Array.from(word)
    this.#text.splice(start, this.#cursor - start, ...chars)
    this.#cursor = start + chars.length
    await this.#paint()
  }

  async #list(shown: readonly string[]): Promise<void> {
    const { write } = this.#world
    await write(`${this.#painter.finish()}\n`)
    if (shown.length >= MANY_POSSIBILITIES) {
      await write(`Display all ${shown.length} possibilities? (y or n)`)
      const answer = await this.#yesOrNo()
      await write('\n')
      if (!answer) {
        await write(this.#painter.repaint())
        return
      }
    }
    await write(columns(shown, this.#world.columns()) + this.#painter.repaint())
  }

  async #yesOrNo(): Promise<boolean> {
    for (;;) {
      const key = await this.#next()
      if (!key) return false
      if (key.kind === 'text' && /^[yY ]$/.test(key.text)) return true
      if (key.kind === 'text' && /^[nN]$/.test(key.text)) return false
      if (key.kind === 'control' && (key.name === 'backspace' || key.name === 'interrupt' || key.name === 'abort')) return false
      await this.#bell()
    }
  }

  async #go(to: number): Promise<void> {
    this.#cursor = to
    await this.#paint()
  }

  #wordBegin(from: number, word: RegExp): number {
    let at = from
    while (at > 0 && !word.test(this.#text[at - 1] as string)) at--
    while (at > 0 && word.test(this.#text[at - 1] as string)) at--
    return at
  }

  #wordEnd(from: number): number {
    const word = /[\p{L}\p{N}]/u
    let at = from
    while (at < this.#text.length && !word.test(this.#text[at] as string)) at++
    while (at < this.#text.length && word.test(this.#text[at] as string)) at++
    return at
  }

  #remember(): void {
    this.#undo.push({ text: [...this.#text], cursor: this.#cursor })
    if (this.#undo.length > 100) this.#undo.shift()
  }

  async #paint(): Promise<void> {
    const out = this.#painter.update(this.#text, this.#cursor)
    if (out) await this.#world.write(out)
  }

  async #bell(): Promise<void> {
    await this.#world.write(BELL)
  }
}

function lastWith(history: readonly string[], query: string, from: number): number {
  for (let i = from; i >= 0; i--) if (history[i]?.includes(query)) return i
  return -1
}

function commonBeginning(words: readonly string[]): string {
  let common = words[0] as string
  for (const word of words) while (!word.startsWith(common)) common = common.slice(0, -1)
  return common
}

/** Columns from top to bottom, as readline lists possibilities. */
function columns(words: readonly string[], width: number): string {
  const widest = Math.max(...words.map((word) => word.length)) + 2
  const perLine = Math.max(1, Math.floor(width / widest))
  const rows = Math.ceil(words.length / perLine)
  let text = ''
  for (let row = 0; row < rows; row++) {
    const cells: string[] = []
    for (let i = row; i < words.length; i += rows) cells.push(words[i] as string)
    text += `${cells.map((cell) => cell.padEnd(widest)).join('')}\n`
  }
  return text
}
