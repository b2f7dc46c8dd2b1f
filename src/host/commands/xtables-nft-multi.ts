import { gnuCommand } from './gnu/command.ts'
import { multiCall } from './gnu/multi-call.ts'
import ip6tables from './ip6tables.ts'
import iptables from './iptables.ts'
import iptablesSave from './iptables-save.ts'

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

const ALIASES = ['', '-nft', '-legacy']

/** iptables of both kinds are one file each, under many names. */
export default multiCall(
  multi,
  ALIASES.flatMap((kind) => [
    { ...iptables, name: `iptables${kind}` },
    { ...ip6tables, name: `ip6tables${kind}` },
    { ...iptablesSave, name: `iptables${kind}-save` },
  ]),
)
