import { baseName, gnuCommand, Usage } from './gnu/command.ts'

export default gnuCommand({
  name: 'basename',
  usage: ['NAME [SUFFIX]', 'OPTION... NAME...'],
  about: 'Print NAME with any leading directory components removed.',
  authors: 'David MacKenzie',
  short: '+as:z',
  long: { multiple: 'a', suffix: 's', zero: 'z' },
  async run(process, options) {
    const several = options.has('a', 's')
    const [first, second, extra] = options.operands
    if (first === undefined) throw new Usage('missing operand')
    if (!several && extra !== undefined) throw new Usage(`extra operand '${extra}'`)
    const suffix = options.value('s') ?? (several ? undefined : second)
    for (const name of several ? options.operands : [first]) {
      const base = baseName(name)
      const stripped = suffix && base !== suffix && base.endsWith(suffix) ? base.slice(0, -suffix.length) : base
      await process.stdout.write(stripped + (options.has('z') ? '\0' : '\n'))
    }
    return 0
  },
})
