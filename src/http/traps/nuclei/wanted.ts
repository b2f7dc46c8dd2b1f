import { createHash } from 'node:crypto'
import { NoSample, sampleOf } from './sample.ts'
import type { NucleiMatcher, NucleiRequest } from './template.ts'

/** What an answer must have for a scanner to be satisfied. */
export interface Wanted {
  status: number | undefined
  body: string[]
  header: string[]
  contentType: string | undefined
  /** The body has to have this length. */
  size: number | undefined
  /** Matchers that no answer of one request can satisfy, in words for the operator. */
  undecided: string[]
}

const nothing = (): Wanted => ({ status: undefined, body: [], header: [], contentType: undefined, size: undefined, undecided: [] })

/** What the answers to a request must hold so that the scanner finds what its later requests are made of. */
export function extractedBy(request: NucleiRequest): Wanted {
  const wanted = nothing()
  for (const { type, name, part, regex } of request.extractors) {
    if (name === undefined) continue
    if (type === 'regex') want({ type, part, regex, condition: 'or', negative: false }, wanted)
    else wanted.undecided.push(`extractors of type ${type}`)
  }
  return wanted
}

/** Works out what the matchers of a request ask for: all of them, or the first that can be had. */
export function wantedBy(request: NucleiRequest): Wanted {
  const positive = request.matchers.filter((matcher) => !matcher.negative)
  if (request['matchers-condition'] === 'and') {
    const all = nothing()
    for (const matcher of positive) want(matcher, all)
    return all
  }
  const tried = positive.map((matcher) => {
    const one = nothing()
    want(matcher, one)
    return one
  })
  return tried.find(({ undecided }) => undecided.length === 0) ?? tried[0] ?? nothing()
}

function want(matcher: NucleiMatcher, wanted: Wanted): void {
  const some = <T>(list: readonly T[]): readonly T[] => (matcher.condition === 'and' ? list : list.slice(0, 1))
  const place = /header|content_type|location|set_cookie/.test(matcher.part) ? wanted.header : wanted.body
  if (/interactsh/.test(matcher.part)) {
    wanted.undecided.push('a call back to the scanner, which is never made')
    return
  }
  switch (matcher.type) {
    case 'word':
      if (matcher.part === 'content_type') wanted.contentType = matcher.words?.[0]
      else place.push(...some(matcher.words ?? []))
      return
    case 'status':
      wanted.status = [matcher.status ?? 200].flat()[0]
      return
    case 'size':
      wanted.size = [matcher.size ?? 0].flat()[0]
      return
    case 'regex':
      for (const pattern of some(matcher.regex ?? [])) {
        try {
          place.push(sampleOf(pattern))
        } catch (error) {
          if (!(error instanceof NoSample)) throw error
          wanted.undecided.push(`no text is made for ${pattern}`)
        }
      }
      return
    case 'dsl':
      for (const expression of some(matcher.dsl ?? [])) wantExpression(expression, wanted)
      return
    default:
      wanted.undecided.push(`matchers of type ${matcher.type}`)
  }
}

/** The parts of an expression that are joined by `&&`; of those joined by `||` the first. */
function wantExpression(expression: string, wanted: Wanted): void {
  for (const part of (expression.split('||')[0] ?? '').split('&&').map((one) => one.trim())) {
    const [, status] = /^\(?status_code(?:_\d)?\s*==\s*(\d{3})\)?$/.exec(part) ?? []
    const [, call, where = '', rest = ''] = /^\(?(contains|contains_all|contains_any)\((.+?),\s*(.+)\)\)?$/s.exec(part) ?? []
    const [, pattern] = /^\(?regex\((?:"((?:[^"\\]|\\.)*)"|'([^']*)'),\s*\w+\)\)?$/s.exec(part)?.filter((one) => one !== undefined) ?? []
    if (status !== undefined) wanted.status = Number(status)
    else if (/^(?:len\(body(?:_\d)?\)\s*==\s*0)$/.test(part)) wanted.size = 0
    else if (part.startsWith('!') || /^status_code(?:_\d)?\s*!=/.test(part)) continue
    else if (pattern !== undefined) want({ type: 'regex', part: 'body', regex: [pattern], condition: 'or', negative: false }, wanted)
    else if (call !== undefined && !/interactsh/.test(where)) {
      const quoted = [...rest.matchAll(/"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'/g)].map(([, a, b]) =>
        (a ?? b ?? '').replace(/\\(.)/g, '$1'),
      )
      // `md5(num)`, `randstr`: a value that is no text of the template.
      const words = /^\w+(?:\((?:\w+|"[^"]*"|'[^']*')\))?$/.test(rest) ? [`{{${rest}}}`] : quoted
      const chosen = call === 'contains_any' ? words.slice(0, 1) : words
      if (/content_type/.test(where)) wanted.contentType = chosen[0]
      else if (/header|location|set_cookie/.test(where)) wanted.header.push(...chosen)
      else wanted.body.push(...chosen)
    } else wanted.undecided.push(part)
  }
}

const FUNCTIONS: Readonly<Record<string, (word: string) => string>> = {
  md5: (word) => createHash('md5').update(word).digest('hex'),
  sha1: (word) => createHash('sha1').update(word).digest('hex'),
  sha256: (word) => createHash('sha256').update(word).digest('hex'),
  base64: (word) => Buffer.from(word).toString('base64'),
  base64_decode: (word) => Buffer.from(word, 'base64').toString('utf8'),
  hex_encode: (word) => Buffer.from(word).toString('hex'),
  reverse: (word) => [...word].reverse().join(''),
  to_lower: (word) => (isMark(word) ? word : word.toLowerCase()),
  to_upper: (word) => (isMark(word) ? word : word.toUpperCase()),
  url_encode: (word) => encodeURIComponent(word.toWellFormed()),
}

function isMark(word: string): boolean {
  return /^\{\{[^{}]*\}\}$/.test(word)
}

/** `{{md5(999)}}` and `{{base64("a")}}` as the scanner computes them. */
export function computed(text: string): string {
  return text.replace(
    /\{\{(\w+)\((?:"([^"]*)"|'([^']*)'|(\d+))\)\}\}/g,
    (whole, name: string, a?: string, b?: string, n?: string) =>
      (Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name]?.(a ?? b ?? n ?? '') : undefined) ?? whole,
  )
}
