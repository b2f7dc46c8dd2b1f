/** Deepest nesting that is resolved, and characters that one text may grow to; Log4j has no such bounds, an attacker must not. */
const DEEPEST = 20
const LONGEST = 64 * 1024

/** A lookup whose content, once what is nested in it is resolved, begins with `jndi:`. */
export interface Resolved {
  /** As it stood in the text: `${${lower:j}ndi:ldap://x/a}`. */
  raw: string
  /** Behind `jndi:`, resolved: `ldap://x/a`. */
  target: string
}

interface Frame {
  start: number
  pieces: string[]
}

/**
 * Resolves the lookups of a text as Log4j's StrSubstitutor does: from the inside out, `:-` before a default, `:\-` for a
 * colon and dash. Lookups that only the attacked machine could answer (`env`, `sys`, `hostName`) take their default, or
 * stay as they are. One pass, in time and memory linear to the text; an unclosed lookup ends with the text.
 */
export function jndiLookupsIn(text: string): Resolved[] {
  const source = text.slice(0, LONGEST)
  const found: Resolved[] = []
  const outside: Frame = { start: 0, pieces: [] }
  const open: Frame[] = [outside]
  let at = 0
  while (at < source.length) {
    const frame = open.at(-1) as Frame
    if (source.startsWith('${', at) && open.length <= DEEPEST) {
      open.push({ start: at, pieces: [] })
      at += 2
    } else if (source[at] === '}' && open.length > 1) {
      open.pop()
      at += 1
      close(frame, open.at(-1) as Frame, source.slice(frame.start, at), found)
    } else {
      const next = nextMark(source, at + 1)
      frame.pieces.push(source.slice(at, next))
      at = next
    }
  }
  while (open.length > 1) {
    const frame = open.pop() as Frame
    const content = frame.pieces.join('')
    if (isJndi(content)) found.push({ raw: source.slice(frame.start), target: content.slice(5) })
    ;(open.at(-1) as Frame).pieces.push('${', content)
  }
  return found
}

function nextMark(source: string, from: number): number {
  let at = from
  while (at < source.length && source[at] !== '}' && !(source[at] === '$' && source[at + 1] === '{')) at++
  return at
}

function close(frame: Frame, parent: Frame, raw: string, found: Resolved[]): void {
  const content = frame.pieces.join('')
  if (isJndi(content)) {
    found.push({ raw, target: content.slice(5) })
    parent.pieces.push(`\${${content}}`)
    return
  }
  parent.pieces.push(lookUp(content) ?? `\${${content}}`)
}

function isJndi(content: string): boolean {
  return content.slice(0, 5).toLowerCase() === 'jndi:'
}

/** The value of a lookup, or undefined when it has none here. */
function lookUp(content: string): string | undefined {
  const split = content.indexOf(':-')
  const name = (split < 0 ? content : content.slice(0, split)).replaceAll(':\\-', ':-')
  const fallback = split < 0 ? undefined : content.slice(split + 2)
  const colon = name.indexOf(':')
  if (colon < 0) return fallback
  const key = name.slice(colon + 1)
  switch (name.slice(0, colon).toLowerCase()) {
    case 'lower':
    case 'lowercase':
      return key.toLowerCase()
    case 'upper':
    case 'uppercase':
      // Java upper-cases the dotless i of Turkish to a plain I, which some filters do not know.
      return key.toUpperCase()
    case 'date':
      return formatDate(key)
    case 'base64':
    case 'base64decoder':
      return Buffer.from(key, 'base64').toString('utf8')
    case 'urldecoder':
      return key.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    case 'const':
      return key
    default:
      return fallback
  }
}

const DATE_FIELDS: Readonly<Record<string, (now: Date) => number>> = {
  y: (now) => now.getUTCFullYear(),
  M: (now) => now.getUTCMonth() + 1,
  d: (now) => now.getUTCDate(),
  H: (now) => now.getUTCHours(),
  m: (now) => now.getUTCMinutes(),
  s: (now) => now.getUTCSeconds(),
}

/** A pattern of SimpleDateFormat: quoted text as it is, `''` a quote, runs of known letters as the time in UTC. */
function formatDate(pattern: string): string {
  return pattern.replace(/'([^']*)'|([yMdHms])\2*/g, (run: string, quoted: string | undefined, letter: string | undefined) => {
    if (quoted !== undefined) return quoted === '' ? "'" : quoted
    const value = DATE_FIELDS[letter ?? '']?.(new Date()) ?? 0
    return String(value).padStart(Math.min(run.length, 4), '0')
  })
}
