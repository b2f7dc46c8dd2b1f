import { interfaces } from '../world/network.ts'
import { gnuCommand } from './gnu/command.ts'

const USAGE = `Usage: bridge [ OPTIONS ] OBJECT { COMMAND | help }
       bridge [ -force ] -batch filename
where  OBJECT := { link | fdb | mdb | vlan | monitor }
       OPTIONS := { -V[ersion] | -s[tatistics] | -d[etails] |
                    -o[neline] | -t[imestamp] | -n[etns] name |
                    -c[ompressvlans] -color -p[retty] -j[son] }
`

export default gnuCommand({
  name: 'bridge',
  package: 'iproute2',
  usage: '[ OPTIONS ] OBJECT { COMMAND | help }',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    const [object] = words.filter((word) => !word.startsWith('-'))
    if (words.includes('-V')) {
      await process.stdout.write('bridge utility, iproute2-6.1.0\n')
      return 0
    }
    switch (object) {
      case undefined:
      case 'help':
        await process.stderr.write(USAGE)
        return 255
      case 'fdb':
        // Addresses of multicast groups that each card listens to: all nodes, and its own (RFC 4291 §2.7.1).
        for (const link of interfaces(process.world)) {
          if (link.loopback) continue
          const own = `33:33:ff:${link.mac.slice(9)}`
          for (const address of ['33:33:00:00:00:01', '01:00:5e:00:00:01', own])
            await process.stdout.write(`${address} dev ${link.name} self permanent\n`)
        }
        return 0
      case 'vlan':
        await process.stdout.write('port              vlan-id  \n')
        return 0
      case 'link':
      case 'mdb':
      case 'monitor':
        return 0
      default:
        await process.stderr.write(`Object "${object}" is unknown, try "bridge help".\n`)
        return 255
    }
  },
})
