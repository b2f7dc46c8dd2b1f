/** A distinguished name (RFC 4514) in its comparable form: lower case, escapes resolved, first part first. */
export type Dn = readonly string[]

const MOST_PARTS = 64
const ATTRIBUTE = /^ {0,8}([A-Za-z][A-Za-z0-9-]{0,63}|\d{1,9}(?:\.\d{1,9}){1,20}) {0,8}=/

/** Undefined when it is no name. The empty name has no parts. */
export function parseDn(text: string): Dn | undefined {
  if (text.trim() === '') return []
  const parts = splitUnescaped(text)
  if (parts.length > MOST_PARTS) return undefined
  const dn: string[] = []
  for (const part of parts) {
    const match = ATTRIBUTE.exec(part)
    if (!match) return undefined
    const value = unescaped(part.slice(match[0].length).trim())
    if (value === undefined || value === '') return undefined
    dn.push(`${(match[1] as string).toLowerCase()}=${value.toLowerCase().replace(/ +/g, ' ')}`)
  }
  return dn
}

function splitUnescaped(text: string): string[] {
  const parts: string[] = []
  let start = 0
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === ',' || text[i] === ';') {
      parts.push(text.slice(start, i))
      start = i + 1
    }
  }
  return [...parts, text.slice(start)]
}

/** `\,` and `\2c`; undefined when a character stands there that must be escaped. */
function unescaped(value: string): string | undefined {
  if (/(?<!\\)["<>]/.test(value)) return undefined
  return value.replace(/\\([0-9a-fA-F]{2}|.)/g, (_, what: string) =>
    what.length === 2 ? String.fromCharCode(Number.parseInt(what, 16)) : what,
  )
}

/** Whether `dn` stands below `base` or is it. */
export function isUnder(dn: Dn, base: Dn): boolean {
  return dn.length >= base.length && base.every((part, i) => part === dn[dn.length - base.length + i])
}

/** The value of the first part: `maris` of `uid=maris,ou=people`. */
export function firstValue(dn: Dn): string {
  const [first = ''] = dn
  return first.slice(first.indexOf('=') + 1)
}
