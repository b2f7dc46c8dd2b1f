import { dirName, gnuCommand, Usage } from './gnu/command.ts'

export default gnuCommand({
  name: 'dirname',
  usage: '[OPTION] NAME...',
  about:
    "Output each NAME with its last non-slash component and trailing slashes\nremoved; if NAME contains no /'s, output '.' (meaning the current directory).",
  authors: 'David MacKenzie and Jim Meyering',
  short: '+z',
  long: { zero: 'z' },
  async run(process, options) {
    if (options.operands.length === 0) throw new Usage('missing operand')
    for (const name of options.operands) await process.stdout.write(dirName(name) + (options.has('z') ? '\0' : '\n'))
    return 0
  },
})
