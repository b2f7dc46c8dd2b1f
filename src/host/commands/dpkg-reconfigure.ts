import { installedPackages } from '../world/packages.ts'
import { gnuCommand } from './gnu/command.ts'

const NAME = '/usr/sbin/dpkg-reconfigure'

export default gnuCommand({
  name: 'dpkg-reconfigure',
  package: 'debconf',
  paths: [NAME],
  usage: '[options] packages',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    const names = words.filter((word, i) => !word.startsWith('-') && !/^-[fp]$/.test(words[i - 1] ?? ''))
    if (process.uid !== 0) {
      await process.stderr.write(`${NAME} must be run as root\n`)
      return 1
    }
    if (names.length === 0) {
      await process.stderr.write(`${NAME}: please specify a package to reconfigure\n`)
      return 1
    }
    const installed = installedPackages(process.world)
    for (const name of names)
      if (!installed.has(name)) {
        await process.stderr.write(
          `dpkg-query: package '${name}' is not installed and no information is available\nUse dpkg --info (= dpkg-deb --info) to examine archive files.\n${NAME}: ${name} is not installed\n`,
        )
        return 1
      }
    return 0
  },
})
