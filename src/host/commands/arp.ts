import { neighbours } from '../world/network.ts'
import { isBusyBox } from './busybox/flavour.ts'
import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'arp',
  package: 'net-tools',
  paths: ['/usr/sbin/arp'],
  usage: '[-vn]  [<HW>] [-i <if>] [-a] [<hostname>]',
  short: 'aenvDi:H:s:d:f:',
  async run(process, options) {
    const entries = neighbours(process.world)
    if (options.has('a') || isBusyBox(process)) {
      await process.stdout.write(
        entries
          .map((entry) => `? (${entry.address}) at ${entry.mac} [ether]${isBusyBox(process) ? '  on' : ' on'} ${entry.device}\n`)
          .join(''),
      )
      return 0
    }
    const rows = entries.map((entry) => `${entry.address.padEnd(24)} ether   ${entry.mac}   C                     ${entry.device}\n`)
    await process.stdout.write(`Address                  HWtype  HWaddress           Flags Mask            Iface\n${rows.join('')}`)
    return 0
  },
})
