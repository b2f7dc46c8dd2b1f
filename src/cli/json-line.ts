/** What JSON may hold as itself, and terminals and browsers would obey: C1 controls, line separators, invisible and bidirectional characters. */
const OBEYED = /[\u007f-\u009f\u2028\u2029]|\p{Cf}/gu

/** A value as JSON in one line that is safe on a terminal: what is not to be seen is written as `\uXXXX` and means the same. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(OBEYED, (character) => {
    // One escape for each half of a surrogate pair.
    return Array.from({ length: character.length }, (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')
  })
}
