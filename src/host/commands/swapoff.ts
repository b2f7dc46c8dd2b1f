import { HostError } from '../contract.ts'
import { removeSwap, swapAreas } from '../world/block-storage.ts'
import { swapDevice } from '../world/proc-system.ts'
import { complain, gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'swapoff',
  package: 'mount',
  paths: ['/usr/sbin/swapoff'],
  version: 'swapoff from util-linux 2.38.1',
  usage: '[options] [<spec>]',
  short: 'ad::efo:p:sT:vhV',
  long: { show: 'show?', summary: 's', all: 'a', noheadings: 'noheadings' },
  async run(process, options) {
    if (process.uid !== 0) {
      await process.stderr.write('swapoff: Not superuser.\n')
      return 16
    }
    if (options.has('a')) for (const { path } of [...swapAreas(process.world)]) removeSwap(process.world, path)
    let status = 0
    for (const name of options.operands) {
      const problem = why(() => process.files.realpath(name))
      const path = problem === undefined ? process.files.realpath(name) : name
      if (problem === undefined && (removeSwap(process.world, path) || path === swapDevice(process.world))) continue
      status = 4
      await complain(process, `${name}: swapoff failed: ${problem ?? 'Invalid argument'}`)
    }
    return status
  },
})

function why(look: () => unknown): string | undefined {
  try {
    look()
    return undefined
  } catch (error) {
    if (error instanceof HostError) return error.message
    throw error
  }
}
