import { gnuCommand } from './gnu/command.ts'
import table from './ls/dircolors.json' with { type: 'json' }

export default gnuCommand({
  name: 'dircolors',
  usage: '[OPTION]... [FILE]',
  about: 'Output commands to set the LS_COLORS environment variable.',
  authors: 'H. Peter Anvin',
  short: 'bcp',
  long: { sh: 'b', 'bourne-shell': 'b', csh: 'c', 'c-shell': 'c', 'print-database': 'p', 'print-ls-colors': 'print-ls-colors' },
  async run(process, options) {
    const extensions = table.extensions.flatMap(({ colour, names }) => names.split(' ').map((name) => `*${name}=${colour}`))
    const value = `${[...table.kinds, ...extensions].join(':')}:`
    const csh = options.has('c') || (!options.has('b') && /csh$/.test(process.env.get('SHELL') ?? ''))
    await process.stdout.write(csh ? `setenv LS_COLORS '${value}'\n` : `LS_COLORS='${value}';\nexport LS_COLORS\n`)
    return 0
  },
})
