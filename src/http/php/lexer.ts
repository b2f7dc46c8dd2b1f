/** A piece of a PHP file. `html` stands outside of `<?php … ?>`; `template` is a double-quoted string as it was written. */
export interface Token {
  kind: 'html' | 'string' | 'template' | 'number' | 'variable' | 'name' | 'operator' | 'command' | 'end'
  text: string
}

const LONGEST = 64 * 1024
const OPEN = /<\?(?:php\b|=)?/gi
const OPERATORS = /^(?:===|!==|\.=|\+=|-=|\*=|\?\?|\?->|->|=>|::|==|!=|<=|>=|&&|\|\||\+\+|--|[-+*/%.,;()[\]{}=<>!?:@&|^~$])/
const CAST = /^\(\s{0,4}(?:int|integer|string|float|bool|array)\s{0,4}\)/i

/** @throws SyntaxError for what is no token */
export function tokensOf(file: string): Token[] {
  const tokens: Token[] = []
  const text = file.slice(0, LONGEST)
  let at = 0
  while (at < text.length) {
    OPEN.lastIndex = at
    const open = OPEN.exec(text)
    if (!open) break
    if (open.index > at) tokens.push({ kind: 'html', text: text.slice(at, open.index) })
    if (open[0].endsWith('=')) tokens.push({ kind: 'name', text: 'echo' })
    at = readCode(text, OPEN.lastIndex, tokens)
    tokens.push({ kind: 'operator', text: ';' })
  }
  if (at < text.length) tokens.push({ kind: 'html', text: text.slice(at) })
  tokens.push({ kind: 'end', text: '' })
  return tokens
}

/** @returns where the HTML behind `?>` begins; the new line behind it belongs to it */
function readCode(text: string, from: number, tokens: Token[]): number {
  let at = from
  while (at < text.length) {
    const rest = text.slice(at, at + 4096)
    const skipped = /^(?:\s+|(?:#(?!\[)|\/\/)(?:(?!\?>)[^\n])*)/.exec(rest)?.[0].length ?? 0
    if (skipped > 0) at += skipped
    else if (rest.startsWith('/*')) at = after(text, '*/', at + 2)
    else if (rest.startsWith('?>')) return at + 2 + (/^\r?\n/.exec(text.slice(at + 2, at + 4))?.[0].length ?? 0)
    else at = readToken(text, rest, at, tokens)
  }
  return at
}

function readToken(text: string, rest: string, at: number, tokens: Token[]): number {
  const quote = rest[0] as string
  if (quote === "'" || quote === '"' || quote === '`') {
    const end = endOfString(text, at)
    const body = text.slice(at + 1, end)
    if (quote === "'") tokens.push({ kind: 'string', text: body.replace(/\\(['\\])/g, '$1') })
    else tokens.push({ kind: quote === '"' ? 'template' : 'command', text: body })
    return end + 1
  }
  for (const [kind, form] of [
    ['number', /^(?:0x[0-9a-f]{1,16}|\d{1,20}(?:\.\d{1,20})?(?:e[-+]?\d{1,3})?)/i],
    ['variable', /^\$[a-z_]\w{0,99}/i],
    ['name', /^\\?[a-z_][\w\\]{0,199}/i],
    ['operator', CAST],
    ['operator', OPERATORS],
  ] as const) {
    const found = form.exec(rest)?.[0]
    if (found === undefined) continue
    tokens.push({ kind, text: kind === 'name' ? found.replace(/^\\/, '') : found })
    return at + found.length
  }
  throw new SyntaxError(`no PHP at ${at}`)
}

function endOfString(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === text[at]) return i
  }
  throw new SyntaxError('a string does not end')
}

function after(text: string, mark: string, from: number): number {
  const end = text.indexOf(mark, from)
  return end < 0 ? text.length : end + mark.length
}
