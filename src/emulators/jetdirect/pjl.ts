/**
 * Lines of the Printer Job Language ("PJL Technical Reference Manual", HP 5021-0380): `@PJL COMMAND words NAME=value`.
 * Text is held as characters U+0000–U+00FF, one a byte.
 */

/** Not a line of PJL. */
export class PjlError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'PjlError'
  }
}

export interface PjlCommand {
  /** Upper case; empty for a bare `@PJL`. */
  command: string
  /** All behind the command, as it was written. */
  text: string
  /** Words that have no value, upper case: `ID`, `FORMAT:BINARY`. */
  words: string[]
  /** Names in upper case with their values, quotes removed. */
  options: Map<string, string>
}

export const PJL_LINE = 4096
const MOST_OPTIONS = 64

const LINE = /^@PJL(?:[ \t]+([^\s=]{1,64})(.*))?[ \t]*$/is
const OPTION = /[\s,]*([^\s=",]{1,128})(?:[ \t]*=[ \t]*(?:"([^"]*)"?|([^\s",]+)))?/y

/** @throws PjlError when the line does not begin with `@PJL` */
export function parsePjl(line: string): PjlCommand {
  const match = line.length > PJL_LINE ? undefined : LINE.exec(line)
  if (!match) throw new PjlError('no line of PJL')
  // `LPARM : PCL` is one word.
  const text = (match[2] ?? '').trim().replace(/^([LI]PARM)[ \t]{0,8}:[ \t]{0,8}/i, '$1:')
  const words: string[] = []
  const options = new Map<string, string>()
  OPTION.lastIndex = 0
  for (let n = 0; n < MOST_OPTIONS; n++) {
    const option = OPTION.exec(text)
    if (!option) break
    const [, name = '', quoted, bare] = option
    if (quoted === undefined && bare === undefined) words.push(name.toUpperCase())
    else options.set(name.toUpperCase(), quoted ?? bare ?? '')
  }
  return { command: (match[1] ?? '').toUpperCase(), text, words, options }
}

export function encodePjl(command: string, words: readonly string[], options: Iterable<readonly [string, string]>): string {
  const parts = Array.from(options, ([name, value]) => `${name}="${value}"`)
  return `${['@PJL', command, ...words, ...parts].join(' ')}\r\n`
}

/** An answer: its lines, and the form feed that ends it. */
export function encodeReply(lines: readonly string[]): string {
  return `${lines.map((line) => `${line}\r\n`).join('')}\f`
}
