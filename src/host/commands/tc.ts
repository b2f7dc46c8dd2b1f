import type { Process } from '../command.ts'
import { type Interface, interfaces } from '../world/network.ts'
import { gnuCommand } from './gnu/command.ts'

const USAGE = `Usage:	tc [ OPTIONS ] OBJECT { COMMAND | help }
	tc [-force] -batch filename
where  OBJECT := { qdisc | class | filter | chain |
		    action | monitor | exec }
       OPTIONS := { -V[ersion] | -s[tatistics] | -d[etails] | -r[aw] |
		    -o[neline] | -j[son] | -p[retty] | -c[olor]
		    -b[atch] [filename] | -n[etns] name | -N[umeric] |
		     -nm | -nam[es] | { -cf | -conf } path
		     -br[ief] }
`
const OBJECTS = ['qdisc', 'class', 'filter', 'chain', 'action', 'actions', 'monitor', 'exec']

export default gnuCommand({
  name: 'tc',
  package: 'iproute2',
  paths: ['/usr/sbin/tc'],
  usage: '[ OPTIONS ] OBJECT { COMMAND | help }',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    const statistics = words.some((word) => /^-s(tatistics|tats)?$/.test(word))
    const [object, verb = 'show', ...rest] = words.filter((word) => !/^-/.test(word))
    if (words.includes('-V')) {
      await process.stdout.write('tc utility, iproute2-6.1.0, libbpf 1.1.2\n')
      return 0
    }
    if (object === undefined || object === 'help') {
      await process.stderr.write(USAGE)
      return 0
    }
    const full = OBJECTS.find((name) => name.startsWith(object))
    if (full === undefined) {
      await process.stderr.write(`Object "${object}" is unknown, try "tc help".\n`)
      return 255
    }
    const at = rest.indexOf('dev')
    const device = at < 0 ? undefined : rest[at + 1]
    const all = interfaces(process.world)
    if (device !== undefined && !all.some((link) => link.name === device)) {
      await process.stderr.write(`Cannot find device "${device}"\n`)
      return 1
    }
    if (/^(add|change|replace|del|delete|link)$/.test(verb)) {
      if (process.uid === 0) return 0
      await process.stderr.write('RTNETLINK answers: Operation not permitted\n')
      return 2
    }
    if (full !== 'qdisc') return 0
    for (const link of all)
      if (device === undefined || link.name === device) await process.stdout.write(qdisc(process, link, device !== undefined, statistics))
    return 0
  },
})

/** The queue that `ip link` names, as tc describes it. */
function qdisc({ world }: Process, link: Interface, isNamed: boolean, statistics: boolean): string {
  const place = isNamed ? '' : `dev ${link.name} `
  const details: Record<string, string> = {
    fq_codel: 'refcnt 2 limit 10240p flows 1024 quantum 1514 target 5ms interval 100ms memory_limit 32Mb ecn drop_batch 64 ',
    noqueue: 'refcnt 2 ',
    mq: '',
    pfifo_fast: 'refcnt 2 bands 3 priomap 1 2 2 2 1 2 0 0 1 1 1 1 1 1 1 1',
  }
  const counters = link.queue === 'noqueue' ? { bytes: 0, packets: 0 } : link.sent
  const numbers = statistics
    ? `\n Sent ${counters.bytes} bytes ${counters.packets} pkt (dropped 0, overlimits 0 requeues ${world.identity.integer(`tc/${link.name}`, 0, 9)}) \n backlog 0b 0p requeues 0`
    : ''
  return `qdisc ${link.queue} 0: ${place}root ${details[link.queue] ?? 'refcnt 2 '}${numbers}\n`
}
