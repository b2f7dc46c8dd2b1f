import { interfaces, primary } from '../world/network.ts'
import { gnuCommand } from './gnu/command.ts'
import { OptionError, type Options, parseOptions } from './gnu/options.ts'

/** Listens where nothing passes by: the header, and the sums when it is ended. */
export default gnuCommand({
  name: 'tcpdump',
  package: 'tcpdump',
  usage: '[-AbdDefhHIJKlLnNOpqStuUvxX#]',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const { stdout, stderr, world } = process
    let options: Options
    try {
      options = parseOptions(process.argv.slice(1), {
        short: 'aAbB:c:C:dDeE:fF:G:hHi:Ij:JKlLm:M:nNOpqQ:r:s:StT:uUvV:w:W:xXy:Yz:Z:#',
        long: { interface: 'i', 'list-interfaces': 'D', 'immediate-mode': 'x', number: '#', print: 'x' },
      })
    } catch (error) {
      if (!(error instanceof OptionError)) throw error
      await stderr.write(
        `tcpdump: ${error.message}\ntcpdump version 4.99.3\nlibpcap version 1.10.3 (with TPACKET_V3)\nOpenSSL 3.0.22 25 Aug 2026\nUsage: tcpdump [-AbdDefhHIJKlLnNOpqStuUvxX#]\n`,
      )
      return 1
    }
    if (options.has('version', 'h')) {
      await stderr.write('tcpdump version 4.99.3\nlibpcap version 1.10.3 (with TPACKET_V3)\nOpenSSL 3.0.22 25 Aug 2026\n')
      return 0
    }
    const links = interfaces(world)
    if (options.has('D')) {
      const names = [
        ...links.filter((link) => !link.loopback).map((link) => `${link.name} [Up, Running, Connected]`),
        'any (Pseudo-device that captures on all interfaces) [Up, Running]',
        'lo [Up, Running, Loopback]',
      ]
      await stdout.write(names.map((name, i) => `${i + 1}.${name}\n`).join(''))
      return 0
    }
    const device = options.value('i') ?? primary(world).name
    if (device !== 'any' && !links.some((link) => link.name === device)) {
      await stderr.write(`tcpdump: ${device}: No such device exists\n(No such device exists)\n`)
      return 1
    }
    if (process.uid !== 0) {
      await stderr.write(
        `tcpdump: ${device}: You don't have permission to perform this capture on that device\n(socket: Operation not permitted)\n`,
      )
      return 1
    }
    if (!options.has('v') && !options.has('w'))
      await stderr.write('tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\n')
    const type = device === 'any' ? 'LINUX_SLL2 (Linux cooked v2)' : 'EN10MB (Ethernet)'
    await stderr.write(
      `${options.has('v', 'w') ? 'tcpdump: ' : ''}listening on ${device}, link-type ${type}, snapshot length ${options.value('s') ?? 262144} bytes\n`,
    )
    const ended = Promise.withResolvers<void>()
    for (const signal of ['INT', 'TERM', 'HUP']) process.onSignal(signal, () => ended.resolve())
    await Promise.race([ended.promise, process.sleep(24 * 3_600_000)])
    await stderr.write(
      `${process.stdout.isTerminal ? '\r' : ''}0 packets captured\n0 packets received by filter\n0 packets dropped by kernel\n`,
    )
    return 0
  },
})
