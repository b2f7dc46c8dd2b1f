/** Where jq stands in its input when it notices something: it counts what it has read. */
interface Place {
  line: number
  column: number
}

const LITERAL = /^(?:null|true|false|nan|-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)$/

/** jq 1.6's words for input that is no JSON; undefined for a stream of valid values. */
export function invalidJson(text: string): string | undefined {
  const place: Place = { line: 1, column: 0 }
  /** What is open, and what was read last in it. */
  const open: ('{' | '[')[] = []
  let last: 'start' | 'value' | ',' | ':' = 'start'
  let token = ''
  let inString = false
  const here = (what: string): string => `${what} at line ${place.line}, column ${place.column}`
  const value = (): string | undefined => {
    if (last === 'value' && open.length > 0) return here('Expected separator between values')
    last = 'value'
    return undefined
  }
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string
    if (char === '\n') {
      place.line++
      place.column = 0
    } else place.column++
    if (inString) {
      if (char === '\\') {
        at++
        place.column++
      } else if (char === '"') inString = false
      continue
    }
    if (!/[\s[\]{}:,"]/.test(char)) {
      token += char
      continue
    }
    if (token !== '') {
      if (!LITERAL.test(token)) return here('Invalid numeric literal')
      token = ''
      const wrong = value()
      if (wrong) return wrong
    }
    const inside = open.at(-1)
    if (char === '"') {
      inString = true
      const wrong = value()
      if (wrong) return wrong
    } else if (char === '{' || char === '[') {
      if (last === 'value' && open.length > 0) return here('Expected separator between values')
      open.push(char)
      last = 'start'
    } else if (char === '}' || char === ']') {
      if ((char === '}') !== (inside === '{')) return here(`Unmatched '${char}'`)
      if (last === ',') return here(char === '}' ? 'Expected another key-value pair' : 'Expected another array element')
      if (last === ':') return here('Objects must consist of key:value pairs')
      open.pop()
      last = 'value'
    } else if (char === ':' || char === ',') {
      if (open.length === 0) return here(char === ':' ? "':' not as part of an object" : "',' not as part of an object or array")
      if (last !== 'value') return here(char === ',' ? "Expected value before ','" : "Expected string key before ':'")
      last = char
    }
  }
  if (token !== '' && !LITERAL.test(token)) return here('Invalid numeric literal at EOF')
  return inString || open.length > 0 ? here('Unfinished JSON term at EOF') : undefined
}
