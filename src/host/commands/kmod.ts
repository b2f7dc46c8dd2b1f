import { gnuCommand } from './gnu/command.ts'
import { multiCall } from './gnu/multi-call.ts'
import insmod from './insmod.ts'
import lsmod from './lsmod.ts'
import modprobe from './modprobe.ts'
import rmmod from './rmmod.ts'

const kmod = gnuCommand({
  name: 'kmod',
  package: 'base',
  usage: '[options] command [command_options]',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const [word] = process.argv.slice(1)
    if (word === 'list') return lsmod.run(process)
    if (word === '--version' || word === '-V') {
      await process.stdout.write('kmod version 30\n+ZSTD +XZ -ZLIB +LIBCRYPTO -EXPERIMENTAL\n')
      return 0
    }
    await process.stderr.write(word === undefined ? 'missing command\n' : `invalid command '${word}'\n`)
    return 1
  },
})

/** All tools of kmod are one file. */
export default multiCall(kmod, [lsmod, insmod, rmmod, modprobe])
