import { isIPv6 } from 'node:net'
import type { Findings, Sighted } from './findings.ts'
import { mispEvent } from './misp.ts'
import { stixBundle, type TechniqueNames } from './stix.ts'

export const FORMATS = ['plain', 'csv', 'json', 'stix', 'misp', 'nft', 'ipset'] as const
export type Format = (typeof FORMATS)[number]

/** Findings as a text that other tools read. */
export function written(findings: Findings, format: Format, techniques: TechniqueNames): string {
  switch (format) {
    case 'plain':
      return findings.sources.map(({ ip }) => `${ip}\n`).join('')
    case 'csv':
      return csv(findings)
    case 'json':
      return `${JSON.stringify(findings, null, 2)}\n`
    case 'stix':
      return `${JSON.stringify(stixBundle(findings, techniques), null, 2)}\n`
    case 'misp':
      return `${JSON.stringify(mispEvent(findings, techniques), null, 2)}\n`
    case 'nft':
      return nft(findings)
    case 'ipset':
      return ipset(findings)
  }
}

const HEADER = ['type', 'value', 'first_seen', 'last_seen', 'count', 'lures', 'techniques', 'detail']

function csv({ sources, files, pointers }: Findings): string {
  const row = (type: string, value: string, found: Sighted, detail: string): string[] => [
    type,
    value,
    new Date(found.firstSeen).toISOString(),
    new Date(found.lastSeen).toISOString(),
    String(found.count),
    found.lures.join(' '),
    found.techniques.join(' '),
    detail,
  ]
  const rows = [
    HEADER,
    ...sources.map((found) => row('ip', found.ip, found, found.cves.join(' '))),
    ...files.map((found) => row('sha256', found.sha256, found, `${found.magic} ${found.size}`)),
    ...pointers.map((found) => row(found.kind, found.value, found, found.sources.join(' '))),
  ]
  return rows.map((cells) => `${cells.map(cell).join(',')}\r\n`).join('')
}

/** RFC 4180. What a spreadsheet would take for a formula gets a quote before it: attackers choose these texts. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** A table of its own, replaced as a whole by `nft -f`: its sets, and a chain that drops what comes from them. */
function nft({ sources, since, until }: Findings): string {
  const [four, six] = families(sources.map(({ ip }) => ip))
  const set = (name: string, type: string, ips: readonly string[]): string[] => [
    `  set ${name} {`,
    `    type ${type}`,
    ...(ips.length > 0 ? [`    elements = { ${ips.join(', ')} }`] : []),
    '  }',
  ]
  return [
    `# Sources of attacks from ${new Date(since).toISOString()} to ${new Date(until).toISOString()}. Load with: nft -f FILE`,
    'table inet sundew_block',
    'delete table inet sundew_block',
    'table inet sundew_block {',
    ...set('sources4', 'ipv4_addr', four),
    ...set('sources6', 'ipv6_addr', six),
    '  chain incoming {',
    '    type filter hook prerouting priority -150; policy accept;',
    '    ip saddr @sources4 counter drop',
    '    ip6 saddr @sources6 counter drop',
    '  }',
    '}',
    '',
  ].join('\n')
}

/** For `ipset restore`; a rule that uses the sets is the operator's: `iptables -I INPUT -m set --match-set sundew4 src -j DROP`. */
function ipset({ sources }: Findings): string {
  const [four, six] = families(sources.map(({ ip }) => ip))
  const set = (name: string, family: string, ips: readonly string[]): string[] => [
    `create ${name} hash:ip family ${family} maxelem ${Math.max(65_536, ips.length)} -exist`,
    `flush ${name}`,
    ...ips.map((ip) => `add ${name} ${ip} -exist`),
  ]
  return `${[...set('sundew4', 'inet', four), ...set('sundew6', 'inet6', six)].join('\n')}\n`
}

function families(ips: readonly string[]): [four: string[], six: string[]] {
  return [ips.filter((ip) => !isIPv6(ip)), ips.filter(isIPv6)]
}
