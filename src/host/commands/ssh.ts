import type { HostText, Process } from '../command.ts'
import { gnuCommand } from './gnu/command.ts'
import { dialSsh, failsPassword, trustsKey } from './net/ssh-client.ts'

const USAGE = `usage: ssh [-46AaCfGgKkMNnqsTtVvXxYy] [-B bind_interface]
           [-b bind_address] [-c cipher_spec] [-D [bind_address:]port]
           [-E log_file] [-e escape_char] [-F configfile] [-I pkcs11]
           [-i identity_file] [-J [user@]host[:port]] [-L address]
           [-l login_name] [-m mac_spec] [-O ctl_cmd] [-o option] [-p port]
           [-Q query_option] [-R address] [-S ctl_path] [-W host:port]
           [-w local_tun[:remote_tun]] destination [command [argument ...]]
`

export default gnuCommand({
  name: 'ssh',
  package: 'openssh-client',
  usage: '',
  trouble: 255,
  applet: false,
  short: '+46AaCfGgKkMNnqsTtVvXxYyB:b:c:D:E:e:F:I:i:J:L:l:m:O:o:p:Q:R:S:W:w:',
  async run(process, options) {
    if (options.has('V')) {
      await process.stderr.write(`${clientVersion(process)}\n`)
      return 0
    }
    const [destination] = options.operands
    if (destination === undefined) {
      await process.stderr.write(USAGE)
      return 255
    }
    const { user, host, port } = parseDestination(destination)
    const settings = options.values('o')
    const chosenPort = Number(
      options.value('p') ?? settings.map((text) => /^Port[= ](\d+)/i.exec(text)?.[1]).find((text) => text !== undefined) ?? port ?? 22,
    )
    if ((await dialSsh(process, host, chosenPort, 'ssh')) === 'failed') return 255
    if (!(await trustsKey(process, host, settings))) return 255
    const name = options.value('l') ?? user ?? process.user
    if (settings.some((text) => /BatchMode[= ]*yes/i.test(text)) || !process.terminal)
      await process.stderr.write(`${name}@${host}: Permission denied (publickey,password).\r\n`)
    else await failsPassword(process, name, host)
    return 255
  },
})

function parseDestination(text: HostText): { user: string | undefined; host: string; port: string | undefined } {
  const bare = text.replace(/^ssh:\/\//, '')
  const at = bare.lastIndexOf('@')
  const rest = bare.slice(at + 1)
  const found = text.startsWith('ssh://') ? /^(.*):(\d+)$/.exec(rest) : undefined
  return { user: at < 0 ? undefined : bare.slice(0, at), host: found?.[1] ?? rest, port: found?.[2] }
}

/** `OpenSSH_9.2p1 Debian-2+deb12u10, OpenSSL 3.0.17 1 Jul 2025` by the installed packages. */
export function clientVersion(process: Process): string {
  const version = (name: string): string | undefined =>
    process.world.persona.packages.find((entry) => entry.startsWith(`${name} `))?.split(' ')[1]
  const ssh = version('openssh-client') ?? '1:9.2p1-2+deb12u7'
  const [upstream, revision] = ssh.replace(/^\d+:/, '').split(/-(.*)/) as [string, string]
  const openssl = (version('libssl3') ?? '3.0.17').split('-')[0] as string
  const vendor = process.world.persona.os.family === 'ubuntu' ? 'Ubuntu' : 'Debian'
  return `OpenSSH_${upstream} ${vendor}-${revision}, OpenSSL ${openssl} ${OPENSSL_DATES[openssl] ?? '1 Jul 2025'}`
}

const OPENSSL_DATES: Record<string, string> = {
  '3.0.2': '15 Mar 2022',
  '3.0.11': '19 Sep 2023',
  '3.0.14': '4 Jun 2024',
  '3.0.15': '3 Sep 2024',
  '3.0.16': '11 Feb 2025',
  '3.0.17': '1 Jul 2025',
  '3.0.22': '25 Aug 2026',
}
