import { Failure, gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'ngettext',
  package: 'gettext-base',
  usage: '[OPTION] [TEXTDOMAIN] MSGID MSGID-PLURAL COUNT',
  applet: false,
  short: '+d:c:eEhV',
  long: { domain: 'd', context: 'c' },
  async run(process, options) {
    const { operands } = options
    if (operands.length < 3) throw new Failure('missing arguments')
    if (operands.length > 4) throw new Failure('too many arguments')
    const [one, many, count] = operands.slice(-3) as [string, string, string]
    await process.stdout.write(count === '1' ? one : many)
    return 0
  },
})
