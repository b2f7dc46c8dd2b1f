import type { Finding } from './llm/diagnose.ts'
import type { PortRow } from './sensor/sensor.ts'

/** Lures that only one kind of device has: two kinds on one address are noticed. */
const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  'a Windows server': ['smb', 'epmap', 'wins', 'netbios'],
  'a Siemens controller': ['s7'],
  'a Rockwell controller': ['enip'],
  'an Android box': ['adb'],
  'a tank gauge': ['guardian-ast'],
  'an electricity or heat meter': ['kamstrup'],
  'a server’s management board': ['ipmi'],
  'a home router': ['upnp'],
  'a Cisco firewall': ['cisco-asa'],
  'a Citrix gateway': ['citrix'],
  'an office printer': ['jetdirect'],
  'an image archive of a hospital': ['dicom'],
}
/** What a Linux persona plays as itself; a router's or a TV box's is that device. */
const OF_A_LINUX_SERVER = ['ssh', 'telnet', 'http', 'web-app', 'wordpress', 'imap', 'pop3', 'redis', 'memcached']
const LINUX_SERVER = 'a Linux server'
/** Kinds that are programs of a Linux server as often as machines of their own. */
const ON_LINUX = ['an image archive of a hospital']
/** Services beyond which scanners call a host a honeypot, whatever each of them says. */
const MANY_SERVICES = 12
/** Ports by which checkpot knows a honeypot that nobody has changed, and how many of a hundred it takes for that. */
const PORT_SETS: Readonly<Record<string, readonly number[]>> = {
  Artillery: [21, 22, 25, 53, 110, 1433, 1723, 5800, 5900, 8080, 10000, 16993, 44443],
  Dionaea: [21, 42, 80, 135, 443, 445, 1433, 1723, 3306, 5060, 5061],
  HoneyPy: [7, 8, 23, 24, 2048, 4096, 10007, 10008, 10009, 10010],
}
const PORT_SET_PERCENT = 70

/**
 * Whether all that plays on one address could be one machine.
 * @param systemOf the operating system of a persona, as its `os.family` says
 */
export function plausibility(rows: readonly PortRow[], systemOf: (persona: string) => string = () => 'debian'): Finding[] {
  const byHost = Map.groupBy(rows, ({ host }) => host)
  return [...byHost].flatMap(([host, there]) => {
    const names = [...new Set(there.map(({ lure }) => lure))]
    const isLinux = there.some(({ lure, persona }) => OF_A_LINUX_SERVER.includes(lure) && /^(debian|ubuntu)$/.test(systemOf(persona)))
    const devices = Object.entries(FAMILIES).flatMap(([kind, lures]) => (lures.some((lure) => names.includes(lure)) ? [kind] : []))
    const kinds = isLinux ? [LINUX_SERVER, ...devices.filter((kind) => !ON_LINUX.includes(kind))] : devices
    const findings: Finding[] = []
    if (kinds.length > 1) {
      const cure = 'give each kind an address of its own (lures[].host), or take a profile that is one machine: linux, windows, medical'
      findings.push(bad(`${host} is ${kinds.join(' and ')} at once`, cure))
    }
    if (names.length > MANY_SERVICES) {
      findings.push(
        bad(`${host} has ${names.length} services; a real machine seldom has more than ${MANY_SERVICES}`, 'play fewer lures on it'),
      )
    }
    for (const [honeypot, ports] of Object.entries(PORT_SETS)) {
      const open = ports.filter((port) => there.some((row) => row.port === port)).length
      if ((open / ports.length) * 100 > PORT_SET_PERCENT) {
        findings.push(bad(`${host} has ${open} of the ${ports.length} ports that ${honeypot} opens (checkpot)`, 'play fewer of them on it'))
      }
    }
    if (findings.length === 0) findings.push({ ok: true, what: `${host}: its ${names.length} services could be one machine’s`, cure: '' })
    return findings
  })
}

/** Whether two addresses show one certificate: whoever finds the one finds the other by it, and that both are played. */
export function sharedCertificates(certificates: ReadonlyMap<string, string>): Finding[] {
  const byCertificate = Map.groupBy(certificates, ([, fingerprint]) => fingerprint)
  return [...byCertificate.values()].flatMap((there) => {
    const hosts = [...new Set(there.map(([place]) => place.slice(0, place.lastIndexOf(':'))))]
    if (hosts.length < 2) return []
    return [
      bad(`${hosts.join(' and ')} show the same certificate`, 'give the lures of each address a persona of their own (lures[].persona)'),
    ]
  })
}

function bad(what: string, cure: string): Finding {
  return { ok: false, what, cure }
}
