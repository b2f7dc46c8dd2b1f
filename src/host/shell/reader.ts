import type { HostText } from '../command.ts'
import { expandAliases } from './aliases.ts'
import { functionWord, type Parsed, parseText, type Refusal, type ScriptNode } from './grammar.ts'
import type { Shell } from './shell.ts'

/** One piece of program text that could be read: what to run, or why it could not. */
export type Unit =
  | {
      kind: 'script'
      script: ScriptNode
      text: HostText
      firstLine: number /** Ends a here-document that the text does not end. */
      missing?: string
    }
  | { kind: 'refused'; refusal: Refusal; text: HostText; firstLine: number }

/**
 * Reads program text as a shell does: whole commands, line by line, so that what stands before a mistake has run when
 * the mistake is found, and an alias holds from the next line on.
 */
export class TextReader {
  readonly #lines: string[]
  #at = 0
  readonly #shell: Shell

  constructor(shell: Shell, text: HostText) {
    this.#shell = shell
    this.#lines = text.split('\n')
    if (this.#lines.at(-1) === '') this.#lines.pop()
  }

  get atEnd(): boolean {
    return this.#at >= this.#lines.length
  }

  next(): Unit | undefined {
    // Files that are read line by line may have thousands of comments, each of which would be parsed.
    while (this.#lineByLine && /^\s*(#|$)/.test(this.#lines[this.#at] ?? 'end')) this.#at++
    if (this.#at >= this.#lines.length) return undefined
    const firstLine = this.#at + 1
    if (!this.#lineByLine) {
      const rest = this.#lines.slice(this.#at).join('\n')
      const whole = this.#parse(rest)
      if (whole.script) {
        this.#at = this.#lines.length
        return { kind: 'script', script: whole.script, text: rest, firstLine }
      }
    }
    return this.#smallest(firstLine)
  }

  /** The fewest lines from here on that make whole commands. */
  #smallest(firstLine: number): Unit {
    let end = this.#at + 1
    for (;;) {
      const text = this.#lines.slice(this.#at, end).join('\n')
      const parsed = this.#parse(this.#lineByLine ? expandAliases(text, this.#shell) : text)
      if (parsed.script) {
        this.#at = end
        return { kind: 'script', script: parsed.script, text, firstLine }
      }
      const { refusal } = parsed
      const more = refusal.kind === 'incomplete' ? this.#lineThatMayEnd(refusal, end) : undefined
      if (more === undefined) {
        if (refusal.kind === 'incomplete' && refusal.open === 'here-document') return this.#unfinished(text, firstLine, refusal)
        this.#at = refusal.kind === 'incomplete' ? this.#lines.length : end
        return { kind: 'refused', refusal, text, firstLine }
      }
      end = more
    }
  }

  /** A here-document without its end is taken to the end of the text. */
  #unfinished(_text: string, firstLine: number, refusal: Extract<Refusal, { kind: 'incomplete' }>): Unit {
    const all = this.#lines.slice(this.#at).join('\n')
    this.#at = this.#lines.length
    const parsed = this.#parse(`${all}\n${refusal.mark}\n`)
    if (!parsed.script) return { kind: 'refused', refusal: parsed.refusal, text: all, firstLine }
    return { kind: 'script', script: parsed.script, text: all, firstLine, missing: refusal.mark }
  }

  #parse(text: HostText): Parsed {
    const parsed = parseText(text, this.#patterns)
    const refusal = parsed.script && this.#shell.dialect.name === 'dash' ? functionWord(parsed.script, text) : undefined
    return refusal ? { refusal } : parsed
  }

  /** Where it is worth trying again: not before a line that has what is missing. */
  #lineThatMayEnd(refusal: Extract<Refusal, { kind: 'incomplete' }>, from: number): number | undefined {
    for (let i = from; i < this.#lines.length; i++) {
      const line = this.#lines[i] as string
      if (
        refusal.open === 'quote'
          ? line.includes(refusal.mark)
          : refusal.open === 'here-document'
            ? line.trim() === refusal.mark
            : mayEndList(line)
      )
        return i + 1
    }
    return undefined
  }

  get #patterns(): { extglob: boolean } {
    const { dialect, options } = this.#shell
    return { extglob: dialect.name === 'mksh' || options.shopt('extglob') }
  }

  get #lineByLine(): boolean {
    const { dialect, options, interactive, aliases } = this.#shell
    return dialect.name !== 'bash' ? aliases.size > 0 : interactive || options.shopt('expand_aliases')
  }
}

function mayEndList(line: string): boolean {
  return line.trim() !== '' && !line.trimStart().startsWith('#')
}
