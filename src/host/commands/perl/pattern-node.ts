import { interpolatePattern } from './interpolation.ts'
import type { Node } from './syntax.ts'

/** The text of a pattern; single quotes keep variables out of it. */
export function patternNode(text: string, open: string, line: number, file: string): Node {
  return open === "'" ? { type: 'string', value: text, line } : interpolatePattern(text, line, file)
}
