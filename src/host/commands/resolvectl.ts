import type { Process } from '../command.ts'
import { interfaces, primary } from '../world/network.ts'
import { Services } from '../world/services.ts'
import { resolve } from './net/target.ts'
import { pageAsSystemd } from './pager/less.ts'
import { systemdCommand } from './systemd/command.ts'

/** Ubuntu's; Debian 12 has it in a package of its own, which a server seldom has. */
export default systemdCommand({
  name: 'resolvectl',
  package: 'netplan.io',
  usage: '[OPTIONS...] COMMAND ...',
  short: '46i:p:t:c:',
  long: { interface: 'i', protocol: 'p', type: 't', class: 'c', cache: 'cache=', legend: 'legend=' },
  async run(process, options) {
    const [verb = 'status', ...words] = options.operands
    const { world, stdout, stderr } = process
    if (Services.of(world).unit('systemd-resolved')?.state !== 'active') {
      await stderr.write('Failed to get global data: Unit dbus-org.freedesktop.resolve1.service not found.\n')
      return 1
    }
    switch (verb) {
      case 'status':
        await pageAsSystemd(process, status(process))
        return 0
      case 'dns':
      case 'domain': {
        const own = primary(world).name
        const values = verb === 'dns' ? world.persona.network.dns.join(' ') : world.persona.domain
        await stdout.write(
          `Global:\n${interfaces(world)
            .filter((link) => !link.loopback)
            .map((link) => `Link ${link.index} (${link.name}):${link.name === own ? ` ${values}` : ''}\n`)
            .join('')}`,
        )
        return 0
      }
      case 'query':
        return query(process, words)
      case 'flush-caches':
      case 'reset-statistics':
      case 'reset-server-features':
        return 0
      case 'statistics':
        await stdout.write(
          'DNSSEC supported by current servers: no\n\nTransactions              \nCurrent Transactions: 0\n  Total Transactions: 18402\n                          \nCache                     \n  Current Cache Size: 7\n          Cache Hits: 5213\n        Cache Misses: 9120\n                          \nDNSSEC Verdicts           \n              Secure: 0\n            Insecure: 0\n               Bogus: 0\n       Indeterminate: 0\n',
        )
        return 0
      default:
        await stderr.write(`Unknown command verb ${verb}.\n`)
        return 1
    }
  },
})

function status({ world }: Process): string {
  const { network, domain } = world.persona
  const own = primary(world)
  const links = interfaces(world)
    .filter((link) => !link.loopback)
    .map((link) =>
      link.name === own.name
        ? `Link ${link.index} (${link.name})\n    Current Scopes: DNS\n         Protocols: +DefaultRoute +LLMNR -mDNS -DNSOverTLS DNSSEC=no/unsupported\nCurrent DNS Server: ${network.dns[0]}\n       DNS Servers: ${network.dns.join(' ')}\n        DNS Domain: ${domain}\n`
        : `Link ${link.index} (${link.name})\nCurrent Scopes: none\n     Protocols: -DefaultRoute +LLMNR -mDNS -DNSOverTLS DNSSEC=no/unsupported\n`,
    )
  return `Global\n       Protocols: -LLMNR -mDNS -DNSOverTLS DNSSEC=no/unsupported\nresolv.conf mode: stub\n\n${links.join('\n')}`
}

async function query(process: Process, names: readonly string[]): Promise<number> {
  let code = 0
  for (const name of names.slice(0, 20)) {
    const began = process.world.now()
    const found = await resolve(process, name)
    if ('address' in found)
      await process.stdout.write(
        `${name}: ${found.address}${' '.repeat(Math.max(1, 30 - name.length))}-- link: ${primary(process.world).name}\n\n-- Information acquired via protocol DNS in ${(process.world.now() - began + 1.3).toFixed(1)}ms.\n-- Data is authenticated: no; Data was acquired via local or encrypted transport: no\n-- Data from: network\n`,
      )
    else {
      code = 1
      await process.stderr.write(`${name}: resolve call failed: '${name}' not found\n`)
    }
  }
  return code
}
