import type { CommandFile, Process, World } from '../../command.ts'
import { gnuCommand } from '../gnu/command.ts'

interface Chain {
  policy: string | undefined
  rules: string[][]
}

type Table = Map<string, Chain>

const BUILT_IN: Record<string, string[]> = {
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  raw: ['PREROUTING', 'OUTPUT'],
}
const books = new WeakMap<World, Map<string, Table>>()

function tableOf(world: World, name: string, family: string): Table | undefined {
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

/** `iptables` and `ip6tables`: rules are kept and listed, nothing is filtered. */
export function firewallCommand(name: 'iptables' | 'ip6tables' | 'iptables-save'): CommandFile {
  return gnuCommand({
    name,
    package: 'iptables',
    paths: [`/usr/sbin/${name}`],
    usage: '-[ACD] chain rule-specification [options]',
    rawArguments: true,
    applet: false,
    short: '',
    async run(process) {
      if (process.uid !== 0) {
        await process.stderr.write(
          `${process.argv[0]} v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)\n`,
        )
        return 4
      }
      if (name === 'iptables-save') {
        await process.stdout.write(saved(process))
        return 0
      }
      return apply(process, process.argv.slice(1), name === 'ip6tables' ? '6' : '4')
    },
  })
}

async function apply(process: Process, input: readonly string[], family: string): Promise<number> {
  const words = [...input]
  const fail = async (message: string, status = 2): Promise<number> => {
    await process.stderr.write(
      `${process.argv[0]} v1.8.9 (nf_tables): ${message}\nTry \`${process.argv[0]} -h' or '${process.argv[0]} --help' for more information.\n`,
    )
    return status
  }
  const take = (...names: string[]): string | undefined => {
    const at = words.findIndex((word) => names.includes(word))
    return at < 0 ? undefined : (words.splice(at, 2)[1] ?? '')
  }
  const table = tableOf(process.world, take('-t', '--table') ?? 'filter', family)
  if (!table) return fail(`can't initialize iptables table`, 3)
  if (words.some((word) => word === '-V' || word === '--version')) {
    await process.stdout.write(`${process.argv[0]} v1.8.9 (nf_tables)\n`)
    return 0
  }
  const at = words.findIndex(
    (word) =>
      /^-[ADIRLFZNXPESC]$|^--(append|delete|insert|list|flush|zero|new-chain|delete-chain|policy|list-rules|check)$/.test(word) ||
      /^-[nv]*L[nv]*$/.test(word),
  )
  if (at < 0) return fail('no command specified')
  const verb = (words.splice(at, 1)[0] as string).replace(/^-[nv]*L[nv]*$/, '-L')
  const chainName = words[at] !== undefined && !(words[at] as string).startsWith('-') ? (words.splice(at, 1)[0] as string) : undefined
  const chain = chainName === undefined ? undefined : table.get(chainName)
  if (chainName !== undefined && !chain && !/^(-N|--new-chain)$/.test(verb)) {
    await process.stderr.write(`${process.argv[0]}: No chain/target/match by that name.\n`)
    return 1
  }
  switch (verb) {
    case '-L':
    case '--list':
      await process.stdout.write(
        listed(
          table,
          chainName,
          words.includes('--line-numbers'),
          /v/.test(input.join(' ').replace(/[^-\w ]/g, '')) && input.some((word) => /^-[nL]*v/.test(word)),
        ),
      )
      return 0
    case '-S':
    case '--list-rules':
      await process.stdout.write(rulesText(table, chainName))
      return 0
    case '-F':
    case '--flush':
      for (const entry of chain ? [chain] : table.values()) entry.rules.length = 0
      return 0
    case '-P':
    case '--policy':
      if (chain) chain.policy = words.find((word) => /^(ACCEPT|DROP)$/.test(word)) ?? chain.policy
      return 0
    case '-N':
    case '--new-chain':
      if (chainName !== undefined) table.set(chainName, { policy: undefined, rules: [] })
      return 0
    case '-X':
    case '--delete-chain':
      for (const [key, entry] of table) if (entry.policy === undefined && (chainName === undefined || key === chainName)) table.delete(key)
      return 0
    case '-A':
    case '--append':
      chain?.rules.push(canonical(words))
      return 0
    case '-I':
    case '--insert':
      chain?.rules.unshift(canonical(words.filter((word, i) => !(i === 0 && /^\d+$/.test(word)))))
      return 0
    case '-D':
    case '--delete':
    case '-C':
    case '--check': {
      const index = /^\d+$/.test(words[0] ?? '')
        ? Number(words[0]) - 1
        : (chain?.rules.findIndex((rule) => rule.join(' ') === canonical(words).join(' ')) ?? -1)
      if (!chain || index < 0 || index >= chain.rules.length) {
        await process.stderr.write(`${process.argv[0]}: Bad rule (does a matching rule exist in that chain?).\n`)
        return 1
      }
      if (verb.startsWith('-D') || verb === '--delete') chain.rules.splice(index, 1)
      return 0
    }
    default:
      return 0
  }
}

const LONG_NAMES: Record<string, string> = {
  '--source': '-s',
  '--src': '-s',
  '--destination': '-d',
  '--dst': '-d',
  '--in-interface': '-i',
  '--out-interface': '-o',
  '--protocol': '-p',
  '--proto': '-p',
  '--jump': '-j',
  '--goto': '-g',
  '--match': '-m',
  '--destination-port': '--dport',
  '--source-port': '--sport',
}
const FIRST = ['-s', '-d', '-i', '-o', '-p']

/** A rule as `iptables -S` prints it: addresses with masks, what it matches in a fixed order, the match of the protocol named, the target last. */
function canonical(words: readonly string[]): string[] {
  const rest = words.slice(0, 60).map((word) => LONG_NAMES[word] ?? word)
  const first = FIRST.flatMap((name) => {
    const at = rest.indexOf(name)
    if (at < 0) return []
    const isNegated = rest[at - 1] === '!'
    const [, operand = ''] = rest.splice(at, 2)
    if (isNegated) rest.splice(at - 1, 1)
    const shown = /^-[sd]$/.test(name) && /^[\d.]+$/.test(operand) ? `${operand}/32` : operand
    return [...(isNegated ? ['!'] : []), name, shown]
  })
  const protocol = value(first, '-p')
  const jump = rest.findIndex((word) => word === '-j' || word === '-g')
  const [matches, target] = jump < 0 ? [rest, []] : [rest.slice(0, jump), rest.slice(jump)]
  // Matches that were written behind the target come before it all the same.
  const behind = target.slice(2).findIndex((word) => word === '-m' || /^--[sd]ports?$/.test(word))
  if (behind >= 0) matches.push(...target.splice(behind + 2))
  const ports = matches.findIndex((word) => /^--[sd]port$/.test(word))
  if (protocol !== undefined && ports >= 0 && value(matches, '-m') !== protocol && !matches.includes(protocol))
    matches.splice(matches[ports - 1] === '!' ? ports - 1 : ports, 0, '-m', protocol)
  return [...first, ...matches, ...target]
}

function value(rule: readonly string[], ...names: string[]): string | undefined {
  const at = rule.findIndex((word) => names.includes(word))
  return at < 0 ? undefined : rule[at + 1]
}

function listed(table: Table, only: string | undefined, numbered: boolean, verbose: boolean): string {
  const parts = [...table]
    .filter(([name]) => only === undefined || name === only)
    .map(([name, chain]) => {
      const head = `Chain ${name} (${chain.policy === undefined ? '0 references' : `policy ${chain.policy}${verbose ? ' 0 packets, 0 bytes' : ''}`})\n${numbered ? 'num  ' : ''}${verbose ? ' pkts bytes target     prot opt in     out     source               destination         \n' : 'target     prot opt source               destination         \n'}`
      const rows = chain.rules.map((rule, i) => {
        const target = (value(rule, '-j', '--jump') ?? '').padEnd(10)
        const protocol = (value(rule, '-p', '--protocol') ?? 'all').padEnd(4)
        const source = (value(rule, '-s', '--source') ?? '0.0.0.0/0').padEnd(20)
        const destination = (value(rule, '-d', '--destination') ?? '0.0.0.0/0').padEnd(20)
        const port = value(rule, '--dport', '--destination-port')
        const from = value(rule, '--sport')
        const extra = `${port ? `${protocol.trim()} dpt:${port}` : ''}${from ? `${protocol.trim()} spt:${from}` : ''}${rule.includes('state') || rule.includes('conntrack') ? ` state ${value(rule, '--state', '--ctstate')}` : ''}`
        return `${numbered ? `${String(i + 1).padEnd(5)}` : ''}${verbose ? `    0     0 ${target} ${protocol} --  ${(value(rule, '-i') ?? '*').padEnd(6)} ${(value(rule, '-o') ?? '*').padEnd(7)}` : `${target} ${protocol} -- `} ${source} ${destination} ${extra}`.trimEnd()
      })
      return head + rows.map((row) => `${row}\n`).join('')
    })
  return parts.join('\n')
}

function rulesText(table: Table, only: string | undefined): string {
  const chains = [...table].filter(([name]) => only === undefined || name === only)
  return (
    chains.map(([name, chain]) => (chain.policy === undefined ? `-N ${name}\n` : `-P ${name} ${chain.policy}\n`)).join('') +
    chains.map(([name, chain]) => chain.rules.map((rule) => `-A ${name} ${rule.join(' ')}\n`).join('')).join('')
  )
}

function saved(process: Process): string {
  const table = tableOf(process.world, 'filter', '4') as Table
  const chains = [...table].map(([name, chain]) => `:${name} ${chain.policy ?? '-'} [0:0]\n`).join('')
  const rules = [...table].map(([name, chain]) => chain.rules.map((rule) => `-A ${name} ${rule.join(' ')}\n`).join('')).join('')
  return rules === '' ? '' : `# Generated by iptables-save v1.8.9 (nf_tables)\n*filter\n${chains}${rules}COMMIT\n# Completed\n`
}
