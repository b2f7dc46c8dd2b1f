import { runVi } from './editor/vi.ts'
import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'vi',
  package: 'base',
  paths: ['/usr/bin/vim.basic', '/usr/bin/vim.tiny', '/usr/bin/vi', '/usr/bin/vim', '/usr/bin/view'],
  usage: '[arguments] [file ..]       edit specified file(s)',
  rawArguments: true,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    if (words.includes('--version')) {
      await process.stdout.write(
        'VIM - Vi IMproved 9.0 (2022 Jun 28, compiled Oct 01 2024 00:00:00)\nIncluded patches: 1-1378, 1499\nModified by team+vim@tracker.debian.org\nCompiled by team+vim@tracker.debian.org\n',
      )
      return 0
    }
    const file = words.find((word) => !/^[-+]/.test(word))
    if (!process.terminal) {
      await process.stderr.write('Vim: Warning: Output is not to a terminal\nVim: Warning: Input is not from a terminal\n')
      await process.sleep(2000)
      await process.stderr.write('Vim: Error reading input, exiting...\nVim: preserving files...\nVim: Finished.\n')
      return 1
    }
    const start = words.find((word) => word.startsWith('+'))?.slice(1)
    return runVi(process, file, {
      readonly: words.includes('-R') || /(^|\/)view$/.test(process.argv[0] ?? ''),
      ...(start !== undefined && { start }),
    })
  },
})
