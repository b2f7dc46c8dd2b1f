import { parseText, type WordNode } from '../grammar.ts'
import type { Shell } from '../shell.ts'

/** Expands parameters and substitutions in an arithmetic expression or subscript; what comes out is evaluated. */
export async function expandArithmeticText(shell: Shell, source: string): Promise<string> {
  const text = balanced(source)
  if (!/[$`'"\\]/.test(text)) return text
  const bare = text.replace(/"/g, '')
  if (!/[$`]/.test(bare)) return bare
  return expandLikeHereDocument(shell, bare)
}

/** Expands text in which only `$`, backquotes and backslashes are special: expressions, prompts. */
export async function expandLikeHereDocument(shell: Shell, text: string): Promise<string> {
  const word = readAsHereDocument(text)
  if (!word) return text
  const builder = shell.fieldBuilder(false)
  await shell.machinery.parts(shell, word.parts, builder, { quoted: true })
  return builder
    .finish()
    .map((field) => field.text)
    .join(' ')
    .replace(/\n$/, '')
}

/** just-bash takes one parenthesis too many with it where an expression ends in several. */
function balanced(text: string): string {
  let open = 0
  for (const char of text) open += char === '(' ? 1 : char === ')' ? -1 : 0
  return open < 0 && text.endsWith(')') ? balanced(text.slice(0, -1)) : text
}

/** A here-document is read as an expression is: everything but `$`, backquotes and backslashes stands for itself. */
function readAsHereDocument(text: string): WordNode | undefined {
  const { script } = parseText(`:<<__arithmetic__\n${text}\n__arithmetic__\n`)
  const command = script?.statements[0]?.pipelines[0]?.commands[0]
  const target = command?.type === 'SimpleCommand' ? command.redirections[0]?.target : undefined
  return target?.type === 'HereDoc' ? target.content : undefined
}
