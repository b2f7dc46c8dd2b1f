import type { World } from '../../command.ts'
import { value } from './firewall-listing.ts'
import { type Chain, type Table, tablesInUse } from './firewall-tables.ts'

export interface NftTable {
  family: string
  name: string
  chains: Map<string, { rules: string[] }>
}

/** A table as `nft list` shows it. */
interface Shown {
  family: string
  name: string
  /** @param only one chain of it */
  text(only?: string): string
  /** Its chains without their rules. */
  heads(): string
}

const books = new WeakMap<World, Map<string, NftTable>>()

/** Tables that were made with nft itself, by family and name. */
export function ownTables(world: World): Map<string, NftTable> {
  const known = books.get(world) ?? new Map<string, NftTable>()
  books.set(world, known)
  return known
}

/** All tables: those of iptables, which are nft's own underneath, and those made by nft. */
export function nftTables(world: World): Shown[] {
  const compatible = ['4', '6'].flatMap((family) =>
    tablesInUse(world, family).map(([name, table]) => ofIptables(family === '6' ? 'ip6' : 'ip', name, table)),
  )
  const own = [...ownTables(world).values()].map(({ family, name, chains }) =>
    shown(
      family,
      name,
      [...chains].map(([chain, { rules }]) => [chain, rules] as const),
      '',
    ),
  )
  return [...compatible, ...own]
}

function shown(family: string, name: string, chains: readonly (readonly [string, readonly string[]])[], warning: string): Shown {
  const block = (entries: typeof chains): string =>
    entries.map(([chain, rules]) => `\tchain ${chain} {\n${rules.map((rule) => `\t\t${rule}\n`).join('')}\t}\n`).join('\n')
  return {
    family,
    name,
    text: (only) =>
      `${warning}table ${family} ${name} {\n${block(only === undefined ? chains : chains.filter(([chain]) => chain === only))}}\n`,
    heads: () =>
      `table ${family} ${name} {\n${chains.map(([chain, [first]]) => `\tchain ${chain} {\n${first?.startsWith('type ') ? `\t\t${first}\n` : ''}\t}\n`).join('')}}\n`,
  }
}

const PRIORITIES: Record<string, string> = { PREROUTING: 'dstnat', OUTPUT: 'dstnat', POSTROUTING: 'srcnat', INPUT: 'srcnat' }
const TABLE_PRIORITIES: Record<string, string> = { filter: 'filter', mangle: 'mangle', raw: 'raw' }

function ofIptables(family: string, name: string, table: Table): Shown {
  const chains = [...table]
    .filter(([, { policy, rules }]) => policy === undefined || policy !== 'ACCEPT' || rules.length > 0)
    .map(([chain, entry]) => [chain, [...hook(name, chain, entry), ...entry.rules.map((rule) => nftRule(rule, family))]] as const)
  return shown(family, name, chains, `# Warning: table ${family} ${name} is managed by iptables-nft, do not touch!\n`)
}

function hook(table: string, chain: string, { policy }: Chain): string[] {
  if (policy === undefined) return []
  const priority = TABLE_PRIORITIES[table] ?? PRIORITIES[chain]
  return [`type ${table === 'nat' ? 'nat' : 'filter'} hook ${chain.toLowerCase()} priority ${priority}; policy ${policy.toLowerCase()};`]
}

/** An iptables rule in nft's language, as its compatible layer shows it. */
function nftRule(rule: readonly string[], family: string): string {
  const protocol = value(rule, '-p')
  const parts: string[] = []
  for (let at = 0; at < rule.length; at++) {
    const not = rule[at - 1] === '!' ? '!= ' : ''
    const next = rule[at + 1] ?? ''
    switch (rule[at]) {
      case '-s':
        parts.push(`${family} saddr ${not}${next.replace(/\/(32|128)$/, '')}`)
        break
      case '-d':
        parts.push(`${family} daddr ${not}${next.replace(/\/(32|128)$/, '')}`)
        break
      case '-i':
        parts.push(`iifname ${not}"${next}"`)
        break
      case '-o':
        parts.push(`oifname ${not}"${next}"`)
        break
      case '--dport':
        parts.push(`${protocol} dport ${not}${next.replace(':', '-')}`)
        break
      case '--sport':
        parts.push(`${protocol} sport ${not}${next.replace(':', '-')}`)
        break
      case '--dports':
        parts.push(`meta l4proto ${protocol} ${protocol} dport ${not}${set(next)}`)
        break
      case '--state':
      case '--ctstate':
        parts.push(`ct state ${not}${states(next)}`)
        break
      case '--limit':
        parts.push(`limit rate ${next.replace(/\/m(in(ute)?)?$/, '/minute').replace(/\/s(ec(ond)?)?$/, '/second')}`)
        break
    }
  }
  if (protocol !== undefined && !parts.some((part) => part.includes(`${protocol} `))) parts.push(`meta l4proto ${protocol}`)
  return [...parts, 'counter packets 0 bytes 0', ...verdict(rule)].join(' ')
}

function set(ports: string): string {
  const list = ports.split(',')
  return list.length === 1 ? (list[0] as string).replace(':', '-') : `{ ${list.map((port) => port.replace(':', '-')).join(',')} }`
}

/** Bits of a state in the kernel's order. */
const STATES = ['INVALID', 'RELATED', 'ESTABLISHED', 'NEW', 'UNTRACKED']

function states(text: string): string {
  const given = text.split(',')
  const known = given.filter((state) => STATES.includes(state))
  const order = known.includes('NEW') || known.includes('INVALID') ? ['INVALID', 'ESTABLISHED', 'RELATED', 'NEW', 'UNTRACKED'] : STATES
  return order
    .filter((state) => known.includes(state))
    .map((state) => state.toLowerCase())
    .join(',')
}

function verdict(rule: readonly string[]): string[] {
  const target = value(rule, '-j')
  switch (target) {
    case undefined:
      return value(rule, '-g') === undefined ? [] : [`goto ${value(rule, '-g')}`]
    case 'ACCEPT':
    case 'DROP':
    case 'RETURN':
    case 'REJECT':
    case 'MASQUERADE':
      return [target.toLowerCase()]
    case 'LOG':
      return [`log${value(rule, '--log-prefix') === undefined ? '' : ` prefix "${value(rule, '--log-prefix')}"`}`]
    case 'DNAT':
      return [`dnat to ${value(rule, '--to-destination')}`]
    case 'SNAT':
      return [`snat to ${value(rule, '--to-source')}`]
    case 'REDIRECT':
      return [`redirect to :${value(rule, '--to-ports')}`]
    default:
      return [`jump ${target}`]
  }
}
