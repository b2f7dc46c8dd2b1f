/** A number that Java writes as double: `1.0`. */
export class Double {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }
}

/**
 * JSON as Jackson writes it. Pretty is two spaces, ` : `, `{ }` and `[ ]` for what is empty; since 5.0 each element of an
 * array has a line of its own, before that an array stays on its line.
 */
export function render(value: unknown, pretty: boolean, arrayLines = true): string {
  return pretty ? `${renderPretty(value, '', arrayLines)}\n` : renderCompact(value)
}

function renderScalar(value: unknown): string {
  if (value instanceof Double) return Number.isInteger(value.value) ? value.value.toFixed(1) : String(value.value)
  return JSON.stringify(value) ?? 'null'
}

function renderCompact(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(renderCompact).join(',')}]`
  if (!isMap(value)) return renderScalar(value)
  const members = entriesOf(value).map(([name, member]) => `${JSON.stringify(name)}:${renderCompact(member)}`)
  return `{${members.join(',')}}`
}

function renderPretty(value: unknown, indent: string, arrayLines: boolean): string {
  const inner = `${indent}  `
  if (Array.isArray(value)) {
    if (value.length === 0) return '[ ]'
    if (!arrayLines) return `[ ${value.map((one) => renderPretty(one, indent, false)).join(', ')} ]`
    return `[\n${value.map((one) => inner + renderPretty(one, inner, true)).join(',\n')}\n${indent}]`
  }
  if (!isMap(value)) return renderScalar(value)
  const members = entriesOf(value).map(([name, member]) => `${inner}${JSON.stringify(name)} : ${renderPretty(member, inner, arrayLines)}`)
  return members.length === 0 ? '{ }' : `{\n${members.join(',\n')}\n${indent}}`
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !(value instanceof Double)
}

function entriesOf(value: Record<string, unknown>): [string, unknown][] {
  return Object.entries(value).filter(([, member]) => member !== undefined)
}
