import { netmask, networkOf } from '../world/network.ts'
import { gnuCommand } from './gnu/command.ts'
import { routesOf } from './gnu/network-namespace.ts'

export default gnuCommand({
  name: 'route',
  package: 'net-tools',
  paths: ['/usr/sbin/route'],
  usage: '[-nNvee] [-FC] [<AF>]',
  rawArguments: true,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    const numeric = words.some((word) => /^-[a-z]*n/.test(word))
    const verb = words.find((word) => word === 'add' || word === 'del')
    if (verb) {
      if (process.uid === 0)
        return process.run([
          'ip',
          'route',
          verb,
          ...words.filter((word) => !['add', 'del', '-net', '-host', 'gw', 'dev', 'netmask'].includes(word)).slice(0, 1),
          ...(words.includes('gw') ? ['via', words[words.indexOf('gw') + 1] as string] : []),
        ])
      await process.stderr.write(`SIOC${verb === 'add' ? 'ADD' : 'DEL'}RT: Operation not permitted\n`)
      return 7
    }
    const rows = routesOf(process).map((route) => {
      const [network, prefix] = route.to === 'default' ? ['0.0.0.0', '0'] : (route.to.split('/') as [string, string])
      const to = route.to === 'default' && !numeric ? 'default' : networkOf(network, Number(prefix ?? 32))
      const via = route.via ?? '0.0.0.0'
      return `${to.padEnd(15)} ${via.padEnd(15)} ${netmask(Number(prefix ?? 32)).padEnd(15)} ${(route.via ? 'UG' : 'U').padEnd(5)} ${String(route.metric ?? 0).padEnd(6)} 0        0 ${route.device}\n`
    })
    await process.stdout.write(
      `Kernel IP routing table\nDestination     Gateway         Genmask         Flags Metric Ref    Use Iface\n${rows.join('')}`,
    )
    return 0
  },
})
