import { HostError } from '../contract.ts'
import { exec } from '../process/exec.ts'
import { Failure, gnuCommand, Usage } from './gnu/command.ts'

/** Hands over to the program of the type. */
export default gnuCommand({
  name: 'mkfs',
  package: 'util-linux',
  paths: ['/usr/sbin/mkfs', '/sbin/mkfs'],
  usage: '[options] [-t <type>] [fs-options] <device> [<size>]',
  about: '\nMake a Linux filesystem.',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    let type = 'ext2'
    while (/^(-t|-V|-v|--type(=.*)?|--verbose)$/.test(words[0] ?? '')) {
      const word = words.shift() as string
      if (word === '-t' || word === '--type') type = words.shift() ?? type
      else if (word.startsWith('--type=')) type = word.slice(7)
    }
    if (words.length === 0) throw new Usage('no device specified')
    try {
      return await exec(process, [`mkfs.${type}`, ...words])
    } catch (error) {
      if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
      throw new Failure(`failed to execute mkfs.${type}: ${error.message}`, 1, true)
    }
  },
})
