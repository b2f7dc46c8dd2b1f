/** One header line: the name as it was sent or shall be sent, and the value. Bytes above 0x7f are kept one a character (latin1). */
export type HeaderLine = readonly [name: string, value: string]

/** Header lines in their order, with look-up that ignores case (RFC 9110 §5.1). */
export class HeaderList implements Iterable<HeaderLine> {
  readonly lines: readonly HeaderLine[]

  constructor(lines: readonly HeaderLine[] = []) {
    this.lines = lines
  }

  /** The first value of a field. */
  get(name: string): string | undefined {
    const wanted = name.toLowerCase()
    return this.lines.find(([n]) => n.toLowerCase() === wanted)?.[1]
  }

  /** Every value of a field, in order. */
  all(name: string): string[] {
    const wanted = name.toLowerCase()
    return this.lines.filter(([n]) => n.toLowerCase() === wanted).map(([, value]) => value)
  }

  has(name: string): boolean {
    return this.get(name) !== undefined
  }

  /** Whether a comma-separated field lists `token`, whatever its case: `lists('connection', 'close')`. */
  lists(name: string, token: string): boolean {
    return this.all(name).some((value) => listsToken(value, token))
  }

  [Symbol.iterator](): Iterator<HeaderLine> {
    return this.lines[Symbol.iterator]()
  }
}

/** Whether `token` is one of a comma-separated list, whatever its case. */
export function listsToken(value: string, token: string): boolean {
  return value.split(',').some((part) => part.trim().toLowerCase() === token)
}

/** Lines without the fields named (lower case). */
export function withoutHeaders(lines: readonly HeaderLine[], ...names: string[]): HeaderLine[] {
  return lines.filter(([name]) => !names.includes(name.toLowerCase()))
}
