/**
 * XML-RPC (xmlrpc.com/spec) as WordPress reads and writes it: a call with its values, and answers and faults in the
 * white space of IXR_Server.
 */

export type XmlRpcValue = string | number | boolean | Date | Buffer | XmlRpcValue[] | { [name: string]: XmlRpcValue }

export interface MethodCall {
  method: string
  params: XmlRpcValue[]
}

/** `-32700` parse error. not well formed */
export class XmlRpcFormatError extends Error {
  constructor(message = 'parse error. not well formed') {
    super(message)
    this.name = 'XmlRpcFormatError'
  }
}

const LONGEST = 4 * 1024 * 1024
const MOST_TOKENS = 200_000
const DEEPEST = 40

/** A call from its XML. @throws XmlRpcFormatError */
export function decodeCall(xml: string): MethodCall {
  const tokens = tokensOf(xml)
  const reader = new Reader(tokens)
  reader.open('methodCall')
  const method = reader.text('methodName').trim()
  const params: XmlRpcValue[] = []
  if (reader.skip('params')) {
    while (reader.skip('param')) {
      params.push(reader.value(0))
      reader.close('param')
    }
    reader.close('params')
  }
  return { method, params }
}

interface Token {
  kind: 'open' | 'close' | 'text'
  text: string
}

function tokensOf(xml: string): Token[] {
  if (xml.length > LONGEST) throw new XmlRpcFormatError()
  const body = xml.replace(/^\uFEFF?\s*<\?xml[^>]{0,200}\?>/, '').replace(/<!DOCTYPE[^>]{0,2000}>/i, '')
  const tokens: Token[] = []
  for (const match of body.matchAll(/<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([A-Za-z0-9.]{1,40})\s*(\/?)>|([^<]+)|</g)) {
    if (tokens.length >= MOST_TOKENS) throw new XmlRpcFormatError()
    const [whole, cdata, slash, name, empty, text] = match
    if (whole === '<') throw new XmlRpcFormatError()
    if (cdata !== undefined) tokens.push({ kind: 'text', text: cdata })
    else if (text !== undefined) tokens.push({ kind: 'text', text: unescapeXml(text) })
    else if (name !== undefined) {
      tokens.push({ kind: slash ? 'close' : 'open', text: name })
      if (empty) tokens.push({ kind: 'close', text: name })
    }
  }
  return tokens
}

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

function unescapeXml(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|([a-z]{1,6}));/g,
    (whole, hex: string | undefined, decimal: string | undefined, name: string | undefined) => {
      if (name !== undefined) return NAMED[name] ?? whole
      const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
      return point <= 0x10ffff && point > 0 ? String.fromCodePoint(point) : ''
    },
  )
}

class Reader {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  /** The next tag, past white space. */
  #peek(): Token | undefined {
    while (this.#tokens[this.#at]?.kind === 'text' && this.#tokens[this.#at]?.text.trim() === '') this.#at++
    return this.#tokens[this.#at]
  }

  skip(name: string): boolean {
    const token = this.#peek()
    if (token?.kind !== 'open' || token.text !== name) return false
    this.#at++
    return true
  }

  open(name: string): void {
    if (!this.skip(name)) throw new XmlRpcFormatError()
  }

  close(name: string): void {
    const token = this.#peek()
    if (token?.kind !== 'close' || token.text !== name) throw new XmlRpcFormatError()
    this.#at++
  }

  /** The text of `<name>…</name>`. */
  text(name: string): string {
    this.open(name)
    return this.#textUntil(name)
  }

  #textUntil(name: string): string {
    let text = ''
    while (this.#tokens[this.#at]?.kind === 'text') text += this.#tokens[this.#at++]?.text
    this.close(name)
    return text
  }

  value(depth: number): XmlRpcValue {
    if (depth > DEEPEST) throw new XmlRpcFormatError()
    this.open('value')
    const start = this.#at
    const token = this.#peek()
    if (token?.kind !== 'open') {
      this.#at = start
      return this.#textUntil('value')
    }
    this.#at++
    const value = this.#typed(token.text, depth)
    this.close('value')
    return value
  }

  #typed(type: string, depth: number): XmlRpcValue {
    switch (type) {
      case 'array':
        return this.#array(depth)
      case 'struct':
        return this.#struct(depth)
      case 'int':
      case 'i4':
      case 'double':
        return Number(this.#textUntil(type)) || 0
      case 'boolean':
        return this.#textUntil(type).trim() === '1'
      case 'base64':
        return Buffer.from(this.#textUntil(type), 'base64')
      case 'dateTime.iso8601':
        return dateOf(this.#textUntil(type))
      default:
        return this.#textUntil(type)
    }
  }

  #array(depth: number): XmlRpcValue[] {
    const values: XmlRpcValue[] = []
    if (this.skip('data')) {
      while (this.#peek()?.text === 'value' && this.#peek()?.kind === 'open') values.push(this.value(depth + 1))
      this.close('data')
    }
    this.close('array')
    return values
  }

  #struct(depth: number): { [name: string]: XmlRpcValue } {
    const members: [string, XmlRpcValue][] = []
    while (this.skip('member')) {
      const name = this.text('name')
      members.push([name, this.value(depth + 1)])
      this.close('member')
    }
    this.close('struct')
    return Object.fromEntries(members)
  }
}

function dateOf(text: string): Date {
  const [, y, m, d, h, min, s] = /^(\d{4})-?(\d\d)-?(\d\d)T(\d\d):(\d\d):(\d\d)/.exec(text.trim()) ?? []
  return new Date(Date.UTC(Number(y ?? 1970), Number(m ?? 1) - 1, Number(d ?? 1), Number(h ?? 0), Number(min ?? 0), Number(s ?? 0)))
}

/** A call as a client writes it. */
export function encodeCall({ method, params }: MethodCall): string {
  const list = params.map((param) => `<param><value>${encodeValue(param)}</value></param>`)
  return `<?xml version="1.0"?><methodCall><methodName>${escapeXml(method)}</methodName><params>${list.join('')}</params></methodCall>`
}

/** A value inside its `<value>`, as IXR_Value writes it. */
export function encodeValue(value: XmlRpcValue): string {
  if (typeof value === 'boolean') return `<boolean>${value ? 1 : 0}</boolean>`
  if (typeof value === 'number') return Number.isInteger(value) ? `<int>${value}</int>` : `<double>${value}</double>`
  if (typeof value === 'string') return `<string>${escapeXml(value)}</string>`
  if (value instanceof Date) return `<dateTime.iso8601>${value.toISOString().slice(0, 19).replaceAll('-', '')}</dateTime.iso8601>`
  if (Buffer.isBuffer(value)) return `<base64>${value.toString('base64')}</base64>`
  if (Array.isArray(value)) return `<array><data>\n${value.map((one) => `  <value>${encodeValue(one)}</value>\n`).join('')}</data></array>`
  const members = Object.entries(value).map(
    ([name, member]) => `  <member><name>${escapeXml(name)}</name><value>${encodeValue(member)}</value></member>\n`,
  )
  return `<struct>\n${members.join('')}</struct>`
}

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<methodResponse>\n'

export function encodeResponse(value: XmlRpcValue): string {
  return `${HEAD}  <params>\n    <param>\n      <value>\n      ${encodeValue(value)}\n      </value>\n    </param>\n  </params>\n</methodResponse>\n`
}

export function encodeFault(code: number, text: string): string {
  const member = (name: string, value: string): string =>
    `        <member>\n          <name>${name}</name>\n          <value>${value}</value>\n        </member>\n`
  const members = member('faultCode', `<int>${code}</int>`) + member('faultString', `<string>${escapeXml(text)}</string>`)
  return `${HEAD}  <fault>\n    <value>\n      <struct>\n${members}      </struct>\n    </value>\n  </fault>\n</methodResponse>\n`
}

/** htmlspecialchars with ENT_QUOTES; what XML cannot hold is left out. */
function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#039;')
}
