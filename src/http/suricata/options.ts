/** A rule that cannot be used, in words for the operator. */
export class RuleError extends Error {}

/** One option of a rule: `nocase`, or `depth: 5`. */
export interface RuleOption {
  name: string
  value: string | undefined
}

/** Splits `msg:"a; b"; sid:1; nocase;` at the semicolons that stand outside of quotes. @throws RuleError */
export function splitOptions(text: string): RuleOption[] {
  const options: RuleOption[] = []
  let quoted = false
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '\\') at++
    else if (character === '"') quoted = !quoted
    else if (character === ';' && !quoted) {
      options.push(optionOf(text.slice(start, at)))
      start = at + 1
    }
  }
  if (quoted) throw new RuleError('a quote is not closed')
  if (text.slice(start).trim() !== '') throw new RuleError(`there is no ; behind "${text.slice(start).trim().slice(0, 40)}"`)
  return options
}

function optionOf(text: string): RuleOption {
  const colon = text.indexOf(':')
  if (colon < 0) return { name: text.trim().toLowerCase(), value: undefined }
  return { name: text.slice(0, colon).trim().toLowerCase(), value: text.slice(colon + 1).trim() }
}

/** `!"abc"` → negated, and what stands in the quotes. @throws RuleError */
export function quoted(value: string | undefined, name: string): { negated: boolean; text: string } {
  const [, not, text] = /^(!?)\s{0,8}"([\s\S]*)"$/.exec(value ?? '') ?? []
  if (text === undefined) throw new RuleError(`${name} needs a text in quotes`)
  return { negated: not === '!', text }
}

/** The bytes of a content, one a character: `GET |0d 0a|` and `\"`. @throws RuleError */
export function contentBytes(text: string): string {
  const parts = text.replace(/\\([\\";:])/g, (_, escaped: string) => (escaped === '|' ? '|' : `\u{100}${escaped}`)).split('|')
  if (parts.length % 2 === 0) throw new RuleError('a | is not closed')
  const bytes = parts.map((part, n) => {
    if (n % 2 === 0) return Buffer.from(part.replaceAll('\u{100}', ''), 'utf8').toString('latin1')
    const hex = part.replace(/\s/g, '')
    if (!/^(?:[0-9a-f]{2})*$/i.test(hex)) throw new RuleError(`|${part.slice(0, 20)}| is not hexadecimal`)
    return Buffer.from(hex, 'hex').toString('latin1')
  })
  const whole = bytes.join('')
  if (whole === '') throw new RuleError('a content is empty')
  return whole
}

/** A whole number. @throws RuleError */
export function whole(value: string | undefined, name: string): number {
  if (value === undefined || !/^-?\d{1,6}$/.test(value)) throw new RuleError(`${name} needs a number, not "${value ?? ''}"`)
  return Number(value)
}
