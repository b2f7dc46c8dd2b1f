import type { Process } from '../command.ts'
import { Services } from '../world/services.ts'
import { gnuCommand } from './gnu/command.ts'
import { connect, isOwn, noteIndicator, resolve } from './net/target.ts'
import { RedisConnection, type Reply } from './redis/commands.ts'

const VALUES = new Set(['-h', '-p', '-s', '-a', '-n', '-r', '-i', '-u', '-d', '-D', '-x', '--user', '--pass', '--pattern', '--eval'])
const FLAGS = new Set(['--raw', '--no-raw', '--csv', '--json', '--no-auth-warning', '--verbose', '-c', '-e', '-3', '-2', '--tls', '--scan'])

export default gnuCommand({
  name: 'redis-cli',
  package: 'redis-tools',
  usage: '[OPTIONS] [cmd [arg [arg ...]]]',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const { stdout, stderr } = process
    const words = process.argv.slice(1)
    const given = new Map<string, string>()
    let at = 0
    for (; at < words.length && words[at]?.startsWith('-'); at++) {
      const word = words[at] as string
      if (word === '-v' || word === '--version') {
        await stdout.write('redis-cli 7.0.15\n')
        return 0
      }
      if (VALUES.has(word)) given.set(word, words[++at] ?? '')
      else if (FLAGS.has(word)) given.set(word, '')
      else {
        await stderr.write(`Unrecognized option or bad number of args for: '${word}'\n`)
        return 1
      }
    }
    const [host, port] = [given.get('-h') ?? '127.0.0.1', given.get('-p') ?? '6379']
    const refused = await refusal(process, host, port)
    if (refused !== undefined) {
      await stderr.write(`Could not connect to Redis at ${host}:${port}: ${refused}\n`)
      return 1
    }
    const connection = new RedisConnection(process)
    connection.database = Number(given.get('-n') ?? 0) || 0
    if (given.has('-a')) {
      await stderr.write("Warning: Using a password with '-a' or '-u' option on the command line interface may not be safe.\n")
      await stderr.write(`AUTH failed: ${(connection.run(['auth', '']) as { error: string }).error}\n`)
    }
    const formatted = given.has('--no-raw') || (stdout.isTerminal && !given.has('--raw'))
    const show = async (command: readonly string[]): Promise<boolean> => {
      const reply = connection.run(command)
      // Texts that the server writes for people are not quoted.
      const plain = /^(info|client)$/i.test(command[0] ?? '')
      await stdout.write(formatted && !(plain && typeof reply === 'string') ? `${pretty(reply, '')}\n` : raw(reply))
      return !(reply !== null && typeof reply === 'object' && 'error' in reply)
    }
    if (given.has('--scan')) return (await show(['keys', given.get('--pattern') ?? '*'])) ? 0 : 1
    const command = words.slice(at)
    if (command.length > 0) return (await show(command)) || formatted ? 0 : given.has('-e') ? 1 : 0
    return dialogue(process, connection, `${host}:${port}`, show)
  },
})

async function dialogue(
  process: Process,
  connection: RedisConnection,
  place: string,
  show: (command: readonly string[]) => Promise<boolean>,
): Promise<number> {
  for (;;) {
    if (process.stdin.isTerminal) await process.stdout.write(`${place}${connection.database ? `[${connection.database}]` : ''}> `)
    const line = (await process.stdin.line())?.trim()
    if (line === undefined || /^(quit|exit)$/i.test(line)) return 0
    if (line === '') continue
    const command = split(line)
    if (command === undefined) await process.stdout.write('Invalid argument(s)\n')
    else if (/^clear$/i.test(command[0] ?? '')) await process.stdout.write('\x1b[H\x1b[2J')
    else await show(command)
  }
}

/** Words of a line; undefined when a quote is not closed. */
function split(line: string): string[] | undefined {
  const words: string[] = []
  const pattern = /\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s"']+))/y
  while (pattern.lastIndex < line.length) {
    const found = pattern.exec(line)
    if (!found) return undefined
    words.push(found[1]?.replace(/\\(.)/g, (_, c: string) => ({ n: '\n', r: '\r', t: '\t' })[c] ?? c) ?? found[2] ?? (found[3] as string))
  }
  return words
}

async function refusal(process: Process, host: string, port: string): Promise<string | undefined> {
  const isLocal = host === '127.0.0.1' || host === 'localhost'
  if (isLocal && port === '6379')
    return Services.of(process.world).unit('redis-server')?.state === 'active' ? undefined : 'Connection refused'
  if (isLocal) return 'Connection refused'
  noteIndicator(process, 'host', `${host}:${port}`, 'redis-cli')
  const found = await resolve(process, host)
  if (!('address' in found)) return found.failure === 'unknown' ? 'Name or service not known' : 'Temporary failure in name resolution'
  if (isOwn(process, found.address)) return 'Connection refused'
  const reach = await connect(process, found.address, Number(port))
  return reach.state === 'unreachable' ? 'No route to host' : reach.state === 'timeout' ? 'Connection timed out' : 'Connection refused'
}

function raw(reply: Reply): string {
  if (reply === null) return '\n'
  if (Array.isArray(reply)) return reply.length ? reply.map(raw).join('') : '\n'
  if (typeof reply === 'object') return 'error' in reply ? `${reply.error}\n\n` : `${reply.simple}\n`
  return `${reply}${String(reply).endsWith('\n') ? '' : '\n'}`
}

function pretty(reply: Reply, lead: string): string {
  if (reply === null) return '(nil)'
  if (typeof reply === 'number') return `(integer) ${reply}`
  if (typeof reply === 'string')
    return `"${reply.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')}"`
  if (!Array.isArray(reply)) return 'error' in reply ? `(error) ${reply.error}` : reply.simple
  if (reply.length === 0) return '(empty array)'
  const width = String(reply.length).length
  return reply
    .map((entry, i) => `${i === 0 ? '' : lead}${String(i + 1).padStart(width)}) ${pretty(entry, `${lead}${' '.repeat(width + 2)}`)}`)
    .join('\n')
}
