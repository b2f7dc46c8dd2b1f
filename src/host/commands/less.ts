import { HostError } from '../contract.ts'
import { gnuCommand } from './gnu/command.ts'
import { runLess } from './pager/less.ts'

export default gnuCommand({
  name: 'less',
  package: 'less',
  paths: ['/usr/bin/less', '/usr/bin/pager'],
  version:
    'less 590 (GNU regular expressions)\nCopyright (C) 1984-2021  Mark Nudelman\n\nless comes with NO WARRANTY, to the extent permitted by law.\nFor information about the terms of redistribution,\nsee the file named README in the less distribution.\nHome page: https://greenwoodsoftware.com/less',
  usage: '[options] <file>...',
  short: 'aAb:BcCdDeEfFgGh:iIj:JkK:LmMnNo:p:qQrRsSt:T:uUVwWx:Xy:z:?~#:',
  async run(process, options) {
    const start = options.operands.find((word) => word.startsWith('+'))?.slice(1)
    const names = options.operands.filter((word) => !word.startsWith('+'))
    if (names.length === 0 && process.stdin.isTerminal) {
      await process.stderr.write('Missing filename ("less --help" for help)\n')
      return 1
    }
    const inputs = []
    for (const name of names.length > 0 ? names : ['-']) {
      try {
        if (name !== '-' && process.files.stat(name).type === 'directory') {
          await process.stderr.write(`${name} is a directory\n`)
          continue
        }
        inputs.push(name === '-' ? process.stdin : process.openInput(name))
      } catch (error) {
        if (!(error instanceof HostError)) throw error
        await process.stderr.write(`${name}: ${error.message}\n`)
      }
    }
    if (inputs.length === 0) return 1
    if (!process.stdout.isTerminal || !process.terminal) {
      for (const input of inputs)
        for (let part = await input.read(); part !== undefined; part = await input.read()) await process.stdout.write(part)
      return 0
    }
    const quits = options.last('e', 'E')
    await runLess(process, {
      name: names[0] ?? '',
      inputs,
      chops: options.has('S'),
      numbers: options.has('N'),
      raw: options.has('R', 'r'),
      quitsIfShort: options.has('F'),
      stays: options.has('X'),
      long: options.has('M'),
      ignoresCase: options.has('i', 'I'),
      ...(quits && { quitsAtEnd: quits === 'E' ? ('first' as const) : ('second' as const) }),
      ...(start !== undefined && { start }),
    })
    return 0
  },
})
