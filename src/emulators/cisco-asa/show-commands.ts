import type { Persona } from '../../config/persona.ts'
import { fillHoneytokenText } from '../../host/honeytokens/marked-seed.ts'
import type { HoneytokenMint } from '../../host/honeytokens/mint.ts'
import type { Appliance } from './appliance.ts'

/** Output of the commands that `/admin/exec/` runs for an administrator. */
export class ShowCommands {
  readonly #appliance: Appliance
  readonly #persona: Persona
  readonly #mint: HoneytokenMint

  constructor(appliance: Appliance, persona: Persona, mint: HoneytokenMint) {
    this.#appliance = appliance
    this.#persona = persona
    this.#mint = mint
  }

  /** @param source who reads it: secrets in it are this source's own */
  run(command: string, source: string, now = Date.now()): string {
    const words = command.trim().toLowerCase().split(/\s+/)
    if (is(words, 'show', 'version')) return this.#version(now)
    if (is(words, 'show', 'running-config') || is(words, 'show', 'startup-config') || is(words, 'write', 'terminal'))
      return fillHoneytokenText(this.#config(), this.#mint, {
        owner: this.#persona.name,
        place: `/admin/exec/${words.slice(0, 2).join(' ')}`,
        source,
      })
    if (is(words, 'show', 'hostname')) return `${this.#appliance.hostname}\n`
    if (is(words, 'show', 'clock')) return `${clock(now)}\n`
    return `\n${command.slice(0, 200)}\n^\nERROR: % Invalid input detected at '^' marker.\n`
  }

  #version(now: number): string {
    const { version, asdm, built, image, device, serial, hostname, startedAt } = this.#appliance
    const minutes = Math.floor((now - startedAt) / 60_000)
    const [days, hours] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60)]
    return `
Cisco Adaptive Security Appliance Software Version ${version}
Device Manager Version ${asdm}

Compiled on ${built} by builders
System image file is "disk0:/${image}"
Config file at boot was "startup-config"

${hostname} up ${days} days ${hours} hours

Hardware:   ${device}, 8192 MB RAM, CPU Lynnfield 2394 MHz, 1 CPU (4 cores)
            ASA: 4096 MB RAM, 1 CPU (1 core)
Internal ATA Compact Flash, 8192MB

This platform has an ASA license.

Serial Number: ${serial}
Configuration register is 0x1
`
  }

  #config(): string {
    const { version, hostname, groups, serial } = this.#appliance
    const { domain, network } = this.#persona
    const [address = '10.0.0.2'] = network.interfaces[0]?.address.split('/') ?? []
    const profiles = groups.map(
      ({ alias, group }) => `tunnel-group ${group} type remote-access
tunnel-group ${group} general-attributes
 address-pool VPN-POOL
 authentication-server-group LDAP-SRV LOCAL
tunnel-group ${group} webvpn-attributes
 group-alias ${alias} enable
tunnel-group ${group} ipsec-attributes
 ikev1 pre-shared-key *****`,
    )
    return `: Saved
:
: Serial Number: ${serial}
ASA Version ${version}
!
hostname ${hostname}
domain-name ${domain}
enable password {{honeytoken:password:enable}} encrypted
names
ip local pool VPN-POOL 10.99.0.10-10.99.3.250 mask 255.255.252.0
!
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address ${address} 255.255.255.0
!
dns server-group DefaultDNS
 name-server ${network.dns[0] ?? '10.0.0.1'}
 domain-name ${domain}
aaa-server LDAP-SRV protocol ldap
aaa-server LDAP-SRV (inside) host dc1.${domain}
 ldap-base-dn ${domain
   .split('.')
   .map((part) => `dc=${part}`)
   .join(',')}
 ldap-login-dn cn=svc-asa,ou=service
 ldap-login-password {{honeytoken:password:svc-asa}}
snmp-server community {{honeytoken:password:snmp}}
username admin password {{honeytoken:password:admin}} privilege 15
crypto ikev1 enable outside
crypto ikev1 policy 10
 authentication pre-share
 encryption 3des
 hash sha
 group 2
webvpn
 enable outside
 anyconnect enable
 tunnel-group-list enable
${profiles.join('\n')}
: end
`
  }
}

/** Commands may be cut short as far as they stay one of their kind. */
function is(words: readonly string[], ...names: string[]): boolean {
  return words.length >= names.length && names.every((name, at) => (words[at]?.length ?? 0) >= 2 && name.startsWith(words[at] as string))
}

function clock(now: number): string {
  const [, day = '', month = '', year = '', time = ''] = new Date(now).toUTCString().split(' ')
  return `${time}.${String(now % 1000).padStart(3, '0')} UTC ${new Date(now).toUTCString().slice(0, 3)} ${month} ${Number(day)} ${year}`
}
