import { gnuCommand } from './gnu/command.ts'

/** Debian's is a stub until perl-doc is installed. */
export default gnuCommand({
  name: 'perldoc',
  package: 'perl',
  usage: '[options] PageName',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    await process.stderr.write('You need to install the perl-doc package to use this program.\n')
    return 1
  },
})
