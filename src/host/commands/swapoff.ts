import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'swapoff',
  package: 'mount',
  paths: ['/usr/sbin/swapoff'],
  version: 'swapoff from util-linux 2.38.1',
  usage: '[options] [<spec>]',
  short: 'ad::efo:p:sT:vhV',
  long: { show: 'show?', summary: 's', all: 'a', noheadings: 'noheadings' },
  async run(process) {
    if (process.uid === 0) return 0
    await process.stderr.write('swapoff: Not superuser.\n')
    return 1
  },
})
