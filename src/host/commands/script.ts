import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'script',
  package: 'bsdutils',
  version: 'script from util-linux 2.38.1',
  usage: '[options] [file]',
  about: 'Make a typescript of a terminal session.',
  applet: false,
  short: '+aB:c:eE:fI:m:o:O:qt::T:hV',
  long: { command: 'c', quiet: 'q', append: 'a', return: 'e', flush: 'f', 'log-out': 'O' },
  async run(process, options) {
    const file = options.operands[0] ?? options.value('O') ?? 'typescript'
    const quiet = options.has('q')
    const command = options.value('c')
    if (!quiet) await process.stdout.write(`Script started, output log file is '${file}'.\n`)
    if (file !== '/dev/null')
      process.files.write(file, Buffer.from(`Script started on ${new Date(process.world.now()).toISOString()} [COMMAND_EXIT_CODE="0"]\n`))
    const shell = process.env.get('SHELL') ?? '/bin/sh'
    const status = await process.run(command === undefined ? [shell, '-i'] : [shell, '-c', command])
    if (!quiet) await process.stdout.write('Script done.\n')
    return options.has('e') || command !== undefined ? status : 0
  },
})
