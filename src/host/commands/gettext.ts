import { Failure, gnuCommand } from './gnu/command.ts'

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', a: '\x07', b: '\b', f: '\f', r: '\r', v: '\v', '\\': '\\' }

/** No catalogue has a translation for what people ask: messages come back as they are. */
export default gnuCommand({
  name: 'gettext',
  package: 'gettext-base',
  usage: ['[OPTION] [[TEXTDOMAIN] MSGID]', '[OPTION] -s [MSGID]...'],
  applet: false,
  short: '+d:c:eEhnsV',
  long: { domain: 'd', context: 'c' },
  async run(process, options) {
    const { operands } = options
    const expand = (text: string): string =>
      options.has('e') ? text.replace(/\\([ntabfrv\\])/g, (_, letter: string) => ESCAPES[letter] as string) : text
    if (options.has('s')) {
      await process.stdout.write(`${operands.map(expand).join(' ')}${options.has('n') ? '' : '\n'}`)
      return 0
    }
    if (operands.length === 0) throw new Failure('missing arguments')
    if (operands.length > 2) throw new Failure('too many arguments')
    await process.stdout.write(expand(operands.at(-1) as string))
    return 0
  },
})
