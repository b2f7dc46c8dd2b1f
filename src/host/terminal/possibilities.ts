import { widthOf } from './columns.ts'

/** readline asks before it shows more possibilities. */
const MANY_POSSIBILITIES = 100

export interface ListScreen {
  columns: number
  rows: number
  write: (text: string) => Promise<void>
  /** The next key as text; undefined at hang-up. */
  key: () => Promise<string | undefined>
}

/** Lists what may stand for a word, in columns from top to bottom and a page at a time. False when nobody is there any more. */
export async function listPossibilities(
  words: readonly string[],
  { columns, rows, write, key }: ListScreen,
): Promise<'shown' | 'refused' | 'interrupted'> {
  await write('\n')
  if (words.length >= MANY_POSSIBILITIES) {
    await write(`Display all ${words.length} possibilities? (y or n)`)
    const answer = await yesOrNo(write, key)
    if (answer === 'interrupted') return answer
    await write('\n')
    if (answer === 'no') return 'refused'
  }
  const lines = inColumns(words, columns)
  let left = rows - 1
  for (const [i, line] of lines.entries()) {
    await write(`${line}\n`)
    left--
    if (left > 0 || i === lines.length - 1) continue
    const more = await askForMore(write, key)
    if (more === 0) return 'shown'
    left = more === 'page' ? rows - 1 : 1
  }
  return 'shown'
}

async function yesOrNo(write: ListScreen['write'], key: ListScreen['key']): Promise<'yes' | 'no' | 'interrupted'> {
  for (;;) {
    const answer = await key()
    if (answer === undefined || answer === '\x03') return 'interrupted'
    if (/^[yY ]$/.test(answer)) return 'yes'
    if (/^[nN\x7f\x07]$/.test(answer)) return 'no'
    await write('\x07')
  }
}

async function askForMore(write: ListScreen['write'], key: ListScreen['key']): Promise<'page' | 'line' | 0> {
  await write('--More--')
  for (;;) {
    const answer = await key()
    const more =
      answer === undefined || /^[qQnN\x7f\x07\x03]$/.test(answer)
        ? 0
        : /^[ yY]$/.test(answer)
          ? 'page'
          : /^[\r\n]$/.test(answer)
            ? 'line'
            : undefined
    if (more === undefined) {
      await write('\x07')
      continue
    }
    await write('\r\x1b[K\r')
    return more
  }
}

function inColumns(words: readonly string[], width: number): string[] {
  // The slash of a directory is not counted.
  const widest = Math.max(...words.map((word) => widthOf(word.replace(/\/$/, '')))) + 2
  let perLine = Math.max(1, Math.floor(width / widest))
  if (perLine > 1 && perLine * widest === width) perLine--
  const count = Math.ceil(words.length / perLine)
  return Array.from({ length: count }, (_, row) => {
    let line = ''
    for (let column = 0; column < perLine; column++) {
      const word = words[row + column * count]
      if (word === undefined) break
      line += column === perLine - 1 ? word : word + ' '.repeat(Math.max(0, widest - widthOf(word)))
    }
    return line
  })
}
