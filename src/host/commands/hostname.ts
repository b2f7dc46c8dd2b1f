import { HostError } from '../contract.ts'
import { own } from '../process/exec.ts'
import { interfaces, primary } from '../world/network.ts'
import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'hostname',
  package: 'hostname',
  paths: ['/usr/bin/hostname', '/usr/bin/domainname', '/usr/bin/dnsdomainname', '/usr/bin/nisdomainname', '/usr/bin/ypdomainname'],
  usage: '[-b] {hostname|-F file}         set host name (from file)',
  short: 'abdfF:hiIsyV',
  long: {
    alias: 'a',
    domain: 'd',
    fqdn: 'f',
    long: 'f',
    file: 'F',
    'ip-address': 'i',
    'all-ip-addresses': 'I',
    'all-fqdns': 'A',
    short: 's',
    yp: 'y',
  },
  async run(process, options) {
    const { world } = process
    const self = own(process)
    const name = (process.argv[0] as string).split('/').at(-1)
    const fqdn = `${self.nodeName.split('.')[0]}.${world.persona.domain}`
    const file = options.value('F')
    const wanted = file === undefined ? options.operands[0] : world.files.read(file).toString('utf8').trim()
    if (wanted !== undefined) {
      if (process.uid !== 0) {
        await process.stderr.write('hostname: you must be root to change the host name\n')
        return 1
      }
      if (!/^[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$/.test(wanted)) {
        await process.stderr.write('hostname: the specified hostname is invalid\n')
        return 1
      }
      self.nodeName = wanted
      return 0
    }
    if (name === 'domainname' || name === 'nisdomainname' || name === 'ypdomainname' || options.has('y'))
      await process.stdout.write('(none)\n')
    else if (name === 'dnsdomainname' || options.has('d')) await process.stdout.write(`${world.persona.domain}\n`)
    else if (options.has('I'))
      await process.stdout.write(
        `${interfaces(world)
          .filter((entry) => !entry.loopback)
          .map((entry) => `${entry.address} `)
          .join('')}\n`,
      )
    else if (options.has('i')) await process.stdout.write(`${hostsAddress() ?? primary(world).address}\n`)
    else if (options.has('f')) await process.stdout.write(`${fqdn}\n`)
    else if (options.has('s')) await process.stdout.write(`${self.nodeName.split('.')[0]}\n`)
    else if (!options.has('a')) await process.stdout.write(`${self.nodeName}\n`)
    else await process.stdout.write('\n')
    return 0

    function hostsAddress(): string | undefined {
      try {
        const text = world.files.read('/etc/hosts').toString('utf8')
        return text
          .split('\n')
          .map((line) => line.trim().split(/\s+/))
          .find((words) => words.slice(1).includes(self.nodeName))?.[0]
      } catch (error) {
        if (error instanceof HostError) return undefined
        throw error
      }
    }
  },
})
