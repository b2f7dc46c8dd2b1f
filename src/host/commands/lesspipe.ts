import { baseName, gnuCommand } from './gnu/command.ts'

/** Debian's input filter of less, which is `lessfile` too; plain files are left to less itself. */
export default gnuCommand({
  name: 'lesspipe',
  package: 'less',
  usage: '[file]',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const name = baseName(process.argv[0] as string)
    if (process.argv.length > 1) return 0
    const path = `/usr/bin/${name}`
    await process.stdout.write(`export LESSOPEN="${name === 'lesspipe' ? '| ' : ''}${path} %s";\nexport LESSCLOSE="${path} %s %s";\n`)
    return 0
  },
})
