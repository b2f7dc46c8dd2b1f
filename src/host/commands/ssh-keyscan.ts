import { createHash, createHmac } from 'node:crypto'
import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { HOST_KEY_FILES, type KeyType, readKey } from '../keys/key-files.ts'
import { toText } from '../text.ts'
import { sockets } from '../world/network.ts'
import { gnuCommand } from './gnu/command.ts'
import { OptionError, type Options, parseOptions } from './gnu/options.ts'
import { connect, noteIndicator, resolve } from './net/target.ts'

const USAGE = `usage: ssh-keyscan [-46cDHv] [-f file] [-p port] [-T timeout] [-t type]
\t\t   [host | addrlist namelist]
`
/** Names that -t takes, in the order in which it asks for them. A connection is made for each. */
const TYPES: Record<string, KeyType | undefined> = {
  rsa: 'ssh-rsa',
  ecdsa: 'ecdsa-sha2-nistp256',
  ed25519: 'ssh-ed25519',
  'ecdsa-sk': undefined,
  'ed25519-sk': undefined,
}
/** Numbers of RFC 4255, 6594 and 7479. */
const SSHFP: Record<KeyType, number> = { 'ssh-rsa': 1, 'ecdsa-sha2-nistp256': 3, 'ssh-ed25519': 4 }
const MOST_HOSTS = 1024

export default gnuCommand({
  name: 'ssh-keyscan',
  package: 'openssh-client',
  usage: '[-46cDHv] [-f file] [-p port] [-T timeout] [-t type] [host | addrlist namelist]',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const say = async (text: string, status: number): Promise<number> => {
      await process.stderr.write(text)
      return status
    }
    let options: Options
    try {
      options = parseOptions(process.argv.slice(1), { short: '+46cDHvf:O:p:T:t:' })
    } catch (error) {
      if (!(error instanceof OptionError)) throw error
      const letter = /'(.)'$/.exec(error.message)?.[1] ?? '-'
      return say(`${error.message.includes('requires') ? 'option requires an argument' : 'unknown option'} -- ${letter}\r\n${USAGE}`, 1)
    }
    const types = (options.value('t') ?? Object.keys(TYPES).join(',')).split(',')
    const wrong = types.find((type) => !(type in TYPES) && type !== 'dsa')
    if (wrong !== undefined) return say(`Unknown key type "${wrong}"\r\n`, 255)
    const names = [...options.operands.flatMap((word) => word.split(',')), ...listed(process, options.value('f'))]
    if (names.length === 0) return say(USAGE, 1)
    const port = Number(options.value('p') ?? 22)
    let found = false
    for (const name of names.slice(0, MOST_HOSTS)) if (await scan(process, name, port, types, options)) found = true
    return found ? 0 : 1
  },
})

function listed(process: Process, file: HostText | undefined): HostText[] {
  if (file === undefined) return []
  try {
    const words = toText(process.files.read(file)).split('\n', MOST_HOSTS)
    return words.map((line) => (line.split('#')[0] as string).trim().split(/\s+/)[0] as string).filter((name) => name !== '')
  } catch (error) {
    if (error instanceof HostError) return []
    throw error
  }
}

/** Whoever does not answer, or not with SSH, is passed over in silence. */
async function scan(process: Process, name: HostText, port: number, types: readonly string[], options: Options): Promise<boolean> {
  noteIndicator(process, 'host', port === 22 ? name : `${name}:${port}`, 'ssh-keyscan')
  const resolved = await resolve(process, name)
  if ('failure' in resolved) {
    const problem = resolved.failure === 'unreachable' ? 'Temporary failure in name resolution' : 'Name or service not known'
    for (const _ of types) await process.stderr.write(`getaddrinfo ${name}: ${problem}\r\n`)
    return false
  }
  const reach = await connect(process, resolved.address, port)
  if (reach.state !== 'open' || !reach.local || !isSshd(process, port)) return false
  const mark = options.has('D') ? ';' : '#'
  let found = false
  for (const type of types) {
    await process.stderr.write(`${mark} ${name}:${port} ${process.world.persona.banners.ssh ?? ''}\n`)
    const wire = TYPES[type]
    const blob = wire && hostKey(process, wire)
    if (!wire || !blob) continue
    found = true
    await process.stdout.write(options.has('D') ? sshfp(name, wire, blob) : line(process, name, port, wire, blob, options.has('H')))
  }
  return found
}

function isSshd({ world }: Process, port: number): boolean {
  const pids = sockets(world).flatMap((socket) => (socket.local.port === port && socket.transport === 'tcp' ? socket.pids : []))
  return pids.some((pid) => world.processes.get(pid)?.comm === 'sshd')
}

function hostKey(process: Process, type: KeyType): Buffer | undefined {
  const path = `/etc/ssh/${HOST_KEY_FILES[type]}.pub`
  try {
    return readKey(toText(process.world.files.read(path)))?.blob
  } catch (error) {
    if (error instanceof HostError) return undefined
    throw error
  }
}

function line(process: Process, host: HostText, port: number, type: KeyType, blob: Buffer, hashed: boolean): string {
  const name = port === 22 ? host : `[${host}]:${port}`
  const salt = process.world.identity.bytes(`known-hosts/${process.pid}/${type}`, 20)
  const shown = hashed ? `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}` : name
  return `${shown} ${type} ${blob.toString('base64')}\n`
}

function sshfp(host: HostText, type: KeyType, blob: Buffer): string {
  return (['sha1', 'sha256'] as const)
    .map((hash, i) => `${host} IN SSHFP ${SSHFP[type]} ${i + 1} ${createHash(hash).update(blob).digest('hex')}\n`)
    .join('')
}
