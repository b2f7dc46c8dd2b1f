import { evidence } from '../../../events/bytes.ts'
import { type Args, integer } from '../arguments.ts'
import type { RedisClient } from '../client.ts'
import { OK, type Protocol, type Reply, simple } from '../codec.ts'
import { CommandError, syntaxError } from '../command-error.ts'
import type { CommandTable } from '../handler.ts'
import { noPasswordSet, wrongArity, wrongPassword } from '../wording.ts'

export const connectionCommands: CommandTable = {
  ping: (client, args) => {
    if (args.length > 1) throw new CommandError(wrongArity('ping'))
    if (client.subscriptions > 0 && client.protocol === 2) return ['pong', args[0] ?? '']
    return args.length ? args[0] : simple('PONG')
  },
  echo: (_client, [text]) => text,
  select: (client, [number]) => {
    const { major } = client.profile.release
    const index = integer(
      number,
      () => new CommandError(major >= 7 ? 'ERR value is not an integer or out of range' : 'ERR invalid DB index'),
    )
    if (!client.server.databases[index]) throw new CommandError('ERR DB index is out of range')
    client.database = index
    return OK
  },
  auth: (client, words) => {
    const { major } = client.profile.release
    if (words.length > (major === 5 ? 1 : 2)) throw major === 5 ? new CommandError(wrongArity('auth')) : syntaxError()
    const password = words.at(-1) as string
    if (words.length === 1 && client.server.config.get('requirepass') === '') {
      login(client, 'default', password, false)
      throw new CommandError(noPasswordSet(major))
    }
    return authenticate(client, words.length === 2 ? words[0] : 'default', password)
  },
  hello,
  reset: (client) => {
    client.reset()
    return simple('RESET')
  },
}

function authenticate(client: RedisClient, user: string, password: string): Reply {
  const { config } = client.server
  const required = config.get('requirepass')
  const accepted = user === 'default' && (required === '' || password === required)
  login(client, user, password, accepted)
  if (!accepted) throw new CommandError(wrongPassword(client.profile.release.major))
  client.authenticated = true
  return OK
}

function login({ visit }: RedisClient, user: string, password: string, accepted: boolean): void {
  const asEvidence = (text: string): ReturnType<typeof evidence> => evidence(Buffer.from(text.slice(0, 1024), 'latin1'))
  visit.login({ method: 'password', username: asEvidence(user), password: asEvidence(password), accepted })
}

const MUST_AUTHENTICATE =
  'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time'

function hello(client: RedisClient, [version, ...options]: Args): Reply {
  const protocol = version === undefined ? client.protocol : protocolOf(client, version)
  for (let i = 0; i < options.length; i++) {
    const [option = '', first, second] = options.slice(i, i + 3)
    if (/^auth$/i.test(option) && second !== undefined) {
      authenticate(client, first as string, second)
      i += 2
    } else if (/^setname$/i.test(option) && first !== undefined) {
      client.name = checkedName(first)
      i++
    } else {
      throw new CommandError(`ERR Syntax error in HELLO option '${option}'`)
    }
  }
  if (!client.authenticated) throw new CommandError(MUST_AUTHENTICATE)
  client.protocol = protocol
  return {
    map: [
      ['server', 'redis'],
      ['version', client.profile.release.version],
      ['proto', protocol],
      ['id', client.id],
      ['mode', 'standalone'],
      ['role', client.server.master ? 'replica' : 'master'],
      [
        'modules',
        [...client.server.modules.keys()].map(
          (name) =>
            ({
              map: [
                ['name', name],
                ['ver', 1],
              ],
            }) as Reply,
        ),
      ],
    ],
  }
}

function protocolOf(client: RedisClient, version: string): Protocol {
  const unsupported = new CommandError('NOPROTO unsupported protocol version')
  const isOld = client.profile.release.major < 7
  const n = integer(version, () => (isOld ? unsupported : new CommandError('ERR Protocol version is not an integer or out of range')))
  if (n !== 2 && n !== 3) throw unsupported
  return n
}

export function checkedName(name: string): string {
  if (/[^!-~]/.test(name)) throw new CommandError('ERR Client names cannot contain spaces, newlines or special characters.')
  return name.slice(0, 1024)
}
