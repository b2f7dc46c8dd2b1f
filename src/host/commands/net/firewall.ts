import type { CommandFile, Process } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { toText } from '../../text.ts'
import { gnuCommand } from '../gnu/command.ts'
import { restoreTables, ruleText, savedTables } from './firewall-files.ts'
import { listing, value } from './firewall-listing.ts'
import { MOST_RULES, type Table, tableOf } from './firewall-tables.ts'

type Name = `ip${'' | '6'}tables${'' | '-save' | '-restore'}`

/** `iptables` and `ip6tables`: rules are kept and listed, nothing is filtered. */
export function firewallCommand(name: Name): CommandFile {
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
      const family = name.startsWith('ip6') ? '6' : '4'
      const words = process.argv.slice(1)
      if (name.endsWith('-save')) {
        const table = words.findIndex((word) => /^(-t|--table)$/.test(word))
        await process.stdout.write(savedTables(process, family, table < 0 ? undefined : words[table + 1]))
        return 0
      }
      return name.endsWith('-restore') ? restore(process, words, family) : apply(process, words, family)
    },
  })
}

async function restore(process: Process, words: readonly string[], family: string): Promise<number> {
  const file = words.find((word) => !word.startsWith('-'))
  let text: string
  try {
    text = file === undefined ? toText(Buffer.from(await process.stdin.all(1024 * 1024))) : process.files.read(file).toString('utf8')
  } catch (error) {
    if (!(error instanceof HostError) || file === undefined) throw error
    await process.stderr.write(`Can't open ${file}: ${error.message}`)
    return 1
  }
  const fault = restoreTables(process.world, text, { family, keeps: words.some((word) => /^(-n|--noflush)$/.test(word)), canonical })
  if (fault === undefined) return 0
  await process.stderr.write(`${fault}\n`)
  return fault.includes('invalid') ? 2 : 1
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
  const isGiven = (letter: string): boolean => input.some((word) => /^-[nvLx]+$/.test(word) && word.includes(letter))
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
        listing(process.world, table, {
          only: chainName,
          numbered: words.includes('--line-numbers'),
          verbose: isGiven('v'),
          numeric: isGiven('n'),
          family,
        }),
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
      if (chain && chain.rules.length < MOST_RULES) chain.rules.push(canonical(words))
      return 0
    case '-I':
    case '--insert':
      if (chain && chain.rules.length < MOST_RULES)
        chain.rules.unshift(canonical(words.filter((word, i) => !(i === 0 && /^\d+$/.test(word)))))
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

function rulesText(table: Table, only: string | undefined): string {
  const chains = [...table].filter(([name]) => only === undefined || name === only)
  return (
    chains.map(([name, chain]) => (chain.policy === undefined ? `-N ${name}\n` : `-P ${name} ${chain.policy}\n`)).join('') +
    chains.map(([name, chain]) => chain.rules.map((rule) => `-A ${name} ${ruleText(rule)}\n`).join('')).join('')
  )
}
