import type { TextBuffer } from './text-buffer.ts'

/** Where a motion leads, and what an operator with it takes: whole lines, or up to and with the character there. */
export interface Motion {
  row: number
  column: number
  linewise?: boolean
  inclusive?: boolean
}

const WORD = /[\p{L}\p{N}_]/u

function kindOf(char: string | undefined, big: boolean): number {
  if (char === undefined || /\s/.test(char)) return 0
  return big || WORD.test(char) ? 1 : 2
}

/** Motions of one key. @param count undefined when none was typed */
export function motionOf(
  key: string,
  buffer: TextBuffer,
  count: number | undefined,
  page: { top: number; rows: number },
): Motion | undefined {
  const { row, column, line, lines } = buffer
  const n = count ?? 1
  const last = lines.length - 1
  const rowwise = (to: number): Motion => ({ row: Math.min(last, Math.max(0, to)), column, linewise: true })
  const firstOf = (to: number): Motion => {
    const at = Math.min(last, Math.max(0, to))
    return { row: at, column: indentOf(lines[at] as string), linewise: true }
  }
  switch (key) {
    case 'h':
    case 'left':
    case '\x7f':
    case '\b':
      return { row, column: Math.max(0, column - n) }
    case 'l':
    case ' ':
    case 'right':
      return { row, column: Math.min(line.length, column + n) }
    case 'j':
    case 'down':
    case '\x0e':
      return rowwise(row + n)
    case 'k':
    case 'up':
    case '\x10':
      return rowwise(row - n)
    case '\r':
    case '\n':
    case '+':
      return firstOf(row + n)
    case '-':
      return firstOf(row - n)
    case '0':
    case 'home':
      return { row, column: 0 }
    case '^':
      return { row, column: indentOf(line) }
    case '$':
    case 'end':
      return {
        row: Math.min(last, row + n - 1),
        column: Math.max(0, (lines[Math.min(last, row + n - 1)] as string).length - 1),
        inclusive: true,
      }
    case 'w':
    case 'W':
    case 'word-right':
      return repeated(buffer, n, (at) => wordForward(lines, at, key === 'W'))
    case 'b':
    case 'B':
    case 'word-left':
      return repeated(buffer, n, (at) => wordBack(lines, at, key === 'B'))
    case 'e':
    case 'E':
      return { ...repeated(buffer, n, (at) => wordEnd(lines, at, key === 'E')), inclusive: true }
    case 'G':
      return firstOf(count === undefined ? last : count - 1)
    case 'H':
      return firstOf(page.top + n - 1)
    case 'M':
      return firstOf(page.top + Math.floor((Math.min(page.rows, lines.length - page.top) - 1) / 2))
    case 'L':
      return firstOf(Math.min(last, page.top + page.rows - 1) - n + 1)
    case '}':
    case '{':
      return { row: paragraph(lines, row, key === '}' ? 1 : -1), column: 0 }
    case '%':
      return matching(lines, row, column)
    default:
      return undefined
  }
}

export function indentOf(line: string): number {
  const at = line.search(/\S/)
  return at < 0 ? Math.max(0, line.length - 1) : at
}

interface Place {
  row: number
  column: number
}

function repeated({ row, column }: TextBuffer, count: number, step: (at: Place) => Place): Place {
  let at: Place = { row, column }
  for (let i = 0; i < Math.min(count, 10_000); i++) {
    const next = step(at)
    if (next.row === at.row && next.column === at.column) break
    at = next
  }
  return at
}

function wordForward(lines: readonly string[], { row, column }: Place, big: boolean): Place {
  const line = lines[row] as string
  let at = column
  const kind = kindOf(line[at], big)
  while (at < line.length && kind !== 0 && kindOf(line[at], big) === kind) at++
  while (at < line.length && kindOf(line[at], big) === 0) at++
  if (at < line.length) return { row, column: at }
  if (row + 1 >= lines.length) return { row, column: line.length }
  const next = (lines[row + 1] as string).search(/\S/)
  return { row: row + 1, column: Math.max(0, next) }
}

function wordBack(lines: readonly string[], { row, column }: Place, big: boolean): Place {
  const line = lines[row] as string
  let at = column - 1
  while (at >= 0 && kindOf(line[at], big) === 0) at--
  if (at < 0) {
    if (row === 0) return { row, column: 0 }
    const before = lines[row - 1] as string
    return before.trim() === '' ? { row: row - 1, column: 0 } : wordBack(lines, { row: row - 1, column: before.length }, big)
  }
  const kind = kindOf(line[at], big)
  while (at > 0 && kindOf(line[at - 1], big) === kind) at--
  return { row, column: at }
}

function wordEnd(lines: readonly string[], { row, column }: Place, big: boolean): Place {
  const line = lines[row] as string
  let at = column + 1
  while (at < line.length && kindOf(line[at], big) === 0) at++
  if (at >= line.length) {
    for (let next = row + 1; next < lines.length; next++) {
      const start = (lines[next] as string).search(/\S/)
      if (start >= 0) return endFrom(lines[next] as string, next, start, big)
    }
    return { row, column: Math.max(0, line.length - 1) }
  }
  return endFrom(line, row, at, big)
}

function endFrom(line: string, row: number, from: number, big: boolean): Place {
  const kind = kindOf(line[from], big)
  let at = from
  while (at + 1 < line.length && kindOf(line[at + 1], big) === kind) at++
  return { row, column: at }
}

function paragraph(lines: readonly string[], row: number, step: 1 | -1): number {
  let at = row + step
  while (at > 0 && at < lines.length - 1 && lines[at] !== '') at += step
  return Math.min(lines.length - 1, Math.max(0, at))
}

const PAIRS = '()[]{}'
/** How far a bracket's partner is looked for, characters. */
const FARTHEST = 200_000

function matching(lines: readonly string[], row: number, column: number): Motion | undefined {
  const line = lines[row] as string
  let at = column
  while (at < line.length && !PAIRS.includes(line[at] as string)) at++
  const char = line[at]
  if (char === undefined) return undefined
  const index = PAIRS.indexOf(char)
  const partner = PAIRS[index % 2 === 0 ? index + 1 : index - 1]
  const step = index % 2 === 0 ? 1 : -1
  let depth = 0
  let walked = 0
  for (let r = row, c = at; r >= 0 && r < lines.length && walked < FARTHEST; ) {
    const here = (lines[r] as string)[c]
    if (here === char) depth++
    else if (here === partner && --depth === 0) return { row: r, column: c, inclusive: true }
    c += step
    walked++
    while (r >= 0 && r < lines.length && (c < 0 || c >= (lines[r] as string).length)) {
      r += step
      c = step > 0 ? 0 : (lines[r] ?? '').length - 1
      if (++walked > FARTHEST) return undefined
      if ((lines[r] ?? '').length > 0) break
    }
  }
  return undefined
}
