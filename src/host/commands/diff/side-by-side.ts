import type { TextFile } from './format.ts'
import type { Hunk } from './lines.ts'

const TAB = 8
/** Least width between the columns (sdiff.h of GNU diff). */
const GUTTER = 3

export interface Columns {
  /** Of the whole output; `-W`. */
  width: number
  onlyChanges: boolean
  /** Common lines stand in the left column alone. */
  leftColumn: boolean
}

/** Two columns, as `diff -y` without `--expand-tabs` fills them with tabs (side.c of GNU diff). */
export function sideBySide(a: TextFile, b: TextFile, hunks: readonly Hunk[], { width, onlyChanges, leftColumn }: Columns): string {
  const offset = Math.floor((width + TAB + GUTTER) / (2 * TAB)) * TAB
  const half = Math.max(0, Math.min(offset - GUTTER, width - offset))
  const second = half > 0 ? offset : width
  let text = ''
  const row = (left: string | undefined, mark: string, right: string | undefined): void => {
    let column = 0
    const print = (line: string, from: number): void => {
      const cut = halfLine(line, half)
      text += cut.text
      column = from + cut.width
    }
    if (left !== undefined) print(left, 0)
    if (mark !== ' ') {
      const place = Math.floor((half + second - 1) / 2)
      text += `${gap(column, place)}${mark}`
      column = place + 1
    }
    if (right) {
      text += gap(column, second)
      print(right, second)
    }
    text += '\n'
  }
  let at = 0
  for (const hunk of [...hunks, { a: a.lines.length, aEnd: a.lines.length, b: b.lines.length, bEnd: b.lines.length }]) {
    for (; at < hunk.a; at++)
      if (leftColumn) row(a.lines[at], '(', undefined)
      else if (!onlyChanges) row(a.lines[at], ' ', a.lines[at])
    const paired = Math.min(hunk.aEnd - hunk.a, hunk.bEnd - hunk.b)
    for (let i = 0; i < paired; i++) row(a.lines[hunk.a + i], '|', b.lines[hunk.b + i])
    for (let i = hunk.a + paired; i < hunk.aEnd; i++) row(a.lines[i], '<', undefined)
    for (let i = hunk.b + paired; i < hunk.bEnd; i++) row(undefined, '>', b.lines[i])
    at = hunk.aEnd
  }
  return text
}

/** Tabs and spaces from one column to another. */
function gap(from: number, to: number): string {
  let at = from
  let text = ''
  for (let tab = at + TAB - (at % TAB); tab <= to; tab += TAB) {
    text += '\t'
    at = tab
  }
  return text + ' '.repeat(Math.max(0, to - at))
}

/** As much of a line as fits. Bytes that continue a UTF-8 character take no room. */
function halfLine(line: string, bound: number): { text: string; width: number } {
  let text = ''
  let column = 0
  let width = 0
  for (const char of line) {
    if (char === '\t') {
      const stop = column + TAB - (column % TAB)
      if (column === width && stop < bound) {
        text += char
        width = stop
      }
      column = stop
    } else if (char >= '\x80' && char < '\xc0') {
      if (column <= bound) text += char
    } else if (column++ < bound) {
      text += char
      width = column
    }
    if (column > bound) break
  }
  return { text, width }
}
