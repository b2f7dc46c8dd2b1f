import type { HostText } from '../../command.ts'
import { widthOf } from '../../terminal/columns.ts'
import { assigning } from '../parameters.ts'
import type { Shell } from '../shell.ts'

/** `select`: shows a menu on stderr, reads a number, runs the body; until `break` or end of file. */
export async function selectFrom(
  shell: Shell,
  variable: string,
  words: readonly HostText[],
  body: () => Promise<{ status: number; leave: boolean }>,
): Promise<number> {
  if (words.length === 0) return 0
  let status = 0
  let show = true
  for (;;) {
    if (show) await shell.process.stderr.write(menu(shell, words))
    await shell.process.stderr.write(shell.parameters.get('PS3') ?? '#? ')
    const line = (await shell.process.stdin.line())?.replace(/\n$/, '')
    if (line === undefined) {
      await shell.process.stderr.write('\n')
      return 1
    }
    show = line.trim() === ''
    if (show) continue
    await assigning(shell, () => {
      shell.parameters.set('REPLY', line)
      shell.parameters.set(variable, /^\s*\d+\s*$/.test(line) ? (words[Number(line) - 1] ?? '') : '')
    })
    const turn = await body()
    status = turn.status
    if (turn.leave) return status
  }
}

const TAB_STOP = 8

/** Columns from top to bottom, filled up with tabs and blanks as bash does. */
function menu(shell: Shell, words: readonly HostText[]): string {
  const width = Number(shell.parameters.get('COLUMNS')) || shell.process.terminal?.columns || 80
  const digits = String(words.length).length
  const cell = Math.max(...words.map((word) => widthOf(word))) + digits + 4
  const perLine = Math.max(1, Math.floor(width / cell))
  const lines = Math.ceil(words.length / perLine)
  const rows = lines === 1 ? words.length : lines
  const firstDigits = String(rows).length
  let text = ''
  for (let row = 0; row < rows; row++) {
    for (let index = row, at = 0; index < words.length; index += rows, at += cell) {
      const number = String(index + 1).padStart(at === 0 ? firstDigits : digits)
      const shown = `${number}) ${words[index]}`
      text += shown
      if (index + rows < words.length) text += filling(at + widthOf(shown), at + cell)
    }
    text += '\n'
  }
  return text
}

function filling(from: number, to: number): string {
  let text = ''
  let at = from
  while (at < to) {
    const tab = Math.floor(to / TAB_STOP) > Math.floor(at / TAB_STOP)
    text += tab ? '\t' : ' '
    at += tab ? TAB_STOP - (at % TAB_STOP) : 1
  }
  return text
}
