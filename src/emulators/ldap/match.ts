import type { Entry } from './directory.ts'
import type { Filter } from './filter.ts'
import subschema from './subschema.json' with { type: 'json' }

/** Names of attributes, with those they go by too, in lower case → the first name. */
const KNOWN = new Map<string, string>(
  subschema.attributeTypes.flatMap((text) => {
    const names = /NAME (?:'([^']+)'|\( ([^)]+) \))/.exec(text)
    const all = (names?.[1] ?? names?.[2] ?? '').replaceAll("'", '').split(' ')
    return all.map((name): [string, string] => [name.toLowerCase(), (all[0] as string).toLowerCase()])
  }),
)
const INTEGERS = new Set(
  subschema.attributeTypes.flatMap((text) => (text.includes('integerMatch') ? [/'([^']+)'/.exec(text)?.[1]?.toLowerCase() ?? ''] : [])),
)

/** What an attribute is called in the schema; `commonName` is `cn`. Undefined when there is no such attribute. */
export function canonical(attribute: string): string | undefined {
  return KNOWN.get(attribute.split(';', 1)[0]?.toLowerCase() ?? '')
}

/** Whether an entry matches: true, false, or undefined where the schema does not know (RFC 4511 §4.5.1.7). */
export function matches(entry: Pick<Entry, 'attributes' | 'operational'>, filter: Filter): boolean | undefined {
  switch (filter.kind) {
    case 'and':
      return both(filter.filters.map((one) => matches(entry, one)))
    case 'or':
      return negated(both(filter.filters.map((one) => negated(matches(entry, one)))))
    case 'not':
      return negated(matches(entry, filter.filter))
    case 'undefined':
      return undefined
    case 'extensible':
      return extended(entry, filter)
    default:
      return withValues(entry, filter.attribute, (values, name) => values.some((value) => holds(value, filter, name)))
  }
}

function both(verdicts: readonly (boolean | undefined)[]): boolean | undefined {
  if (verdicts.includes(false)) return false
  return verdicts.includes(undefined) ? undefined : true
}

const negated = (verdict: boolean | undefined): boolean | undefined => (verdict === undefined ? undefined : !verdict)

function withValues(
  { attributes, operational }: Pick<Entry, 'attributes' | 'operational'>,
  attribute: string,
  verdict: (values: readonly string[], name: string) => boolean,
): boolean | undefined {
  const name = canonical(attribute)
  if (name === undefined) return undefined
  const found = [...attributes, ...operational].find(([one]) => canonical(one) === name)
  // Passwords are matched by nobody: slapd's access rules let them be compared only in a bind.
  return found && name !== 'userpassword' ? verdict(found[1], name) : false
}

function holds(value: string, filter: Exclude<Filter, { kind: 'and' | 'or' | 'not' | 'undefined' | 'extensible' }>, name: string): boolean {
  switch (filter.kind) {
    case 'present':
      return true
    case 'equality':
      return plain(value) === plain(filter.value.toString('utf8'))
    case 'approx':
      return sound(value) === sound(filter.value.toString('utf8'))
    case 'greaterOrEqual':
      return compare(value, filter.value.toString('utf8'), name) >= 0
    case 'lessOrEqual':
      return compare(value, filter.value.toString('utf8'), name) <= 0
    case 'substrings':
      return hasParts(plain(value), filter)
  }
}

/** caseIgnoreMatch: case and repeated blanks do not count. */
const plain = (value: string): string => value.trim().replace(/ +/g, ' ').toLowerCase()

function compare(a: string, b: string, name: string): number {
  if (INTEGERS.has(name)) return Number(a) - Number(b)
  return plain(a) < plain(b) ? -1 : plain(a) === plain(b) ? 0 : 1
}

function hasParts(value: string, { initial, any, final }: Extract<Filter, { kind: 'substrings' }>): boolean {
  const text = (part: Buffer): string => part.toString('utf8').toLowerCase()
  let at = 0
  if (initial) {
    if (!value.startsWith(text(initial))) return false
    at = text(initial).length
  }
  for (const part of any) {
    const found = value.indexOf(text(part), at)
    if (found < 0) return false
    at = found + text(part).length
  }
  return !final || (value.length - text(final).length >= at && value.endsWith(text(final)))
}

/** Words by their consonants, much as slapd's phonetic matching takes them. */
function sound(value: string): string {
  return plain(value)
    .split(' ')
    .map(
      (word) =>
        word.slice(0, 1) +
        word
          .slice(1)
          .replace(/[aeiouyhw]/g, '')
          .replace(/(.)\1+/g, '$1'),
    )
    .join(' ')
}

/** LDAP_MATCHING_RULE_BIT_AND and _OR (MS-ADTS 3.1.1.3.4.4), which OpenLDAP knows too. */
function extended(
  entry: Pick<Entry, 'attributes' | 'operational'>,
  { rule, attribute, value }: Extract<Filter, { kind: 'extensible' }>,
): boolean | undefined {
  const isAnd = rule === '1.2.840.113556.1.4.803'
  if (attribute === undefined || (!isAnd && rule !== '1.2.840.113556.1.4.804')) return undefined
  const mask = Number(value.toString('latin1'))
  return withValues(entry, attribute, (values) =>
    values.some((one) => (isAnd ? (Number(one) & mask) === mask : (Number(one) & mask) !== 0)),
  )
}
