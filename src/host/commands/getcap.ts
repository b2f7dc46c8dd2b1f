import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { capabilityText, decodeFileCapabilities } from '../world/capabilities.ts'
import { gnuCommand, joinPath } from './gnu/command.ts'
import { statIfThere } from './gnu/tree.ts'

const USAGE = `usage: getcap [-h] [-l] [-n] [-r] [-v] <filename> [<filename> ...]

\tdisplays the capabilities on the queried file(s).
`

/** File systems of the kernel have no attributes. */
const KEEPS_NONE = /^\/(proc|sys)\//

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
    const flags = (first < 0 ? words : words.slice(0, first)).join('').replaceAll('-', '')
    const unknown = /[^rvnl]/.exec(flags)?.[0]
    if (unknown !== undefined && unknown !== 'h') await process.stderr.write(`${process.argv[0]}: invalid option -- '${unknown}'\n`)
    if (first < 0 || unknown !== undefined) {
      await process.stderr.write(USAGE)
      return 1
    }
    for (const path of words.slice(first)) {
      try {
        process.files.lstat(path)
        await show(process, path, { deep: flags.includes('r'), verbose: flags.includes('v'), root: flags.includes('n') })
      } catch (error) {
        if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
        await process.stderr.write(`${path} (${error.message})\n`)
      }
    }
    return 0
  },
})

/** A folder is walked without following links, as nftw(3) does; what may not be read is passed over. */
async function show(process: Process, path: HostText, how: { deep: boolean; verbose: boolean; root: boolean }): Promise<void> {
  const pending = [path]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    await process.spend()
    const stat = statIfThere(process, next, false)
    if (stat?.type === 'file') {
      const sets = KEEPS_NONE.test(next) ? undefined : decodeFileCapabilities(process.files.capability(next))
      const root = how.root && sets && sets.rootId !== 0 ? ` [rootid=${sets.rootId}]` : ''
      if (sets || how.verbose) await process.stdout.write(`${next}${sets ? ` ${capabilityText(sets)}${root}` : ''}\n`)
    }
    if (!how.deep || stat?.type !== 'directory') continue
    for (const name of namesIn(process, next).reverse()) pending.push(joinPath(next, name))
  }
}

function namesIn(process: Process, folder: HostText): HostText[] {
  try {
    return process.files.list(folder).sort()
  } catch (error) {
    if (error instanceof HostError && error.code !== 'EPIPE') return []
    throw error
  }
}
