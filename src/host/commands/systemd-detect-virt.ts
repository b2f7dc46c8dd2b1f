import { HYPERVISORS } from '../world/hardware.ts'
import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'systemd-detect-virt',
  package: 'systemd',
  usage: '[OPTIONS...]',
  applet: false,
  short: 'qcvr',
  long: { quiet: 'q', container: 'c', vm: 'v', chroot: 'r', 'private-users': 'private-users' },
  async run(process, options) {
    const { virtualization } = process.world.persona.hardware
    const name = options.has('c', 'r') || virtualization === 'none' ? 'none' : (HYPERVISORS[virtualization]?.detect ?? virtualization)
    if (!options.has('q') && !options.has('r')) await process.stdout.write(`${name}\n`)
    return name === 'none' ? 1 : 0
  },
})
