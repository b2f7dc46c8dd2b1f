import { BER, BerError, BerReader } from '../../sensor/ber.ts'

/** A search filter (RFC 4511 §4.5.1). Values stay bytes. */
export type Filter =
  | { kind: 'and' | 'or'; filters: Filter[] }
  | { kind: 'not'; filter: Filter }
  | { kind: 'equality' | 'greaterOrEqual' | 'lessOrEqual' | 'approx'; attribute: string; value: Buffer }
  | { kind: 'substrings'; attribute: string; initial: Buffer | undefined; any: Buffer[]; final: Buffer | undefined }
  | { kind: 'present'; attribute: string }
  | { kind: 'extensible'; rule: string | undefined; attribute: string | undefined; value: Buffer }
  /** A tag that is none: it decides nothing. */
  | { kind: 'undefined' }

const DEEPEST = 40
const MOST_PARTS = 2000

/** @throws BerError when it is cut, too deep or too large */
export function parseFilter(element: { tag: number; content: Buffer }): Filter {
  let parts = 0
  const parse = ({ tag, content }: { tag: number; content: Buffer }, depth: number): Filter => {
    if (depth > DEEPEST || ++parts > MOST_PARTS) throw new BerError('a filter of too many parts')
    const reader = new BerReader(content)
    switch (tag) {
      case 0xa0:
      case 0xa1: {
        const filters: Filter[] = []
        while (!reader.isAtEnd) filters.push(parse(reader.any(), depth + 1))
        return { kind: tag === 0xa0 ? 'and' : 'or', filters }
      }
      case 0xa2:
        return { kind: 'not', filter: parse(reader.any(), depth + 1) }
      case 0xa3:
        return assertion('equality', reader)
      case 0xa4:
        return substrings(reader)
      case 0xa5:
        return assertion('greaterOrEqual', reader)
      case 0xa6:
        return assertion('lessOrEqual', reader)
      case 0x87:
        return { kind: 'present', attribute: content.toString('latin1') }
      case 0xa8:
        return assertion('approx', reader)
      case 0xa9:
        return extensible(reader)
      default:
        return { kind: 'undefined' }
    }
  }
  return parse(element, 0)
}

function assertion(kind: 'equality' | 'greaterOrEqual' | 'lessOrEqual' | 'approx', reader: BerReader): Filter {
  return { kind, attribute: reader.take(BER.octets).toString('latin1'), value: reader.take(BER.octets) }
}

function substrings(reader: BerReader): Filter {
  const attribute = reader.take(BER.octets).toString('latin1')
  const parts = new BerReader(reader.take(BER.sequence))
  const filter = {
    kind: 'substrings' as const,
    attribute,
    initial: undefined as Buffer | undefined,
    any: [] as Buffer[],
    final: undefined as Buffer | undefined,
  }
  while (!parts.isAtEnd) {
    const { tag, content } = parts.any()
    if (tag === 0x80) filter.initial = content
    else if (tag === 0x82) filter.final = content
    else if (filter.any.length < MOST_PARTS) filter.any.push(content)
  }
  return filter
}

function extensible(reader: BerReader): Filter {
  let rule: string | undefined
  let attribute: string | undefined
  let value: Buffer = Buffer.alloc(0)
  while (!reader.isAtEnd) {
    const { tag, content } = reader.any()
    if (tag === 0x81) rule = content.toString('latin1')
    if (tag === 0x82) attribute = content.toString('latin1')
    if (tag === 0x83) value = content
  }
  return { kind: 'extensible', rule, attribute, value }
}

/** The filter as people write it (RFC 4515), at most `max` characters. */
export function filterText(filter: Filter, max = 2000): string {
  let text = ''
  const put = (part: string): void => {
    if (text.length < max) text += part
  }
  const escaped = (value: Buffer): string =>
    value
      .subarray(0, max)
      .toString('latin1')
      .replace(/[^ -~]|[()*\\]/g, (c) => `\\${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
  const signs = { equality: '=', greaterOrEqual: '>=', lessOrEqual: '<=', approx: '~=' } as const
  const write = (one: Filter): void => {
    put('(')
    switch (one.kind) {
      case 'and':
      case 'or':
        put(one.kind === 'and' ? '&' : '|')
        for (const inner of one.filters) if (text.length < max) write(inner)
        break
      case 'not':
        put('!')
        write(one.filter)
        break
      case 'present':
        put(`${one.attribute}=*`)
        break
      case 'substrings':
        put(`${one.attribute}=${[one.initial ?? Buffer.alloc(0), ...one.any, one.final ?? Buffer.alloc(0)].map(escaped).join('*')}`)
        break
      case 'extensible':
        put(`${one.attribute ?? ''}${one.rule === undefined ? '' : `:${one.rule}`}:=${escaped(one.value)}`)
        break
      case 'undefined':
        put('?')
        break
      default:
        put(`${one.attribute}${signs[one.kind]}${escaped(one.value)}`)
    }
    put(')')
  }
  write(filter)
  return text.slice(0, max)
}
