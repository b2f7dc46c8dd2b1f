/** A head from its status line and the lines that have a value. */
export function headOf(statusLine: string, lines: Iterable<readonly [name: string, value: string | undefined]>): string {
  let head = `${statusLine}\r\n`
  for (const [name, value] of lines) if (value !== undefined) head += `${name}: ${oneLine(value)}\r\n`
  return `${head}\r\n`
}

/** A value of ours never breaks out of its line; a lure that plays CRLF injection sends its answer raw. */
function oneLine(value: string): string {
  return /[\r\n\0]/.test(value) ? value.replace(/[\r\n\0]/g, ' ') : value
}
