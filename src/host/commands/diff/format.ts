import type { Hunk } from './lines.ts'

/** Lines of a file and whether its last one has a newline. */
export interface TextFile {
  lines: readonly string[]
  complete: boolean
}

const NO_NEWLINE = '\\ No newline at end of file\n'

function shown(file: TextFile, index: number, mark: string): string {
  const line = `${mark}${file.lines[index]}\n`
  return index === file.lines.length - 1 && !file.complete ? line + NO_NEWLINE : line
}

function span(from: number, to: number): string {
  return to - from <= 1 ? String(to) : `${from + 1},${to}`
}

export function normalDiff(a: TextFile, b: TextFile, hunks: readonly Hunk[]): string {
  return hunks
    .map((hunk) => {
      const kind = hunk.a === hunk.aEnd ? 'a' : hunk.b === hunk.bEnd ? 'd' : 'c'
      const head = `${kind === 'a' ? hunk.a : span(hunk.a, hunk.aEnd)}${kind}${kind === 'd' ? hunk.b : span(hunk.b, hunk.bEnd)}\n`
      let text = head
      for (let i = hunk.a; i < hunk.aEnd; i++) text += shown(a, i, '< ')
      if (kind === 'c') text += '---\n'
      for (let i = hunk.b; i < hunk.bEnd; i++) text += shown(b, i, '> ')
      return text
    })
    .join('')
}

/** Neighbouring hunks whose contexts touch are one group. */
function groups(hunks: readonly Hunk[], context: number): Hunk[][] {
  const result: Hunk[][] = []
  for (const hunk of hunks) {
    const last = result.at(-1)?.at(-1)
    if (last && hunk.a - last.aEnd <= 2 * context) result.at(-1)?.push(hunk)
    else result.push([hunk])
  }
  return result
}

export function unifiedDiff(a: TextFile, b: TextFile, hunks: readonly Hunk[], context: number): string {
  return groups(hunks, context)
    .map((group) => {
      const [first, last] = [group[0] as Hunk, group.at(-1) as Hunk]
      const fromA = Math.max(0, first.a - context)
      const toA = Math.min(a.lines.length, last.aEnd + context)
      const fromB = Math.max(0, first.b - context)
      const toB = Math.min(b.lines.length, last.bEnd + context)
      const range = (from: number, to: number): string =>
        to - from === 1 ? String(from + 1) : `${to === from ? from : from + 1},${to - from}`
      let text = `@@ -${range(fromA, toA)} +${range(fromB, toB)} @@\n`
      let at = fromA
      for (const hunk of group) {
        for (; at < hunk.a; at++) text += shown(a, at, ' ')
        for (let i = hunk.a; i < hunk.aEnd; i++) text += shown(a, i, '-')
        for (let i = hunk.b; i < hunk.bEnd; i++) text += shown(b, i, '+')
        at = hunk.aEnd
      }
      for (; at < toA; at++) text += shown(a, at, ' ')
      return text
    })
    .join('')
}

export function contextDiff(a: TextFile, b: TextFile, hunks: readonly Hunk[], context: number): string {
  return groups(hunks, context)
    .map((group) => {
      const [first, last] = [group[0] as Hunk, group.at(-1) as Hunk]
      const part = (file: TextFile, side: 'a' | 'b', mark: string): { head: string; body: string } => {
        const [start, end] = side === 'a' ? [first.a, last.aEnd] : [first.b, last.bEnd]
        const [from, to] = [Math.max(0, start - context), Math.min(file.lines.length, end + context)]
        const touched = group.some((hunk) => (side === 'a' ? hunk.aEnd > hunk.a : hunk.bEnd > hunk.b))
        let body = ''
        for (let i = from; touched && i < to; i++) {
          const hunk = group.find((candidate) =>
            side === 'a' ? i >= candidate.a && i < candidate.aEnd : i >= candidate.b && i < candidate.bEnd,
          )
          const both = hunk && hunk.aEnd > hunk.a && hunk.bEnd > hunk.b
          body += shown(file, i, hunk ? (both ? '! ' : `${mark} `) : '  ')
        }
        return { head: to - from === 1 ? String(to) : `${from + 1},${to}`, body }
      }
      const [left, right] = [part(a, 'a', '-'), part(b, 'b', '+')]
      return `***************\n*** ${left.head} ****\n${left.body}--- ${right.head} ----\n${right.body}`
    })
    .join('')
}

/** Two columns, 130 wide, as `diff -y` without `--expand-tabs` fills them with tabs. */
export function sideBySide(a: TextFile, b: TextFile, hunks: readonly Hunk[], width: number, onlyChanges: boolean): string {
  const half = Math.floor((width - 3) / 2 / 8) * 8
  const column = Math.min(half, 61) + 0
  const pad = (text: string, to: number): string => {
    let at = text.length
    let tabs = ''
    while (Math.floor(at / 8) * 8 + 8 <= to) {
      at = Math.floor(at / 8) * 8 + 8
      tabs += '\t'
    }
    return text + tabs + ' '.repeat(Math.max(0, to - at))
  }
  let text = ''
  const row = (left: string | undefined, mark: string, right: string | undefined): void => {
    const cut = (left ?? '').slice(0, column)
    if (mark === ' ') text += `${pad(cut, 64)}${(right ?? '').slice(0, column)}\n`
    else text += `${pad(cut, 62)}${mark}${right === undefined ? '' : `\t${right.slice(0, column)}`}\n`
  }
  let at = 0
  for (const hunk of [...hunks, { a: a.lines.length, aEnd: a.lines.length, b: 0, bEnd: 0 }]) {
    for (; at < hunk.a; at++) if (!onlyChanges) row(a.lines[at], ' ', a.lines[at])
    const paired = Math.min(hunk.aEnd - hunk.a, hunk.bEnd - hunk.b)
    for (let i = 0; i < paired; i++) row(a.lines[hunk.a + i], '|', b.lines[hunk.b + i])
    for (let i = hunk.a + paired; i < hunk.aEnd; i++) row(a.lines[i], '<', undefined)
    for (let i = hunk.b + paired; i < hunk.bEnd; i++) row('', '>', b.lines[i])
    at = hunk.aEnd
  }
  return text
}
