import type { World } from '../../command.ts'

export interface Chain {
  policy: string | undefined
  rules: string[][]
}

export type Table = Map<string, Chain>

const BUILT_IN: Record<string, string[]> = {
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  raw: ['PREROUTING', 'OUTPUT'],
}
/** Rules of one table; a source cannot fill the memory with them. */
export const MOST_RULES = 2000
const books = new WeakMap<World, Map<string, Table>>()

export function tableOf(world: World, name: string, family: string): Table | undefined {
  const chains = BUILT_IN[name]
  if (!chains) return undefined
  let tables = books.get(world)
  if (!tables) {
    tables = new Map()
    books.set(world, tables)
  }
  const key = `${family}/${name}`
  let table = tables.get(key)
  if (!table) {
    table = new Map(chains.map((chain) => [chain, { policy: 'ACCEPT', rules: [] }]))
    tables.set(key, table)
  }
  return table
}

/** Tables of a family (`4`, `6`) that somebody has put something into, by name. */
export function tablesInUse(world: World, family: string): [string, Table][] {
  return Object.keys(BUILT_IN).flatMap((name): [string, Table][] => {
    const table = books.get(world)?.get(`${family}/${name}`)
    const used = table && [...table.values()].some((chain) => chain.rules.length > 0 || chain.policy !== 'ACCEPT')
    return used ? [[name, table]] : []
  })
}

export function forgetTables(world: World): void {
  books.delete(world)
}

/** What fail2ban's action `iptables-multiport` does with an address: a chain of the jail's own, made at its first ban. */
export function banInFirewall(world: World, jail: string, address: string): void {
  const table = tableOf(world, 'filter', '4') as Table
  const name = `f2b-${jail}`
  let chain = table.get(name)
  if (!chain) {
    chain = { policy: undefined, rules: [['-j', 'RETURN']] }
    table.set(name, chain)
    const port = jail === 'sshd' ? '22' : '80,443'
    table.get('INPUT')?.rules.unshift(['-p', 'tcp', '-m', 'multiport', '--dports', port, '-j', name])
  }
  if (chain.rules.length < MOST_RULES)
    chain.rules.unshift(['-s', `${address}/32`, '-j', 'REJECT', '--reject-with', 'icmp-port-unreachable'])
}

export function unbanInFirewall(world: World, jail: string, address: string): void {
  const chain = tableOf(world, 'filter', '4')?.get(`f2b-${jail}`)
  if (chain) chain.rules = chain.rules.filter((rule) => rule[1] !== `${address}/32`)
}
