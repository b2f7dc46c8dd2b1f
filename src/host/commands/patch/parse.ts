/** Lines are without their newline; the last one of a file may have none. */
export interface HunkLine {
  mark: ' ' | '-' | '+'
  text: string
  /** Followed by `\ No newline at end of file`. */
  isCut?: boolean
}

export interface Hunk {
  /** Line numbers from 1; 0 where the file is empty. */
  oldStart: number
  newStart: number
  lines: HunkLine[]
}

/** What is to be done to one file. */
export interface FilePatch {
  oldName: string | undefined
  newName: string | undefined
  indexName: string | undefined
  /** The lines `---` and `+++` as they stand there, for rejects. */
  header: readonly [string, string] | undefined
  hunks: Hunk[]
  /** What is wrong with it, found behind the hunks that could be read. */
  fault?: PatchFault
  /** The text before its first hunk, and the number of that hunk's first line. */
  leading: string[]
  firstLine: number
}

export class PatchFault extends Error {}

/** Context that diff has left out at the end because it was blank. */
const CHOPPED = 3

/** Reads unified, context and normal diffs, one after the other. */
export function parsePatches(text: string): FilePatch[] {
  return new PatchReader(text).patches()
}

class PatchReader {
  readonly #lines: string[]
  #at = 0

  constructor(text: string) {
    this.#lines = text.split('\n')
    if (this.#lines.at(-1) === '') this.#lines.pop()
  }

  patches(): FilePatch[] {
    const patches: FilePatch[] = []
    let leading: string[] = []
    while (this.#at < this.#lines.length) {
      const patch = this.#begin(leading)
      if (patch) {
        patches.push(patch)
        leading = []
      } else leading.push(this.#lines[this.#at++] as string)
    }
    return patches
  }

  get #line(): string {
    return this.#lines[this.#at] ?? ''
  }

  /** The patch that begins at this line, if one does. */
  #begin(leading: readonly string[]): FilePatch | undefined {
    const [first, second, third] = this.#lines.slice(this.#at, this.#at + 3) as [string, string?, string?]
    const indexName = leading.map((line) => /^Index: (.+)/.exec(line)?.[1]).findLast((name) => name !== undefined)
    const isUnified = first.startsWith('--- ') && second?.startsWith('+++ ') && third?.startsWith('@@ -')
    const isContext = first.startsWith('*** ') && second?.startsWith('--- ') && third?.startsWith('***************')
    const header = isUnified || isContext ? ([first, second as string] as const) : undefined
    if (!header && !/^\d+(,\d+)?[acd]\d+(,\d+)?$/.test(first) && !(indexName && first.startsWith('@@ -'))) return undefined
    if (header) this.#at += 2
    const firstLine = this.#at + 1
    const { hunks, fault } = this.#hunks(isContext ? 'context' : header || first.startsWith('@@') ? 'unified' : 'normal')
    return {
      oldName: header && nameOf(header[0]),
      newName: header && nameOf(header[1]),
      indexName,
      header,
      hunks,
      ...(fault && { fault }),
      leading: [...leading, ...(header ?? [])],
      firstLine,
    }
  }

  #hunks(kind: 'unified' | 'context' | 'normal'): { hunks: Hunk[]; fault?: PatchFault } {
    const hunks: Hunk[] = []
    try {
      for (;;) {
        const hunk = kind === 'unified' ? this.#unified() : kind === 'context' ? this.#context() : this.#normal()
        if (!hunk) return { hunks }
        hunks.push(hunk)
      }
    } catch (error) {
      if (!(error instanceof PatchFault)) throw error
      // Nothing behind it is looked at.
      this.#at = this.#lines.length
      return { hunks, fault: error }
    }
  }

  #malformed(): PatchFault {
    const isOver = this.#at >= this.#lines.length
    return new PatchFault(`malformed patch at line ${isOver ? this.#lines.length : this.#at + 1}: ${isOver ? ' ' : this.#line}\n`)
  }

  #unified(): Hunk | undefined {
    const range = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(this.#line)
    if (!range) return undefined
    this.#at++
    let [old, fresh] = [Number(range[2] ?? 1), Number(range[4] ?? 1)]
    const lines: HunkLine[] = []
    while (old > 0 || fresh > 0) {
      const isOver = this.#at >= this.#lines.length
      if (isOver && Math.max(old, fresh) > CHOPPED) throw new PatchFault('unexpected end of file in patch')
      // Editors take the blank off an empty context line.
      const text = isOver ? ' ' : this.#line || ' '
      const mark = text[0] as HunkLine['mark']
      if (!' -+'.includes(mark)) throw this.#malformed()
      if (mark !== '+') old--
      if (mark !== '-') fresh--
      if (old < 0 || fresh < 0) throw this.#malformed()
      this.#at++
      lines.push({ mark, text: text.slice(1), ...(this.#isCut() && { isCut: true }) })
    }
    return { oldStart: Number(range[1]), newStart: Number(range[3]), lines }
  }

  /** Passes over the mark of a last line without newline. */
  #isCut(): boolean {
    const is = this.#line.startsWith('\\')
    if (is) this.#at++
    return is
  }

  #context(): Hunk | undefined {
    if (!this.#line.startsWith('***************')) return undefined
    this.#at++
    const old = this.#half(/^\*\*\* (\d+)(?:,(\d+))? \*\*\*\*/, '-')
    const fresh = this.#half(/^--- (\d+)(?:,(\d+))? ----/, '+')
    const lines: HunkLine[] = []
    // A half without changes is left out; its context is that of the other.
    const [left, right] = [old.lines.length ? old.lines : fresh.lines.filter(({ mark }) => mark === ' '), fresh.lines]
    const other = right.length ? right : left.filter(({ mark }) => mark === ' ')
    let at = 0
    for (const line of left) {
      if (line.mark === ' ') {
        while (other[at] && other[at]?.mark === '+') lines.push(other[at++] as HunkLine)
        at++
      }
      lines.push(line)
    }
    lines.push(...other.slice(at))
    return { oldStart: old.start, newStart: fresh.start, lines }
  }

  #half(range: RegExp, changed: '-' | '+'): { start: number; lines: HunkLine[] } {
    const found = range.exec(this.#line)
    if (!found) throw this.#malformed()
    this.#at++
    const lines: HunkLine[] = []
    while (this.#at < this.#lines.length && /^(?:[-+! ] |[-+! ]$|$)/.test(this.#line) && !/^--- \d+(,\d+)? ----/.test(this.#line)) {
      const mark = this.#line[0] ?? ' '
      this.#at++
      lines.push({
        mark: mark === ' ' ? ' ' : changed,
        text: this.#lines[this.#at - 1]?.slice(2) ?? '',
        ...(this.#isCut() && { isCut: true }),
      })
    }
    return { start: Number(found[1]), lines }
  }

  #normal(): Hunk | undefined {
    const range = /^(\d+)(?:,(\d+))?([acd])(\d+)(?:,(\d+))?$/.exec(this.#line)
    if (!range) return undefined
    this.#at++
    const lines: HunkLine[] = []
    const take = (mark: '-' | '+', sign: string): void => {
      while (this.#at < this.#lines.length && this.#line.startsWith(sign)) {
        const text = this.#line.slice(2)
        this.#at++
        lines.push({ mark, text, ...(this.#isCut() && { isCut: true }) })
      }
    }
    take('-', '<')
    if (this.#line === '---') this.#at++
    take('+', '>')
    const [oldStart, newStart] = [Number(range[1]), Number(range[4])]
    return { oldStart: range[3] === 'a' ? oldStart + 1 : oldStart, newStart, lines }
  }
}

/** The name in a line `--- name<tab>time`. */
function nameOf(line: string): string {
  const text = line.slice(4)
  return /^([^\t]*?)(?:\t.*| \d{4}-\d\d-\d\d .*)?$/.exec(text)?.[1] ?? text
}

/** The patch that undoes it. */
export function reversed(patch: FilePatch): FilePatch {
  const swap = { ' ': ' ', '-': '+', '+': '-' } as const
  return {
    ...patch,
    oldName: patch.newName,
    newName: patch.oldName,
    hunks: patch.hunks.map(({ oldStart, newStart, lines }) => ({
      oldStart: newStart,
      newStart: oldStart,
      lines: removalsFirst(lines.map((line) => ({ ...line, mark: swap[line.mark] }))),
    })),
  }
}

/** Within a change the lines that go stand before those that come. */
function removalsFirst(lines: readonly HunkLine[]): HunkLine[] {
  const sorted: HunkLine[] = []
  const added: HunkLine[] = []
  for (const line of lines) {
    if (line.mark === '+') added.push(line)
    else {
      if (line.mark === ' ') sorted.push(...added.splice(0))
      sorted.push(line)
    }
  }
  return [...sorted, ...added]
}
