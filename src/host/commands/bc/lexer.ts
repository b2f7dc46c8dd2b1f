export type Token = { line: number } & (
  | { kind: 'number' | 'name' | 'string' | 'operator' | 'keyword'; text: string }
  /** `end` is where the text given so far ends. */
  | { kind: 'newline' | 'end'; text: '' }
)

const KEYWORDS = new Set(
  'auto break continue define else for halt history ibase if last length limits obase print quit random read return scale sqrt void warranty while'.split(
    ' ',
  ),
)

const SPACE = /(?:[ \t\r]|\\\n|\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\/|#[^\n]*)+/y
const TOKEN =
  /(?<newline>\n)|(?<string>"[^"]*")|(?<number>[0-9A-Z]+(?:\.[0-9A-Z]*)?|\.[0-9A-Z]+)|(?<word>[a-z][a-z0-9_]*)|(?<operator>\+\+|--|&&|\|\||[-+*/%^<>=!]=|[-+*/%^<>=!(){}[\],;.&])/y

/**
 * Tokens of a piece of a program.
 * @param line number of the first line
 * @param illegal hears of a character that no token begins with; it is passed over
 */
export function tokensOf(source: string, line: number, illegal: (character: string, line: number) => void): Token[] {
  const tokens: Token[] = []
  let at = 0
  let now = line
  const pass = (text: string): void => {
    at += text.length
    for (const character of text) if (character === '\n') now++
  }
  while (at < source.length) {
    SPACE.lastIndex = TOKEN.lastIndex = at
    const space = SPACE.exec(source)
    if (space) {
      pass(space[0])
      continue
    }
    const found = TOKEN.exec(source)
    if (!found) {
      illegal(source[at] as string, now)
      at++
      continue
    }
    pass(found[0])
    tokens.push(tokenOf(found, now))
  }
  tokens.push({ kind: 'end', text: '', line: now })
  return tokens
}

/** A line that ends counts as the next one already when the token is looked at. */
function tokenOf({ 0: text, groups = {} }: RegExpExecArray, line: number): Token {
  if (groups.newline) return { kind: 'newline', text: '', line }
  if (groups.string) return { kind: 'string', text: text.slice(1, -1), line }
  if (groups.number) return { kind: 'number', text: text.replace(/^0+(?=.)/, '').replace(/\.$/, '') || '0', line }
  if (groups.word) return { kind: KEYWORDS.has(text) ? 'keyword' : 'name', text, line }
  return { kind: 'operator', text, line }
}

/** Whether a text stands in the middle of a comment, a string, braces or a line that goes on. */
export function isOpen(source: string): boolean {
  const plain = source.replace(/\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\/|"[^"]*"|#[^\n]*/g, ' ')
  if (plain.includes('/*') || plain.includes('"') || plain.endsWith('\\\n')) return true
  let depth = 0
  for (const character of plain) depth += character === '{' ? 1 : character === '}' ? -1 : 0
  return depth > 0
}
