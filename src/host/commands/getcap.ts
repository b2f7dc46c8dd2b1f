import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { gnuCommand, joinPath } from './gnu/command.ts'
import { statIfThere } from './gnu/tree.ts'

const USAGE = `usage: getcap [-h] [-l] [-n] [-r] [-v] <filename> [<filename> ...]

\tdisplays the capabilities on the queried file(s).
`

/** What Debian's iputils-ping gets from its postinst, by the file's own name. */
const PING = ['/usr/bin/ping', '/bin/ping']

export default gnuCommand({
  name: 'getcap',
  package: 'libcap2-bin',
  paths: ['/usr/sbin/getcap'],
  usage: '[-h] [-l] [-n] [-r] [-v] <filename> [<filename> ...]',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    const first = words.findIndex((word) => !word.startsWith('-'))
    const flags = (first < 0 ? words : words.slice(0, first)).join('')
    if (first < 0 || /[^-rvnl]/.test(flags)) {
      await process.stderr.write(USAGE)
      return 1
    }
    for (const path of words.slice(first)) {
      try {
        process.files.lstat(path)
        await show(process, path, flags.includes('r'), flags.includes('v'))
      } catch (error) {
        if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
        await process.stderr.write(`${path} (${error.message})\n`)
      }
    }
    return 0
  },
})

/** A folder is walked without following links, as nftw(3) does; what may not be read is passed over. */
async function show(process: Process, path: HostText, deep: boolean, verbose: boolean): Promise<void> {
  const pending = [path]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    await process.spend()
    const stat = statIfThere(process, next, false)
    if (stat?.type === 'file') {
      const caps = hasCapability(process, next) ? ' cap_net_raw=ep' : ''
      if (caps !== '' || verbose) await process.stdout.write(`${next}${caps}\n`)
    }
    if (!deep || stat?.type !== 'directory' || !process.files.may('r', next) || !process.files.may('x', next)) continue
    for (const name of process.files.list(next).sort().reverse()) pending.push(joinPath(next, name))
  }
}

/** The kernel drops the capability of a file that is written to, and a copy has none. */
function hasCapability(process: Process, path: HostText): boolean {
  const real = process.files.realpath(path)
  return PING.includes(real) && (process.files.stat(real).mode & 0o4000) === 0 && !process.world.isRewritten(real)
}
