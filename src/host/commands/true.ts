import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'true',
  usage: ['[ignored command line arguments]', 'OPTION'],
  about: 'Exit with a status code indicating success.',
  authors: 'Jim Meyering',
  rawArguments: true,
  short: '',
  run: () => 0,
})
