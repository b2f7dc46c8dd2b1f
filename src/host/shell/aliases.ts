import type { Shell } from './shell.ts'

/** After these words a command begins, so an alias may stand there. */
const BEFORE_COMMAND = new Set([
  'if',
  'then',
  'else',
  'elif',
  'while',
  'until',
  'do',
  '{',
  '!',
  'time',
  '(',
  ';',
  '&',
  '|',
  '&&',
  '||',
  '|&',
  ';;',
  '\n',
])

/** Aliases of aliases are followed this far; a name is replaced once in its own value. */
const DEEPEST = 20

/** Replaces alias names at the places of commands, before the text is parsed. Quoted words and here-documents' bodies stay. */
export function expandAliases(text: string, shell: Pick<Shell, 'aliases'>): string {
  if (shell.aliases.size === 0) return text
  return expand(text, shell.aliases, new Set(), 0)
}

function expand(text: string, aliases: ReadonlyMap<string, string>, used: ReadonlySet<string>, depth: number): string {
  const [program, ...hereDocument] = /<<-?\s*['"\\]?\w/.test(text) ? splitFirstLine(text) : [text]
  const tokens = /(\n|\s+|&&|\|\||\|&|;;|[;&|(){}]|(?:\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"|\$\(|`|[^\s;&|(){}'"\\`])+)/g
  let result = ''
  let at = 0
  let command = true
  for (const match of (program as string).matchAll(tokens)) {
    result += (program as string).slice(at, match.index)
    const token = match[0]
    at = (match.index ?? 0) + token.length
    if (/^[^\S\n]+$/.test(token)) {
      result += token
      continue
    }
    const value = command && !used.has(token) && depth < DEEPEST ? aliases.get(token) : undefined
    if (value !== undefined) {
      result += expand(value, aliases, new Set([...used, token]), depth + 1)
      // An alias that ends in a blank lets the next word be one too.
      command = /[ \t]$/.test(value)
      continue
    }
    result += token
    const assignment = command && /^[A-Za-z_]\w*\+?=/.test(token)
    command = assignment || BEFORE_COMMAND.has(token) || /^\s*\n/.test(token)
  }
  return [result + (program as string).slice(at), ...hereDocument].join('\n')
}

function splitFirstLine(text: string): string[] {
  const at = text.indexOf('\n')
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}
