import { baseName, gnuCommand } from './gnu/command.ts'
import { nothing } from './man.ts'

/** `apropos` is a link to it. */
export default gnuCommand({
  name: 'whatis',
  package: 'man-db',
  usage: '[OPTION...] KEYWORD...',
  applet: false,
  short: 'dvrweals:m:M:L:C:?V',
  long: { regex: 'r', wildcard: 'w', exact: 'e', and: 'a', long: 'l', section: 's', sections: 's', debug: 'd' },
  async run(process, options) {
    if (options.operands.length > 0) return nothing(process, options.operands)
    await process.stdout.write(`${baseName(process.argv[0] as string)} what?\n`)
    return 1
  },
})
