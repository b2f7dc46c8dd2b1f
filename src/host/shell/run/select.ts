import type { HostText } from '../../command.ts'
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

/** Columns as execute_cmd.c of bash lays them out. */
function menu(shell: Shell, words: readonly HostText[]): string {
  const width = Number(shell.parameters.get('COLUMNS')) || shell.process.terminal?.columns || 80
  const digits = String(words.length).length
  const widest = Math.max(...words.map((word) => word.length)) + digits + 2
  const perLine = Math.max(1, Math.floor(width / (widest + 2)))
  const rows = Math.ceil(words.length / perLine)
  const columns = rows === 1 ? 1 : Math.ceil(words.length / rows)
  const lines = rows === 1 ? words.length : rows
  let text = ''
  for (let row = 0; row < lines; row++) {
    const cells: string[] = []
    for (let column = 0; column < columns; column++) {
      const index = column * lines + row
      if (index < words.length) cells.push(`${String(index + 1).padStart(digits)}) ${words[index]}`)
    }
    text += `${cells.map((cell, i) => (i < cells.length - 1 ? cell.padEnd(widest + 2) : cell)).join('')}\n`
  }
  return text
}
