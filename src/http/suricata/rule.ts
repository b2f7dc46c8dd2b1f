import { RE2JS } from 're2js'
import { type BufferName, bufferOfModifier, isBufferName } from './buffers.ts'
import { contentBytes, quoted, RuleError, splitOptions, whole } from './options.ts'

/** What is reported of a rule that matches. */
export interface Signature {
  sid: number
  rev?: number
  msg: string
  classtype?: string
  /** `CVE-2021-44228`, of its references and metadata. */
  cves?: string[]
}

export type Transform = 'to_lowercase' | 'url_decode' | 'strip_whitespace' | 'compress_whitespace'

/** One thing that a rule asks of a buffer, in the order of the rule. Texts are bytes, one a character. */
export type Check =
  | {
      is: 'content'
      text: string
      nocase: boolean
      negated: boolean
      /** From the start of the buffer. */
      offset?: number
      depth?: number
      /** From the end of the match before. */
      distance?: number
      within?: number
      endswith?: boolean
      fast?: boolean
    }
  | { is: 'pcre'; pattern: RE2JS; negated: boolean; relative: boolean }
  | { is: 'size'; min: number; max: number }
  | { is: 'data-at'; at: number; relative: boolean; negated: boolean }

export interface BufferChecks {
  buffer: BufferName
  transforms: Transform[]
  checks: Check[]
}

export interface Rule {
  signature: Signature
  buffers: BufferChecks[]
}

type Content = Extract<Check, { is: 'content' }>

/** Options that say nothing about a single request. */
const SILENT = new Set(
  'msg sid rev classtype reference metadata gid priority flow threshold detection_filter target tag fast_pattern rawbytes flowint noalert prefilter tls.sni'.split(
    ' ',
  ),
)
const TRANSFORMS = new Set<string>(['to_lowercase', 'url_decode', 'strip_whitespace', 'compress_whitespace'])
const PCRE_BUFFERS: Record<string, BufferName> = {
  U: 'http.uri',
  I: 'http.uri.raw',
  P: 'http.request_body',
  H: 'http.header',
  D: 'http.header.raw',
  M: 'http.method',
  C: 'http.cookie',
  V: 'http.user_agent',
  W: 'http.host',
  Z: 'http.host.raw',
}

/**
 * Reads one line of a Suricata rules file (docs.suricata.io, "Rules").
 * @returns undefined for what asks nothing of an HTTP request: comments, other protocols, rules about answers
 * @throws RuleError for a rule that is wrong, or asks for what cannot be told of a single request
 */
export function parseRule(line: string): Rule | undefined {
  const text = line.trim()
  if (text === '' || text.startsWith('#')) return undefined
  const [, protocol, body] = /^(?:alert|drop|reject\w{0,4}|pass)\s+(\S+)\s+\S.{0,2000}?(?:->|<>|=>)[^(]{1,2000}\((.*)\)$/s.exec(text) ?? []
  if (protocol === undefined || body === undefined) throw new RuleError('not a rule: action protocol source -> destination (options)')
  if (!/^(?:http1?|tcp|ip|any)$/.test(protocol)) return undefined
  const options = splitOptions(body)
  const value = (name: string): string | undefined => options.find((option) => option.name === name)?.value
  if (/\b(?:to_client|from_server)\b/.test(value('flow') ?? '')) return undefined
  if (options.some(({ name }) => /^(?:http[._](?:stat|response|server)|file[._]?data)/.test(name))) return undefined
  const builder = new Builder()
  for (const { name, value: given } of options) builder.add(name, given)
  const buffers = builder.buffers.filter(({ checks }) => checks.length > 0)
  if (protocol !== 'http' && protocol !== 'http1' && buffers.every(({ buffer }) => buffer === 'pkt_data') && !/HTTP/.test(text))
    return undefined
  if (buffers.length === 0) throw new RuleError('it asks nothing of a request')
  const cves = [
    ...new Set([...body.matchAll(/\bcve[,_ -]{1,2}(?:CVE[_-])?(\d{4})[_-](\d{4,7})/gi)].map(([, year, n]) => `CVE-${year}-${n}`)),
  ]
  const rev = value('rev')
  const classtype = value('classtype')
  return {
    signature: {
      sid: whole10(value('sid')),
      msg: quoted(value('msg'), 'msg')
        .text.replace(/\\([\\";:])/g, '$1')
        .slice(0, 500),
      ...(rev !== undefined && { rev: whole(rev, 'rev') }),
      ...(classtype !== undefined && { classtype }),
      ...(cves.length > 0 && { cves }),
    },
    buffers,
  }
}

function whole10(value: string | undefined): number {
  if (value === undefined || !/^\d{1,10}$/.test(value)) throw new RuleError('it has no sid')
  return Number(value)
}

/** Collects checks in the order of the rule; a modifier is of the content before it. */
class Builder {
  readonly buffers: BufferChecks[] = [{ buffer: 'pkt_data', transforms: [], checks: [] }]
  #last: Content | undefined

  get #current(): BufferChecks {
    return this.buffers.at(-1) as BufferChecks
  }

  add(name: string, value: string | undefined): void {
    if (isBufferName(name)) {
      this.buffers.push({ buffer: name, transforms: [], checks: [] })
      this.#last = undefined
      return
    }
    const modified = bufferOfModifier(name)
    if (modified) this.#move(modified)
    else if (TRANSFORMS.has(name)) this.#current.transforms.push(name as Transform)
    else if (name === 'content') this.#content(value)
    else if (name === 'pcre') this.#pcre(value)
    else if (name === 'bsize') this.#current.checks.push(sizeOf(value))
    else if (name === 'urilen') this.#placed('http.uri.raw').checks.push(sizeOf(value?.replace(/,(?:norm|raw)$/, '')))
    else if (name === 'isdataat') this.#dataAt(value)
    else if (name === 'flowbits') this.#flowbits(value)
    else if (name === 'fast_pattern' && this.#last) this.#last.fast = true
    else if (!SILENT.has(name)) this.#modify(name, value)
  }

  #modify(name: string, value: string | undefined): void {
    const last = this.#last
    if (!['nocase', 'offset', 'depth', 'distance', 'within', 'startswith', 'endswith'].includes(name))
      throw new RuleError(`"${name}" is not known here`)
    if (!last) throw new RuleError(`${name} stands behind no content`)
    if (name === 'nocase') last.nocase = true
    else if (name === 'startswith') Object.assign(last, { offset: 0, depth: last.text.length })
    else if (name === 'endswith') last.endswith = true
    else last[name as 'offset' | 'depth' | 'distance' | 'within'] = whole(value, name)
    if (last.within !== undefined && last.within < last.text.length) throw new RuleError('within is shorter than its content')
    if (last.depth !== undefined && last.depth < last.text.length) throw new RuleError('depth is shorter than its content')
  }

  #content(value: string | undefined): void {
    const { negated, text } = quoted(value, 'content')
    this.#last = { is: 'content', text: contentBytes(text), nocase: false, negated }
    this.#current.checks.push(this.#last)
  }

  /** `http_uri` and its kin, of old rules: the content before stands in that buffer. */
  #move(buffer: BufferName): void {
    const last = this.#last
    if (!last) throw new RuleError('a buffer modifier stands behind no content')
    for (const one of this.buffers) one.checks = one.checks.filter((check) => check !== last)
    this.#placed(buffer).checks.push(last)
  }

  /** The checks of a buffer beside the current one. */
  #placed(buffer: BufferName): BufferChecks {
    const known = this.buffers.find((one) => one.buffer === buffer && one.transforms.length === 0)
    if (known) return known
    const placed: BufferChecks = { buffer, transforms: [], checks: [] }
    this.buffers.splice(-1, 0, placed)
    return placed
  }

  #pcre(value: string | undefined): void {
    const { negated, text } = quoted(value, 'pcre')
    const [, source, letters = ''] = /^\/([\s\S]*)\/([A-Za-z]*)$/.exec(text) ?? []
    if (source === undefined) throw new RuleError('pcre needs /pattern/flags')
    let flags = 0
    for (const letter of letters) {
      if (letter === 'i') flags |= RE2JS.CASE_INSENSITIVE
      else if (letter === 's') flags |= RE2JS.DOTALL
      else if (letter === 'm') flags |= RE2JS.MULTILINE
      else if (!'RUIPHDMCVWZBOxAEG'.includes(letter) || letter === 'x') throw new RuleError(`the flag ${letter} of a pcre is not known`)
    }
    const named = [...letters].map((letter) => PCRE_BUFFERS[letter]).find((buffer) => buffer !== undefined)
    const checks = named ? this.#placed(named).checks : this.#current.checks
    checks.push({ is: 'pcre', pattern: compile(source, flags), negated, relative: letters.includes('R') })
    this.#last = undefined
  }

  #dataAt(value: string | undefined): void {
    const [, not, at, relative] = /^(!?)\s{0,4}(\d{1,5})(?:\s{0,4},\s{0,4}(relative))?(?:\s{0,4},\s{0,4}rawbytes)?$/.exec(value ?? '') ?? []
    if (at === undefined) throw new RuleError('isdataat needs a number')
    this.#current.checks.push({ is: 'data-at', at: Number(at), relative: relative !== undefined, negated: not === '!' })
  }

  #flowbits(value: string | undefined): void {
    if (/^is(?:not)?set/.test(value ?? '')) throw new RuleError('it depends on another rule (flowbits)')
  }
}

/** RE2 has no look-around and no back-references: its time grows with the text alone. */
function compile(source: string, flags: number): RE2JS {
  try {
    return RE2JS.compile(source.replace(/\\\//g, '/'), flags)
  } catch {
    throw new RuleError('its pcre asks for look-around, back-references or what else RE2 does not have')
  }
}

/** `5`, `<5`, `>5`, `3<>9`: the ends of a range do not count. */
function sizeOf(value: string | undefined): Check {
  const [, low, sign, high] = /^\s{0,4}(\d{0,6})\s{0,4}(<>|<|>|)\s{0,4}(\d{0,6})\s{0,4}$/.exec(value ?? '') ?? []
  if (sign === '<>' && low && high) return { is: 'size', min: Number(low) + 1, max: Number(high) - 1 }
  if (sign === '<' && !low && high) return { is: 'size', min: 0, max: Number(high) - 1 }
  if (sign === '>' && !low && high) return { is: 'size', min: Number(high) + 1, max: Number.POSITIVE_INFINITY }
  if (sign === '' && low && !high) return { is: 'size', min: Number(low), max: Number(low) }
  throw new RuleError(`"${value ?? ''}" is no size`)
}
