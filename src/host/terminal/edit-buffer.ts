const WORD = /[\p{L}\p{N}]/u
const MOST_UNDO = 100
const MOST_KILLS = 10
/** readline undoes so many typed characters at once. */
const MOST_TYPED = 20

type Change = 'typed' | 'kill' | 'yank' | 'other'

/** The text of a line with its cursor, mark, kills and undo list. Operations that cannot be done give false. */
export class EditBuffer {
  text: string[] = []
  cursor = 0
  mark = 0
  readonly #kills: string[] = []
  #undo: { text: string[]; cursor: number }[] = []
  /** What the operation before this one was; null since something else was done. */
  #last: Change | undefined
  #typed = { at: -1, count: 0 }
  #yanked: { from: number; to: number; kill: number } | undefined

  get string(): string {
    return this.text.join('')
  }

  reset(text = '', cursor?: number): void {
    this.text = Array.from(text)
    this.cursor = cursor ?? this.text.length
    this.mark = 0
    this.#undo = []
    this.#last = undefined
  }

  /** A key that changes nothing was pressed: kills before and after it are two. */
  rest(): void {
    this.#last = undefined
  }

  type(text: string): void {
    const chars = Array.from(text)
    const goesOn = this.#last === 'typed' && this.#typed.at === this.cursor && this.#typed.count + chars.length <= MOST_TYPED
    if (!goesOn) this.#remember()
    this.#splice(this.cursor, 0, chars)
    this.#typed = { at: this.cursor, count: (goesOn ? this.#typed.count : 0) + chars.length }
    this.#last = 'typed'
  }

  /** Puts text in the place of what stands from `from` to the cursor. */
  replaceFrom(from: number, text: string): void {
    this.#remember()
    const count = this.cursor - from
    this.cursor = from
    this.#splice(from, count, Array.from(text))
    this.#last = 'other'
  }

  delete(from: number, to: number): boolean {
    if (from < 0 || from >= this.text.length || from >= to) return false
    this.#remember()
    this.cursor = from
    this.#splice(from, to - from, [])
    this.#last = 'other'
    return true
  }

  /** Kills in a row make one text to yank. */
  kill(from: number, to: number): boolean {
    if (from >= to) return true
    const killed = this.text.slice(from, to).join('')
    const forward = from >= this.cursor
    const again = this.#last === 'kill'
    if (again && this.#kills[0] !== undefined) this.#kills[0] = forward ? this.#kills[0] + killed : killed + this.#kills[0]
    else this.#kills.unshift(killed)
    this.#kills.splice(MOST_KILLS)
    this.delete(from, to)
    this.#last = 'kill'
    return true
  }

  yank(): boolean {
    const [kill] = this.#kills
    if (kill === undefined) return false
    this.#putKill(this.cursor, 0)
    return true
  }

  /** Alt-y: the kill before, in the place of the one just yanked. */
  yankPop(): boolean {
    const yanked = this.#yanked
    if (this.#last !== 'yank' || !yanked) return false
    this.cursor = yanked.to
    this.#putKill(yanked.from, (yanked.kill + 1) % this.#kills.length)
    return true
  }

  #putKill(from: number, index: number): void {
    this.mark = from
    this.replaceFrom(from, this.#kills[index] as string)
    this.#yanked = { from, to: this.cursor, kill: index }
    this.#last = 'yank'
  }

  transpose(): boolean {
    const at = this.cursor === this.text.length ? this.cursor - 1 : this.cursor
    if (at < 1) return false
    const [a, b] = [this.text[at - 1] as string, this.text[at] as string]
    this.#remember()
    this.text.splice(at - 1, 2, b, a)
    this.cursor = at + 1
    return true
  }

  /** The word before the cursor and the one at it change places. */
  transposeWords(): boolean {
    const end = this.wordEnd(this.cursor)
    const begin = this.wordBegin(end)
    const firstBegin = this.wordBegin(begin)
    const firstEnd = this.wordEnd(firstBegin)
    if (firstBegin === begin || firstEnd > begin) return false
    const between = this.text.slice(firstEnd, begin)
    const swapped = [...this.text.slice(begin, end), ...between, ...this.text.slice(firstBegin, firstEnd)]
    this.#remember()
    this.text.splice(firstBegin, end - firstBegin, ...swapped)
    this.cursor = end
    return true
  }

  recase(how: 'upcase' | 'downcase' | 'capitalize'): boolean {
    const end = this.wordEnd(this.cursor)
    this.#remember()
    let inWord = false
    for (let i = this.cursor; i < end; i++) {
      const char = this.text[i] as string
      const up = how === 'upcase' || (how === 'capitalize' && !inWord)
      this.text[i] = up ? char.toUpperCase() : char.toLowerCase()
      inWord = WORD.test(char)
    }
    this.cursor = end
    return true
  }

  deleteBlanks(): boolean {
    let [from, to] = [this.cursor, this.cursor]
    while (/^[ \t]$/.test(this.text[from - 1] ?? '')) from--
    while (/^[ \t]$/.test(this.text[to] ?? '')) to++
    return from === to || this.delete(from, to)
  }

  undo(): boolean {
    const before = this.#undo.pop()
    if (!before) return false
    this.text = before.text
    this.cursor = before.cursor
    return true
  }

  undoAll(): boolean {
    const [first] = this.#undo
    if (!first) return false
    this.#undo = []
    this.text = first.text
    this.cursor = first.cursor
    return true
  }

  swapMark(): boolean {
    if (this.mark > this.text.length) return false
    const { cursor } = this
    this.cursor = this.mark
    this.mark = cursor
    return true
  }

  find(char: string, times: number): boolean {
    const at = times < 0 ? this.text.lastIndexOf(char, this.cursor - 1) : this.text.indexOf(char, this.cursor + 1)
    if (at < 0 || (times < 0 && this.cursor === 0)) return false
    this.cursor = at
    return true
  }

  wordBegin(from: number, word = WORD): number {
    let at = from
    while (at > 0 && !word.test(this.text[at - 1] as string)) at--
    while (at > 0 && word.test(this.text[at - 1] as string)) at--
    return at
  }

  wordEnd(from: number): number {
    let at = from
    while (at < this.text.length && !WORD.test(this.text[at] as string)) at++
    while (at < this.text.length && WORD.test(this.text[at] as string)) at++
    return at
  }

  #splice(at: number, count: number, chars: string[]): void {
    this.text = [...this.text.slice(0, at), ...chars, ...this.text.slice(at + count)]
    this.cursor = at + chars.length
  }

  #remember(): void {
    this.#undo.push({ text: [...this.text], cursor: this.cursor })
    if (this.#undo.length > MOST_UNDO) this.#undo.shift()
  }
}
