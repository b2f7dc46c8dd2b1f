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

/** A script for ed: the last change first, so that the numbers hold. */
export function edScript(b: TextFile, hunks: readonly Hunk[]): string {
  return hunks
    .toReversed()
    .map((hunk) => {
      const kind = hunk.a === hunk.aEnd ? 'a' : hunk.b === hunk.bEnd ? 'd' : 'c'
      const head = `${kind === 'a' ? hunk.a : span(hunk.a, hunk.aEnd)}${kind}\n`
      const lines = b.lines.slice(hunk.b, hunk.bEnd).map((line) => `${line}\n`)
      return kind === 'd' ? head : `${head}${lines.join('')}.\n`
    })
    .join('')
}

/** RCS's form: how many lines go and come at which place of the first file. */
export function rcsScript(b: TextFile, hunks: readonly Hunk[]): string {
  return hunks
    .map((hunk) => {
      const [gone, come] = [hunk.aEnd - hunk.a, hunk.bEnd - hunk.b]
      const removed = gone > 0 ? `d${hunk.a + 1} ${gone}\n` : ''
      const lines = b.lines.slice(hunk.b, hunk.bEnd).map((line, i) => {
        const isEnd = hunk.b + i === b.lines.length - 1 && !b.complete
        return isEnd ? line : `${line}\n`
      })
      return removed + (come > 0 ? `a${hunk.aEnd} ${come}\n${lines.join('')}` : '')
    })
    .join('')
}

const COLOURS: readonly [line: RegExp, colour: string][] = [
  [/^(?:\+\+\+ |--- .*\t|\*\*\* .*\t|diff )/, '1'],
  [/^(?:@@ |\*\*\* |--- .* ----$|[0-9,]+[acd])/, '36'],
  [/^[+>]/, '32'],
  [/^(?:-(?!--$)|<)/, '31'],
]

/** The lines in the colours of `--color`. */
export function coloured(text: string): string {
  return text.replace(/^.+$/gm, (line) => {
    const colour = COLOURS.find(([form]) => form.test(line))?.[1]
    return colour ? `\x1b[${colour}m${line}\x1b[0m` : line
  })
}
