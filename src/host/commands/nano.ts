import { runNano } from './editor/nano.ts'
import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'nano',
  package: 'nano',
  paths: ['/usr/bin/nano', '/usr/bin/pico'],
  version: ' GNU nano, version 7.2',
  usage: '[OPTIONS] [[+LINE[,COLUMN]] FILE]...',
  applet: false,
  rawArguments: true,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    if (words.includes('--version') || words.includes('-V')) {
      await process.stdout.write(
        ' GNU nano, version 7.2\n (C) 2023 the Free Software Foundation and various contributors\n Compiled options: --disable-libmagic --enable-utf8\n',
      )
      return 0
    }
    if (!process.terminal) {
      await process.stderr.write('Standard input is not a terminal\n')
      return 1
    }
    const file = words.find((word) => !/^[-+]/.test(word))
    const line = Number(
      words
        .find((word) => /^\+\d+/.test(word))
        ?.slice(1)
        .split(',')[0] ?? 1,
    )
    return runNano(process, file, line)
  },
})
