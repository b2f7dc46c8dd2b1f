import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'nologin',
  package: 'base',
  paths: ['/usr/sbin/nologin'],
  usage: '',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    await process.stdout.write('This account is currently not available.\n')
    return 1
  },
})
