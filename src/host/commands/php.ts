import { gnuCommand } from './gnu/command.ts'
import { PhpCommand } from './php/php-command.ts'

export default gnuCommand({
  name: 'php',
  package: 'php8.2-cli',
  paths: ['/usr/bin/php8.2', '/usr/bin/php'],
  usage: '[options] [-f] <file> [--] [args...]',
  applet: false,
  rawArguments: true,
  short: '',
  run: (process) => new PhpCommand(process).run(),
})
