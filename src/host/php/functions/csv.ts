/** The fields of a line of comma-separated values, with quotes around some of them. */
export function splitCsv(line: string, by: string): string[] {
  const fields: string[] = []
  let field = ''
  let isQuoted = false
  for (let at = 0; at < line.length; at++) {
    const sign = line[at] as string
    if (isQuoted && sign === '"' && line[at + 1] === '"') {
      field += '"'
      at++
    } else if (sign === '"') isQuoted = !isQuoted
    else if (sign === by && !isQuoted) {
      fields.push(field)
      field = ''
    } else field += sign
  }
  return [...fields, field]
}
