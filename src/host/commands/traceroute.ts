import { gnuCommand } from './gnu/command.ts'
import { isOwn, noteIndicator, resolve } from './net/target.ts'

const HOP_WAIT_MS = 5000

export default gnuCommand({
  name: 'traceroute',
  package: 'traceroute',
  paths: ['/usr/bin/traceroute', '/usr/bin/traceroute.db', '/usr/sbin/traceroute'],
  usage: '[ -46dFITnreAUDV ] host [ packetlen ]',
  short: '46dFInreAUDVf:g:i:m:N:p:q:s:t:w:z:T',
  async run(process, options) {
    const [host] = options.operands
    if (host === undefined) {
      await process.stderr.write('Usage:\n  traceroute [ -46dFITnreAUDV ] [ -f first_ttl ] host [ packetlen ]\n')
      return 2
    }
    noteIndicator(process, 'host', host, 'traceroute')
    const found = await resolve(process, host)
    if ('failure' in found) {
      await process.stderr.write(
        `${host}: ${found.failure === 'unreachable' ? 'Temporary failure in name resolution' : 'Name or service not known'}\nCannot handle "host" cmdline arg \`${host}' on position 1 (argc 1)\n`,
      )
      return 2
    }
    const hops = Number(options.value('m') ?? 30) || 30
    await process.stdout.write(`traceroute to ${host} (${found.address}), ${hops} hops max, 60 byte packets\n`)
    if (isOwn(process, found.address)) {
      await process.stdout.write(` 1  ${host} (${found.address})  0.041 ms  0.012 ms  0.010 ms\n`)
      return 0
    }
    const { gateway } = process.world.persona.network
    await process.stdout.write(` 1  ${options.has('n') ? gateway : `${gateway} (${gateway})`}  0.412 ms  0.377 ms  0.391 ms\n`)
    for (let hop = 2; hop <= hops; hop++) {
      await process.sleep(HOP_WAIT_MS / 5)
      await process.stdout.write(`${String(hop).padStart(2)}  * * *\n`)
    }
    return 0
  },
})
