import { capabilitiesOf, capabilityText } from '../world/capabilities.ts'
import { gnuCommand } from './gnu/command.ts'

const USAGE = `usage: getcaps [opts] <pid> [<pid> ...]

  This program displays the capabilities on the queried process(es).
  The capabilities are displayed in the cap_from_text(3) format.

  Optional arguments:
     --help, -h or --usage display this message.
     --verbose             use a more verbose output format.
     --ugly or --legacy    use the archaic legacy output format.
     --iab                 show IAB of process too.
     --license             display license info
`

const OPTIONS = ['--verbose', '--ugly', '--legacy', '--iab']

export default gnuCommand({
  name: 'getpcaps',
  package: 'libcap2-bin',
  paths: ['/usr/sbin/getpcaps'],
  usage: '[opts] <pid> [<pid> ...]',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    if (words.length === 0 || words.some((word) => ['--help', '-h', '--usage'].includes(word))) {
      await process.stderr.write(USAGE)
      return words.length === 0 ? 1 : 0
    }
    const [verbose, legacy] = [words.includes('--verbose'), words.some((word) => word === '--ugly' || word === '--legacy')]
    let status = 0
    for (const word of words.filter((one) => !OPTIONS.includes(one))) {
      const pid = /^\d{1,10}$/.test(word) ? Number(word) : undefined
      const info = pid === undefined ? undefined : process.world.processes.get(pid === 0 ? process.pid : pid)
      if (!info) {
        status = 1
        await process.stderr.write(
          pid === undefined
            ? `Cannot parse pid ${word}: (Invalid argument)\n`
            : `Failed to get cap's for process ${word}: (No such process)\n`,
        )
        continue
      }
      const text = capabilityText(capabilitiesOf(info))
      if (legacy) await process.stderr.write(`Capabilities for \`${word}': ${text}\n`)
      else await process.stdout.write(verbose ? `Capabilities for '${word}': ${text}\n` : `${word}: ${text}\n`)
    }
    return status
  },
})
