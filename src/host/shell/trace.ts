import type { HostText } from '../command.ts'
import { expandPrompt } from './prompt.ts'
import { quoteForTrace } from './quote.ts'
import type { Shell } from './shell.ts'

/** Shows what is about to run, under `set -x`. */
export async function trace(shell: Shell, text: HostText): Promise<void> {
  if (shell.options.has('xtrace')) await shell.process.stderr.write(`${prefix(shell)}${text}\n`)
}

/** A word as `set -x` prints it; dash does not quote. */
export function tracedWord(shell: Shell, word: HostText): HostText {
  return shell.dialect.name === 'dash' ? word : quoteForTrace(word)
}

/** PS4, its first character repeated for each level of evaluation. */
function prefix(shell: Shell): string {
  const prompt = expandPrompt(shell, shell.parameters.get('PS4') ?? '+ ')
  return (prompt[0] ?? '').repeat(Math.max(0, shell.evalDepth + shell.substitutionDepth)) + prompt
}
