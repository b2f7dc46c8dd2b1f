import type { HostText } from '../command.ts'
import { expandLikeHereDocument } from './expand/arithmetic-text.ts'
import { expandPrompt } from './prompt.ts'
import { quoteForTrace } from './quote.ts'
import type { Shell } from './shell.ts'

/** Shows what is about to run, under `set -x`. */
export async function trace(shell: Shell, text: HostText): Promise<void> {
  if (shell.options.has('xtrace')) await shell.process.stderr.write(`${await prefix(shell)}${text}\n`)
}

/** A word as `set -x` prints it; dash does not quote. */
export function tracedWord(shell: Shell, word: HostText): HostText {
  return shell.dialect.name === 'dash' ? word : quoteForTrace(word)
}

/** PS4 with its parameters expanded, its first character repeated for each level of evaluation. */
async function prefix(shell: Shell): Promise<string> {
  const decoded = expandPrompt(shell, shell.parameters.get('PS4') ?? '+ ')
  const prompt = /[$`]/.test(decoded) ? await untraced(shell, () => expandLikeHereDocument(shell, decoded)) : decoded
  return (prompt[0] ?? '').repeat(Math.max(0, shell.evalDepth + shell.substitutionDepth)) + prompt
}

/** What the prompt itself runs is not shown, and leaves `$?` as it was. */
async function untraced<T>(shell: Shell, expand: () => Promise<T>): Promise<T> {
  const { status } = shell
  shell.options.set('xtrace', false)
  try {
    return await expand()
  } finally {
    shell.options.set('xtrace', true)
    shell.status = status
  }
}
