import type { Process } from '../command.ts'
import { gnuCommand } from './gnu/command.ts'
import { askEngine } from './gnu/help.ts'
import { searchPath } from './gnu/search-path.ts'

/** No page: as on servers whose image leaves /usr/share/man out. */
const NOT_FOUND = 16
const SECTION = /^([1-9n]\w{0,8}|l)$/

export default gnuCommand({
  name: 'man',
  package: 'man-db',
  usage: '[OPTION...] [SECTION] PAGE...',
  applet: false,
  short: 'C:dDfkKlwWcr:R:L:m:M:S:s:e:iIaup:tT::H::X::ZE:P:7?V',
  long: {
    where: 'w',
    path: 'w',
    'where-cat': 'W',
    whatis: 'f',
    apropos: 'k',
    sections: 's',
    pager: 'P',
    all: 'a',
    locale: 'L',
    'local-file': 'l',
    'no-hyphenation': 'x',
    encoding: 'E',
  },
  async run(process, options) {
    const { operands } = options
    if (operands.length === 0) {
      if (options.has('w')) {
        await process.stdout.write('/usr/local/man:/usr/local/share/man:/usr/share/man\n')
        return 0
      }
      if (options.has('f', 'k')) {
        await process.stdout.write(`${options.has('f') ? 'whatis' : 'apropos'} what?\n`)
        return 1
      }
      await process.stderr.write("What manual page do you want?\nFor example, try 'man man'.\n")
      return 1
    }
    if (options.has('f', 'k')) return nothing(process, operands)
    const sections = options.value('s')
    const [section, ...pages] = operands.length > 1 && SECTION.test(operands[0] as string) ? operands : [sections, ...operands]
    const asked =
      pages.some((page) => searchPath(process, page as string).length > 0) && !options.has('w', 'W') ? askEngine(process) : undefined
    if (asked) return asked
    for (const page of pages) {
      await process.stderr.write(`No manual entry for ${page}${section === undefined ? '' : ` in section ${section}`}\n`)
      if (searchPath(process, page as string).length > 0)
        await process.stderr.write("See 'man 7 undocumented' for help when manual pages are not available.\n")
    }
    return NOT_FOUND
  },
})

/** The answer of whatis and apropos to words that no page is about. */
export async function nothing(process: Process, words: readonly string[]): Promise<number> {
  const asked = words.some((word) => searchPath(process, word).length > 0) ? askEngine(process) : undefined
  if (asked) return asked
  for (const word of words) await process.stderr.write(`${word}: nothing appropriate.\n`)
  return NOT_FOUND
}
