/** What only a shell can tell: expansions, several commands, redirections. */
const NEEDS_SHELL = /[;&|<>`$(){}*?[\]!#\n]/

/**
 * The words of a simple command line, quotes and backslashes removed. Undefined when a shell is needed to say what the words
 * are, or a quote stays open.
 */
export function shellWords(line: string): string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  for (let at = 0; at < line.length; at++) {
    const letter = line[at]!
    if (letter === "'") {
      const end = line.indexOf("'", at + 1)
      if (end < 0) return undefined
      word = (word ?? '') + line.slice(at + 1, end)
      at = end
    } else if (letter === '"') {
      const quoted = /^"((?:[^"\\$`]|\\.)*)"/s.exec(line.slice(at))
      if (!quoted) return undefined
      word = (word ?? '') + quoted[1]!.replace(/\\(["\\$`])/g, '$1')
      at += quoted[0].length - 1
    } else if (letter === '\\') {
      if (at + 1 >= line.length) return undefined
      word = (word ?? '') + line[++at]
    } else if (letter === ' ' || letter === '\t') {
      if (word !== undefined) words.push(word)
      word = undefined
    } else if (NEEDS_SHELL.test(letter) || (letter === '~' && word === undefined)) {
      return undefined
    } else word = (word ?? '') + letter
  }
  if (word !== undefined) words.push(word)
  return words
}

/** Commands, redirections, comments, words of several commands: what a shell does besides finding words. */
const DOES_MORE = /[;&|<>`(){}!#\n]/

/** Whether only expansions keep {@link shellWords} from finding the words: patterns, variables, a home directory. */
export function onlyExpands(line: string): boolean {
  return !DOES_MORE.test(line)
}
