import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'false',
  usage: ['[ignored command line arguments]', 'OPTION'],
  about: 'Exit with a status code indicating failure.',
  authors: 'Jim Meyering',
  rawArguments: true,
  short: '',
  run: () => 1,
})
