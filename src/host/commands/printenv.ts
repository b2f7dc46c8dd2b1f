import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'printenv',
  usage: '[OPTION]... [VARIABLE]...',
  about: 'Print the values of the specified environment VARIABLE(s).',
  authors: 'David MacKenzie and Richard Mlynarik',
  trouble: 2,
  short: '+0',
  long: { null: '0' },
  async run(process, options) {
    const end = options.has('0') ? '\0' : '\n'
    if (options.operands.length === 0) {
      await process.stdout.write([...process.env].map(([name, value]) => `${name}=${value}${end}`).join(''))
      return 0
    }
    let status = 0
    for (const name of options.operands) {
      const value = process.env.get(name)
      if (value === undefined) status = 1
      else await process.stdout.write(value + end)
    }
    return status
  },
})
