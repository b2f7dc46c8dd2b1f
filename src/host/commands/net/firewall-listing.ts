import type { World } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { configText } from '../gnu/config-files.ts'
import type { Table } from './firewall-tables.ts'

const PROTOCOLS: Record<string, string> = { all: '0', icmp: '1', tcp: '6', udp: '17', esp: '50', 'ipv6-icmp': '58', sctp: '132' }

export interface ListingStyle {
  only: string | undefined
  numbered: boolean
  verbose: boolean
  /** `-n`: numbers in the place of names. */
  numeric: boolean
  family: string
}

/** `iptables -L`. */
export function listing(world: World, table: Table, style: ListingStyle): string {
  const { only, numbered, verbose, family } = style
  const services = style.numeric ? undefined : serviceNames(world)
  const columns = `${numbered ? 'num  ' : ''}${verbose ? ' pkts bytes target     prot opt in     out     source               destination         \n' : 'target     prot opt source               destination         \n'}`
  const option = family === '6' ? '  ' : '--'
  const address = (given: string | undefined): string => {
    if (given === undefined) return (services ? 'anywhere' : family === '6' ? '::/0' : '0.0.0.0/0').padEnd(20)
    return given.replace(/\/(32|128)$/, '').padEnd(20)
  }
  const row = (rule: readonly string[], i: number): string => {
    const target = (value(rule, '-j', '-g') ?? '').padEnd(10)
    const named = value(rule, '-p') ?? 'all'
    const protocol = (services ? named : (PROTOCOLS[named] ?? named)).padEnd(4)
    const places = verbose ? `${(value(rule, '-i') ?? '*').padEnd(6)} ${(value(rule, '-o') ?? '*').padEnd(6)}  ` : ''
    const extra = matchText(rule, named, services)
    return `${numbered ? String(i + 1).padEnd(5) : ''}${verbose ? '    0     0 ' : ''}${target} ${protocol} ${option}  ${places}${address(value(rule, '-s'))} ${address(value(rule, '-d'))}${extra ? ` ${extra}` : ''}`
  }
  return [...table]
    .filter(([name]) => only === undefined || name === only)
    .map(([name, chain]) => {
      const note =
        chain.policy === undefined
          ? `${references(table, name)} references`
          : `policy ${chain.policy}${verbose ? ' 0 packets, 0 bytes' : ''}`
      return `Chain ${name} (${note})\n${columns}${chain.rules.map((rule, i) => `${row(rule, i)}\n`).join('')}`
    })
    .join('\n')
}

function references(table: Table, name: string): number {
  return [...table.values()].reduce((sum, chain) => sum + chain.rules.filter((rule) => value(rule, '-j', '-g') === name).length, 0)
}

export function value(rule: readonly string[], ...names: string[]): string | undefined {
  const at = rule.findIndex((word) => names.includes(word))
  return at < 0 ? undefined : rule[at + 1]
}

/** What a rule matches and how its target acts, behind the addresses. */
function matchText(rule: readonly string[], protocol: string, services: ReadonlyMap<string, string> | undefined): string {
  const named = (ports: string): string => services?.get(`${ports}/${protocol}`) ?? ports
  const parts: string[] = []
  for (let at = 0; at < rule.length; at++) {
    const next = rule[at + 1] ?? ''
    const not = rule[at - 1] === '!' ? '!' : ''
    switch (rule[at]) {
      case '--dport':
        parts.push(`${protocol} dpt:${not}${named(next)}`)
        break
      case '--sport':
        parts.push(`${protocol} spt:${not}${named(next)}`)
        break
      case '--dports':
      case '--sports':
        parts.push(`multiport ${rule[at]?.slice(2)} ${not}${next.split(',').map(named).join(',')}`)
        break
      case '--state':
        parts.push(`state ${next}`)
        break
      case '--ctstate':
        parts.push(`ctstate ${next}`)
        break
      case '--icmp-type':
        parts.push(`icmptype ${next === 'echo-request' ? '8' : next}`)
        break
      case '--comment':
        parts.push(`/* ${next} */`)
        break
      case '--reject-with':
        parts.push(`reject-with ${next}`)
        break
      case '--to-destination':
      case '--to-source':
        parts.push(`to:${next}`)
        break
      case '--to-ports':
        parts.push(`redir ports ${next}`)
        break
      case '--log-prefix':
        parts.push(`LOG flags 0 level 4 prefix "${next}"`)
        break
      case '--limit':
        parts.push(`limit: avg ${next.replace(/\/s(ec(ond)?)?$/, '/sec').replace(/\/m(in(ute)?)?$/, '/min')} burst 5`)
        break
    }
  }
  if (value(rule, '-j') === 'REJECT' && !rule.includes('--reject-with')) parts.push('reject-with icmp-port-unreachable')
  return parts.join(' ')
}

function serviceNames({ files }: World): Map<string, string> {
  const text = configText(files, '/etc/services')
  if (text instanceof HostError) return new Map()
  return new Map([...text.slice(0, 100_000).matchAll(/^(\S+)\s+(\d+\/\w+)/gm)].map(([, name, port]) => [port as string, name as string]))
}
