/** What stands on a terminal after some output: enough of an xterm for programs that paint by rows. */
export function screenOf(output: string, rows = 24, columns = 80): string[] {
  const cells = Array.from({ length: rows }, () => Array<string>(columns).fill(' '))
  let [row, column] = [0, 0]
  const scroll = (): void => {
    cells.shift()
    cells.push(Array<string>(columns).fill(' '))
  }
  for (const [token] of output.matchAll(/\x1b\[[?>]?[\d;]*[A-Za-z]|\x1b[=>M]|[\s\S]/gu)) {
    const [, parameters = '', letter] = /^\x1b\[([\d;]*)([A-Za-z])$/.exec(token) ?? []
    const [first = 0, second = 0] = parameters.split(';').map(Number)
    if (letter === 'H') [row, column] = [Math.max(1, first) - 1, Math.max(1, second) - 1]
    else if (letter === 'J') for (let r = row; r < rows; r++) cells[r]?.fill(' ', r === row && first === 0 ? column : 0)
    else if (letter === 'K') cells[row]?.fill(' ', column)
    else if (token.startsWith('\x1b')) continue
    else if (token === '\r') column = 0
    else if (token === '\n') {
      if (++row >= rows) {
        scroll()
        row = rows - 1
      }
    } else if (token === '\b') column = Math.max(0, column - 1)
    else if (token >= ' ') {
      const line = cells[row]
      if (line) line[column++] = token
    }
  }
  return cells.map((line) => line.join('').trimEnd())
}
