import { gnuCommand } from './gnu/command.ts'
import { multiCall } from './gnu/multi-call.ts'
import { firewallCommand } from './net/firewall.ts'

const multi = gnuCommand({
  name: 'xtables-nft-multi',
  package: 'iptables',
  paths: ['/usr/sbin/xtables-nft-multi', '/usr/sbin/xtables-legacy-multi'],
  usage: '',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const name = process.argv[0] as string
    await process.stderr.write(
      `ERROR: No valid subcommand given.\nValid subcommands:\n * iptables\n * main4\n * iptables-save\n * save4\n * ip6tables\n * main6\n`,
    )
    return name ? 1 : 2
  },
})

const KINDS = ['', '-nft', '-legacy']
const PROGRAMS = ['iptables', 'ip6tables', 'iptables-save', 'ip6tables-save', 'iptables-restore', 'ip6tables-restore'] as const

/** iptables of both kinds are one file each, under many names. */
export default multiCall(
  multi,
  KINDS.flatMap((kind) => PROGRAMS.map((name) => ({ ...firewallCommand(name), name: name.replace('tables', `tables${kind}`) }))),
)
