import { isHoneytokenKind } from '../../config/honeytoken-kinds.ts'

/** A template that cannot be read. */
export class TemplateError extends Error {}

/** One value: a literal, or where it comes from: `query.cmd`. */
export interface TemplatePart {
  literal?: string
  source?: string
}

/** `{{query.a '*' query.b | arithmetic}}`: parts one behind the other, then filters. */
export interface Expression {
  parts: TemplatePart[]
  filters: { name: string; argument: string | undefined }[]
}

const FILTERS = [
  'arithmetic',
  'base64',
  'drop',
  'file',
  'hex',
  'html',
  'json',
  'length',
  'lower',
  'md5',
  'reverse',
  'run',
  'sha1',
  'sha256',
  'trim',
  'unbase64',
  'unhex',
  'upper',
  'url',
  'urldecode',
  'without',
] as const
export type FilterName = (typeof FILTERS)[number]

const SOURCES = [
  /^(method|path|target|url|host|body|scheme|ip|port|company)$/,
  /^basic\.(user|password)$/,
  /^(query|form|field|header|cookie|capture|state|vars|upload)\../,
  /^json\.(\/.*)?$/,
  /^product\.(id|name|version)$/,
  /^persona\.(hostname|domain|kernel|os)$/,
  /^now\.(iso|http|unix|date|millis)$/,
  /^random\.(hex|digits|letters)\.\d{1,3}$/,
  /^random\.uuid$/,
  /^install\.(hex\.\d{1,3}|digits\.\d{1,2}|uuid)\.[\w-]{1,40}$/,
  /^honeytoken:[a-z0-9-]{1,24}:[a-z0-9_.-]{1,32}$/,
]

export function isFilter(name: string): name is FilterName {
  return (FILTERS as readonly string[]).includes(name)
}

export function isSource(name: string): boolean {
  const [prefix, kind = ''] = name.split(':')
  return SOURCES.some((known) => known.test(name)) && (prefix !== 'honeytoken' || isHoneytokenKind(kind))
}

/**
 * Cuts a template into plain text and expressions.
 * @throws TemplateError
 */
export function parseTemplate(text: string): (string | Expression)[] {
  const pieces: (string | Expression)[] = []
  let at = 0
  while (at < text.length) {
    let open = text.indexOf('{{', at)
    if (open < 0) break
    // `{{{x}}` is a brace and a value.
    while (text[open + 2] === '{') open++
    const end = text.indexOf('}}', open)
    if (end < 0) throw new TemplateError(`"{{" is never closed: ${text.slice(open, open + 40)}`)
    if (open > at) pieces.push(text.slice(at, open))
    pieces.push(parseExpression(text.slice(open + 2, end)))
    at = end + 2
  }
  if (at < text.length) pieces.push(text.slice(at))
  return pieces
}

const TOKEN = /\s*(?:'([^']*)'|(\|)|([^\s|']+))/y

function parseExpression(text: string): Expression {
  const parts: TemplatePart[] = []
  const filters: Expression['filters'] = []
  let inFilter = false
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const found = TOKEN.exec(text)
    if (!found) throw new TemplateError(`not to be read: {{${text}}}`)
    const [, literal, bar, word] = found
    const filter = filters.at(-1)
    if (bar !== undefined) {
      inFilter = true
      filters.push({ name: '', argument: undefined })
    } else if (!inFilter) parts.push(literal === undefined ? { source: word as string } : { literal })
    else if (filter?.name === '') filter.name = word ?? literal ?? ''
    else if (filter) filter.argument = literal ?? word
  }
  if (parts.length === 0) throw new TemplateError(`nothing stands in {{${text}}}`)
  return { parts, filters }
}
