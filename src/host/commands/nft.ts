import type { Process, World } from '../command.ts'
import { HostError } from '../contract.ts'
import { gnuCommand } from './gnu/command.ts'
import { forgetTables } from './net/firewall-tables.ts'
import { type NftTable, nftTables, ownTables } from './net/nftables.ts'

const MOST_TABLES = 64
const MOST_LINES = 5000
const MOST_ENTRIES = 2000

export default gnuCommand({
  name: 'nft',
  package: 'nftables',
  paths: ['/usr/sbin/nft'],
  usage: '[ options ] [ cmds... ]',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    if (words.some((word) => /^(-v|-V|--version)$/.test(word))) {
      await process.stdout.write('nftables v1.0.6 (Lester Gooch #5)\n')
      return 0
    }
    const file = words.findIndex((word) => /^(-f|--file|-cf)$/.test(word))
    if (file >= 0) return fromFile(process, words[file + 1] ?? '')
    const commands = words.filter((word) => !/^-[ajnsSNypuTtce]+$|^--/.test(word))
    if (commands.length === 0) {
      await process.stderr.write('nft: no command specified\n')
      return 1
    }
    if (process.uid !== 0) {
      await process.stderr.write(
        'Operation not permitted (you must be root)\nnetlink: Error: cache initialization failed: Operation not permitted\n',
      )
      return 1
    }
    return all(process, commands.join(' '))
  },
})

async function fromFile(process: Process, name: string): Promise<number> {
  let text: string
  try {
    text = name === '-' ? Buffer.from(await process.stdin.all(256 * 1024)).toString() : process.files.read(name).toString('utf8')
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    await process.stderr.write(`internal:0:0-0: Error: Could not open file "${name}": ${error.message}\n\n\n`)
    return 1
  }
  let table: NftTable | undefined
  let chain: string | undefined
  // A file holds commands, a line each, or tables as `list ruleset` writes them.
  for (const raw of text.split('\n').slice(0, MOST_LINES)) {
    const line = raw.replace(/#.*/, '').trim()
    const opened = /^(table|chain)\s+(?:(\w+)\s+)?(\w+)\s*\{$/.exec(line)
    if (opened?.[1] === 'table') table = ownTable(process.world, opened[2] ?? 'ip', opened[3] as string)
    else if (opened && table) {
      chain = opened[3] as string
      table.chains.set(chain, { rules: [] })
    } else if (line === '}') {
      if (chain === undefined) table = undefined
      chain = undefined
    } else if (chain !== undefined && line !== '') table?.chains.get(chain)?.rules.push(line)
    else if (/^(flush|add|insert|delete|create)\s/.test(line)) await all(process, line)
  }
  return 0
}

function ownTable(world: World, family: string, name: string): NftTable | undefined {
  const tables = ownTables(world)
  const key = `${family} ${name}`
  if (!tables.has(key) && tables.size < MOST_TABLES) tables.set(key, { family, name, chains: new Map() })
  return tables.get(key)
}

async function all(process: Process, text: string): Promise<number> {
  for (const command of text.split(/;\s*(?=(?:add|list|flush|delete|insert|create)\b)/)) {
    const status = await one(process, command.trim())
    if (status !== 0) return status
  }
  return 0
}

const FAMILIES = ['ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev']

async function one(process: Process, command: string): Promise<number> {
  const { world } = process
  const [verb = '', what = '', ...rest] = command.split(/\s+/)
  const family = FAMILIES.includes(rest[0] ?? '') ? (rest.shift() as string) : 'ip'
  const [name = '', chain = '', ...tail] = rest
  const tables = nftTables(world)
  const own = ownTables(world)
  const table = tables.find((entry) => entry.family === family && entry.name === name)
  const missing = async (): Promise<number> => {
    const at = command.indexOf(name, verb.length + what.length + 1)
    const reason = verb === 'list' ? 'No such file or directory' : 'Could not process rule: No such file or directory'
    await process.stderr.write(`Error: ${reason}\n${command}\n${' '.repeat(Math.max(0, at))}${'^'.repeat(Math.max(1, name.length))}\n`)
    return 1
  }
  switch (`${verb} ${what}`) {
    case 'list ruleset':
      await process.stdout.write(tables.map((entry) => entry.text()).join(''))
      return 0
    case 'list tables':
      await process.stdout.write(tables.map((entry) => `table ${entry.family} ${entry.name}\n`).join(''))
      return 0
    case 'list chains':
      await process.stdout.write(tables.map((entry) => entry.heads()).join(''))
      return 0
    case 'list sets':
    case 'list maps':
      await process.stdout.write(tables.map((entry) => `table ${entry.family} ${entry.name} {\n}\n`).join(''))
      return 0
    case 'list table':
      if (!table) return missing()
      await process.stdout.write(table.text())
      return 0
    case 'list chain':
      if (!table) return missing()
      await process.stdout.write(table.text(chain))
      return 0
    case 'flush ruleset':
      own.clear()
      forgetTables(world)
      return 0
    case 'flush table':
    case 'flush chain':
      if (!table) return missing()
      for (const [key, entry] of own.get(`${family} ${name}`)?.chains ?? [])
        if (what === 'table' || key === chain) entry.rules = entry.rules.filter((rule) => rule.startsWith('type '))
      return 0
    case 'add table':
    case 'create table':
      ownTable(world, family, name)
      return 0
    case 'delete table':
      return own.delete(`${family} ${name}`) ? 0 : missing()
    case 'add chain':
    case 'create chain': {
      const target = own.get(`${family} ${name}`)
      if (!target) return table ? 0 : missing()
      const definition = /\{(.*?)\}?$/s.exec(tail.join(' '))?.[1]?.trim().replace(/;\s*$/, '')
      if (!target.chains.has(chain) && target.chains.size < MOST_ENTRIES)
        target.chains.set(chain, { rules: definition ? [baseChain(definition)] : [] })
      return 0
    }
    case 'add rule':
    case 'insert rule': {
      const target = own.get(`${family} ${name}`)?.chains.get(chain)
      if (!target) return missing()
      if (target.rules.length >= MOST_ENTRIES) return 0
      const first = target.rules[0]?.startsWith('type ') ? 1 : 0
      target.rules.splice(verb === 'add' ? target.rules.length : first, 0, tail.join(' '))
      return 0
    }
    case 'delete chain':
      return own.get(`${family} ${name}`)?.chains.delete(chain) ? 0 : missing()
    default: {
      await process.stderr.write(
        `Error: syntax error, unexpected ${what === '' ? 'newline' : 'string'}${what === '' ? ', expecting string' : ''}\n${command}\n${what === '' ? `${' '.repeat(verb.length)}^` : '^'.repeat(verb.length)}\n`,
      )
      return 1
    }
  }
}

/** `type filter hook input priority filter; policy accept;` */
function baseChain(definition: string): string {
  const named = definition.replace(/priority 0\b/, 'priority filter').replace(/\s*;\s*/g, '; ')
  return `${named.replace(/;?\s*$/, '')};${/policy/.test(named) ? '' : ' policy accept;'}`
}
