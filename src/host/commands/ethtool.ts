import { interfaces } from '../world/network.ts'
import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'ethtool',
  package: 'ethtool',
  paths: ['/usr/sbin/ethtool'],
  usage: '[ FLAGS ] DEVNAME',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const { stdout, stderr, world } = process
    const words = process.argv.slice(1)
    const name = words.findLast((word) => !word.startsWith('-'))
    if (words.includes('--version')) {
      await stdout.write(`ethtool version ${world.persona.os.family === 'ubuntu' ? '5.16' : '6.1'}\n`)
      return 0
    }
    if (name === undefined) {
      await stderr.write('ethtool: bad command line argument(s)\nFor more information run ethtool -h\n')
      return 1
    }
    const link = interfaces(world).find((entry) => entry.name === name)
    if (!link) {
      await stderr.write('netlink error: no device matches name (offset 24)\nnetlink error: No such device\n'.repeat(5))
      await stderr.write('No data available\n')
      return 75
    }
    const isVirtual = world.persona.hardware.virtualization === 'kvm'
    if (words.includes('-i') || words.includes('--driver')) {
      if (link.loopback) {
        await stderr.write('Cannot get driver information: Operation not supported\n')
        return 71
      }
      const driver = link.kind === 'bridge' ? 'bridge' : isVirtual ? 'virtio_net' : 'igb'
      await stdout.write(
        `driver: ${driver}\nversion: ${driver === 'virtio_net' ? '1.0.0' : world.persona.os.kernel.release}\nfirmware-version: \nexpansion-rom-version: \nbus-info: ${driver === 'bridge' ? 'N/A' : '0000:24:00.0'}\nsupports-statistics: yes\nsupports-test: no\nsupports-eeprom-access: no\nsupports-register-dump: no\nsupports-priv-flags: no\n`,
      )
      return 0
    }
    const state = link.up ? 'yes' : 'no'
    await stdout.write(
      link.loopback || link.kind === 'bridge' || isVirtual
        ? `Settings for ${name}:\n${link.loopback ? '' : `\tSpeed: Unknown!\n\tDuplex: Unknown! (255)\n\tAuto-negotiation: off\n\tPort: Other\n\tPHYAD: 0\n\tTransceiver: internal\n`}\tLink detected: ${state}\n`
        : `Settings for ${name}:\n\tSupported ports: [ TP ]\n\tSupported link modes:   1000baseT/Full\n\tSupports auto-negotiation: Yes\n\tAdvertised auto-negotiation: Yes\n\tSpeed: 1000Mb/s\n\tDuplex: Full\n\tAuto-negotiation: on\n\tPort: Twisted Pair\n\tPHYAD: 1\n\tTransceiver: internal\n\tMDI-X: on (auto)\n\tLink detected: ${state}\n`,
    )
    return 0
  },
})
