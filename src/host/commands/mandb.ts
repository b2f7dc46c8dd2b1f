import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'mandb',
  package: 'man-db',
  usage: '[OPTION...] [MANPATH]',
  applet: false,
  short: 'dqspucC:tf:?V',
  long: { quiet: 'q', create: 'c', 'no-purge': 'p', 'user-db': 'u', test: 't', filename: 'f', 'no-straycats': 's', debug: 'd' },
  async run(process, options) {
    if (options.has('q')) return 0
    await process.stdout.write(
      '0 man subdirectories contained newer manual pages.\n0 manual pages were added.\n0 stray cats were added.\n0 old database entries were purged.\n',
    )
    return 0
  },
})
