import { gnuCommand } from './gnu/command.ts'
import { localTime, strftime, zoneOf } from './gnu/strftime.ts'
import { nameServers, queryName } from './net/dns-query.ts'

const TYPES = /^(A|AAAA|ANY|MX|NS|TXT|SOA|CNAME|PTR|SRV|AXFR|CAA)$/i

export default gnuCommand({
  name: 'dig',
  package: 'bind9-dnsutils',
  usage: '[@global-server] [domain] [q-type] [q-class] {q-opt}',
  rawArguments: true,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    const version = (
      process.world.persona.packages.find((entry) => entry.startsWith('bind9-dnsutils '))?.split(' ')[1] ?? '1:9.18.33-1~deb12u2'
    ).replace(/^\d+:/, '')
    if (words.includes('-v')) {
      await process.stderr.write(`DiG ${version}-Debian\n`)
      return 0
    }
    const server = words.find((word) => word.startsWith('@'))?.slice(1) ?? nameServers(process)[0] ?? '127.0.0.1'
    const type = words.find((word) => TYPES.test(word))?.toUpperCase() ?? 'A'
    const name = words.find((word) => !/^[@+-]/.test(word) && !TYPES.test(word) && !/^(IN|CH)$/i.test(word)) ?? '.'
    const short = words.includes('+short')
    const result = await queryName(process, name, server, 'dig')
    const head = `\n; <<>> DiG ${version}-Debian <<>> ${words.join(' ')}\n`
    if (result.state === 'timeout') {
      await process.stdout.write(
        short
          ? `${`;; communications error to ${server}#53: timed out\n`.repeat(3)};; no servers could be reached\n`
          : `;; communications error to ${server}#53: timed out\n`.repeat(3) +
              `${head};; global options: +cmd\n;; no servers could be reached\n`,
      )
      return 9
    }
    if (short) {
      if (result.state === 'found' && type === 'A') await process.stdout.write(`${result.address}\n`)
      return 0
    }
    const dotted = name.endsWith('.') ? name : `${name}.`
    const answered = result.state === 'found' && type === 'A'
    const id = 1000 + ((process.world.now() * 31 + process.pid) % 64_000)
    const when = strftime('%a %b %d %H:%M:%S %Z %Y', localTime(process.world.now(), zoneOf(process)))
    await process.stdout.write(
      `${head};; global options: +cmd\n;; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: ${result.state === 'nxdomain' ? 'NXDOMAIN' : 'NOERROR'}, id: ${id}\n;; flags: qr rd ra; QUERY: 1, ANSWER: ${answered ? 1 : 0}, AUTHORITY: 0, ADDITIONAL: 1\n\n;; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags:; udp: 1232\n;; QUESTION SECTION:\n;${dotted.padEnd(23)}\t\tIN\t${type}\n\n${answered ? `;; ANSWER SECTION:\n${dotted.padEnd(24)}${300}\tIN\tA\t${result.address}\n\n` : ''};; Query time: ${12 + (id % 40)} msec\n;; SERVER: ${server}#53(${server}) (UDP)\n;; WHEN: ${when}\n;; MSG SIZE  rcvd: ${dotted.length + 45}\n\n`,
    )
    return 0
  },
})
