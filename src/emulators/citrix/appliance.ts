import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { fillHoneytokenText } from '../../host/honeytokens/marked-seed.ts'
import type { HoneytokenMint } from '../../host/honeytokens/mint.ts'
import type { Build } from './build.ts'

/** Commands of one line that are looked at one by one. */
const MOST_PARTS = 20

/** What lies on the appliance that its attackers read. */
export class Appliance {
  readonly hostname: string
  readonly #files: ReadonlyMap<string, string>
  readonly #uname: string
  readonly #mint: HoneytokenMint
  readonly #owner: string

  constructor(identity: Identity, persona: Persona, build: Build, mint: HoneytokenMint) {
    this.#mint = mint
    this.#owner = persona.name
    this.hostname = `ns${identity.integer('citrix/host-number', 1, 9)}`
    const config = nsConfig(persona, build, this.hostname)
    this.#uname = `FreeBSD ${this.hostname} 8.4-NETSCALER-${build.release} FreeBSD 8.4-NETSCALER-${build.release} #0: ${new Date(build.at).toUTCString().replace(/^(\w{3}), (\d\d) (\w{3}) (\d{4}) (\S+) GMT$/, '$1 $3 $2 $5 UTC $4')}     root@sjc-bld-bsd84-150:/usr/obj/home/build/rs_${build.release.replace('.', '')}/usr.src/sys/NS64  amd64`
    this.#files = new Map([
      ['/flash/nsconfig/ns.conf', config],
      ['/nsconfig/ns.conf', config],
      ['/etc/passwd', PASSWD],
      ['/etc/hosts', `127.0.0.1\tlocalhost\n127.0.0.1\t${this.hostname}\n`],
      ['/netscaler/version', `NetScaler NS${build.release}: Build ${build.number}.nc\n`],
      ['/vpns/cfg/smb.conf', smbConfig(this.hostname, persona)],
    ])
  }

  /** A file with the secrets that are this source's own. */
  file(path: string, source: string): string | undefined {
    const text = this.#files.get(path)
    return text && fillHoneytokenText(text, this.#mint, { owner: this.#owner, place: path, source })
  }

  /**
   * The parts of a command line that the appliance answers itself, and those that the simulated host may run. A line is
   * only divided when one of its parts is the appliance's own.
   */
  partsOf(line: string, source: string): ({ output: string } | { command: string })[] {
    const commands = /['"`$()|<>\\]|&(?!&)/.test(line.replaceAll('&&', ';'))
      ? [line]
      : line
          .split(/;|&&|\n/)
          .map((command) => command.trim())
          .filter((command) => command !== '')
          .slice(0, MOST_PARTS)
    const outputs = commands.map((command) => this.output(command, source))
    if (outputs.every((output) => output === undefined)) return [{ command: line }]
    return commands.map((command, at) => {
      const output = outputs[at]
      return output === undefined ? { command } : { output }
    })
  }

  /**
   * The output of a plain command that the simulated host would answer as the Linux that it is. Undefined = the host may
   * answer.
   */
  output(command: string, source: string): string | undefined {
    const [name = '', ...words] = command.trim().split(/\s+/)
    if (/[;&|<>`$()]/.test(command)) return undefined
    const program = name.replace(/^.*\//, '')
    if (program === 'uname')
      return `${words.includes('-a') ? this.#uname : words.includes('-r') ? (this.#uname.split(' ')[2] ?? '') : 'FreeBSD'}\n`
    if (program === 'id') return 'uid=65534(nobody) gid=65534(nobody) groups=65534(nobody)\n'
    if (program === 'whoami') return 'nobody\n'
    if (program === 'hostname') return `${this.hostname}\n`
    if (program !== 'cat') return undefined
    const texts = words.map((path) => this.file(path, source))
    return texts.every((text) => text !== undefined) && texts.length > 0 ? texts.join('') : undefined
  }
}

const PASSWD = `root:*:0:0:Charlie &:/root:/usr/bin/bash
nsroot:*:0:0:Netscaler Root:/root:/netscaler/nssh
daemon:*:1:1:Owner of many system processes:/root:/nonexistent
operator:*:2:5:System &:/:/nonexistent
bin:*:3:7:Binaries Commands and Source:/:/nonexistent
nobody:*:65534:65534:Unprivileged user:/nonexistent:/nonexistent
sshd:*:65533:65533:SSHD User:/nonexistent:/nonexistent
nsmonitor:*:65532:65534:Netscaler Monitoring user:/var/nstmp/monitors:/nonexistent
`

function smbConfig(hostname: string, { domain }: Persona): string {
  const workgroup = (domain.split('.')[0] ?? 'workgroup').toUpperCase().slice(0, 15)
  return `[global]\n\tworkgroup = ${workgroup}\n\tnetbios name = ${hostname.toUpperCase()}\n\tsecurity = user\n\tencrypt passwords = yes\n\tsocket options = TCP_NODELAY\n\tname resolve order = host wins bcast\n\tinterfaces = lo0\n`
}

/** With marks where each source finds secrets of its own. A password's hash is one letter, eight of salt and a SHA-1. */
function nsConfig({ domain, network }: Persona, build: Build, hostname: string): string {
  const [address = '10.0.0.2'] = network.interfaces[0]?.address.split('/') ?? []
  const base = domain
    .split('.')
    .map((part) => `dc=${part}`)
    .join(',')
  return `#NS${build.release} Build ${build.number}
# Last modified by \`save config\`, ${new Date(build.at + 9 * 86_400_000).toUTCString()}
set ns config -IPAddress ${address} -netmask 255.255.255.0
set ns hostName ${hostname}
set system user nsroot 1{{honeytoken:hex48:nsroot}} -encrypted
add system user backup 1{{honeytoken:hex48:backup}} -encrypted -timeout 900
add snmp community {{honeytoken:password:snmp}} ALL
add dns nameServer ${network.dns[0] ?? '10.0.0.1'}
add authentication ldapAction ldap_ad -serverName dc1.${domain} -serverPort 636 -ldapBase "${base}" -ldapBindDn "cn=svc-netscaler,ou=service,${base}" -ldapBindDnPassword {{honeytoken:hex64:ldap}} -encrypted -encryptmethod ENCMTHD_3 -ldapLoginName sAMAccountName -secType SSL
add authentication ldapPolicy pol_ldap_ad ns_true ldap_ad
add vpn vserver vs_gateway SSL ${address} 443 -icaOnly ON -Listenpolicy NONE
bind vpn vserver vs_gateway -staServer "http://ddc1.${domain}"
bind vpn vserver vs_gateway -policy pol_ldap_ad -priority 100
`
}
