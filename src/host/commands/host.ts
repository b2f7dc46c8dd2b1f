import { gnuCommand } from './gnu/command.ts'
import { nameServers, queryName } from './net/dns-query.ts'

export default gnuCommand({
  name: 'host',
  package: 'bind9-host',
  usage: '[-aCdilrTvVw] [-c class] [-N ndots] [-t type] [-W time] [-R number] [-m flag] [-p port] hostname [server]',
  short: 'aACdilrsTUvVwc:N:t:W:R:m:p:46',
  async run(process, options) {
    const [name, server = nameServers(process)[0] ?? '127.0.0.1'] = options.operands
    if (name === undefined) {
      await process.stderr.write(
        'Usage: host [-aCdilrTvVw] [-c class] [-N ndots] [-t type] [-W time]\n            [-R number] [-m flag] [-p port] hostname [server]\n',
      )
      return 1
    }
    const result = await queryName(process, name, server, 'host')
    if (result.state === 'timeout')
      await process.stdout.write(
        `;; communications error to ${server}#53: timed out\n;; communications error to ${server}#53: timed out\n;; no servers could be reached\n`,
      )
    else if (result.state === 'nxdomain') await process.stdout.write(`Host ${name} not found: 3(NXDOMAIN)\n`)
    else await process.stdout.write(`${name} has address ${result.address}\n`)
    return result.state === 'found' ? 0 : 1
  },
})
