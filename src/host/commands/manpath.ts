import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'manpath',
  package: 'man-db',
  usage: '[OPTION...]',
  applet: false,
  short: 'cgdqm:C:?V',
  long: { catpath: 'c', global: 'g', debug: 'd', quiet: 'q' },
  async run(process, options) {
    await process.stdout.write(
      options.has('g', 'c')
        ? '/usr/man:/usr/share/man:/usr/local/man:/usr/local/share/man\n'
        : '/usr/local/man:/usr/local/share/man:/usr/share/man\n',
    )
    return 0
  },
})
