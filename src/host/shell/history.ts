import type { HostText } from '../command.ts'

/** bash's default HISTSIZE. */
const USUAL_SIZE = 500
/** Whatever HISTSIZE says, the oldest lines fall out beyond this many characters. */
const MOST_CHARACTERS = 4 * 1024 * 1024

/** The command history of an interactive shell. */
export class History {
  readonly #lines: { text: HostText; time: number | undefined; changed?: boolean }[] = []
  #offset = 0
  #characters = 0
  /** How many lines this session added: those go to the history file at its end. */
  sessionLength = 0
  limit = USUAL_SIZE
  /** Whether the last line is the one that is being run: `history -s` takes its place, once. */
  #own = false

  get length(): number {
    return this.#offset + this.#lines.length
  }

  get lines(): readonly HostText[] {
    return this.#lines.map((line) => line.text)
  }

  /** Numbers begin at 1 and go on when old lines fall out. */
  entries(): { number: number; text: HostText; time: number | undefined; changed?: boolean }[] {
    return this.#lines.map((line, i) => ({ number: this.#offset + i + 1, ...line }))
  }

  load(text: HostText): void {
    let time: number | undefined
    for (const line of text.split('\n')) {
      const stamp = /^#(\d{9,11})$/.exec(line)
      if (stamp) time = Number(stamp[1]) * 1000
      else if (line !== '') {
        this.#push(line, time)
        time = undefined
      }
    }
  }

  /** Adds a line as HISTCONTROL says. */
  add(text: HostText, control: string, ignore: (line: HostText) => boolean, time: number): void {
    const rules = control.split(':')
    const both = rules.includes('ignoreboth')
    if (text.trim() === '' || ignore(text)) return
    if ((both || rules.includes('ignorespace')) && text.startsWith(' ')) return
    if ((both || rules.includes('ignoredups')) && this.#lines.at(-1)?.text === text) return
    if (rules.includes('erasedups')) {
      for (let i = this.#lines.length - 1; i >= 0; i--)
        if (this.#lines[i]?.text === text) this.#characters -= this.#lines.splice(i, 1)[0]?.text.length ?? 0
    }
    this.#push(text, time)
    this.sessionLength++
    this.#own = true
  }

  /** What `history -s` does; after `history -c` in the same line nothing, as in bash. */
  store(text: HostText, time: number): void {
    if (this.#own && this.#lines.length === 0) return
    if (this.#own) this.delete(-1)
    else this.sessionLength++
    this.#push(text, time)
    this.#own = false
  }

  clear(): void {
    this.#lines.length = 0
    this.#offset = 0
    this.#characters = 0
    this.sessionLength = 0
  }

  /** @returns whether there was such a line */
  delete(number: number): boolean {
    const at = number < 0 ? this.#lines.length + number : number - this.#offset - 1
    if (at < 0 || at >= this.#lines.length) return false
    this.#characters -= this.#lines.splice(at, 1)[0]?.text.length ?? 0
    return true
  }

  /** A line that was edited while looking through the list, and left so. */
  change(index: number, text: HostText): void {
    const line = this.#lines[index]
    if (!line || line.text === text) return
    this.#characters += text.length - line.text.length
    line.text = text
    line.changed = true
  }

  replaceLast(text: HostText): void {
    const last = this.#lines.at(-1)
    if (!last) return
    this.#characters += text.length - last.text.length
    last.text = text
  }

  #push(text: HostText, time: number | undefined): void {
    if (this.limit <= 0) return
    this.#lines.push({ text, time })
    this.#characters += text.length
    while (this.#lines.length > this.limit || (this.#characters > MOST_CHARACTERS && this.#lines.length > 1)) {
      this.#characters -= this.#lines.shift()?.text.length ?? 0
      this.#offset++
    }
  }
}
