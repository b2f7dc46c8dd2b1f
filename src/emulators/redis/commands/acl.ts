import { randomBytes } from 'node:crypto'
import { integer } from '../arguments.ts'
import { failure, OK, type Reply } from '../codec.ts'
import { CommandError } from '../command-error.ts'
import type { CommandTable } from '../handler.ts'

const USERS = 100
const CATEGORIES =
  'keyspace read write set sortedset list hash string bitmap hyperloglog geo stream pubsub admin fast slow blocking dangerous connection transaction scripting'.split(
    ' ',
  )

export const aclCommands: CommandTable = {
  'acl|whoami': ({ user }) => user,
  'acl|users': ({ server }) => [...server.users.keys(), 'default'].sort(),
  'acl|list': ({ server, profile }) => {
    const everything = profile.release.major >= 7 ? '~* &* +@all' : '~* +@all'
    const password = server.config.get('requirepass') ? '#' : 'nopass'
    return [...server.users].map(([name, rules]) => `user ${name} ${rules}`).concat(`user default on ${password} ${everything}`)
  },
  'acl|cat': ({ profile }, [category]) => {
    if (category === undefined) return CATEGORIES
    if (!CATEGORIES.includes(category.toLowerCase())) throw new CommandError(`ERR Unknown category '${category}'`)
    return [...profile.release.commands.values()]
      .filter(({ categories }) => categories.includes(`@${category.toLowerCase()}`))
      .map(({ name }) => name)
  },
  'acl|setuser': ({ server }, [name, ...rules]) => {
    if (server.users.size < USERS)
      server.users.set(
        name.slice(0, 256),
        rules
          .filter((rule) => !/^[>#<!]/.test(rule))
          .join(' ')
          .slice(0, 1024),
      )
    return OK
  },
  'acl|deluser': ({ server }, names) => names.filter((name) => server.users.delete(name)).length,
  'acl|getuser': ({ server, profile }, [name]) => {
    if (name !== 'default' && !server.users.has(name)) return { noArray: true }
    const passwords: Reply = []
    const fields: [Reply, Reply][] = [
      ['flags', { set: name === 'default' ? ['on', 'nopass'] : ['on'] }],
      ['passwords', passwords],
      ['commands', '+@all'],
      ['keys', '~*'],
    ]
    return { map: profile.release.major >= 7 ? [...fields, ['channels', '&*'], ['selectors', []]] : fields }
  },
  'acl|genpass': (_client, [bits = '256']) => {
    const n = integer(bits)
    if (n < 1 || n > 4096) {
      throw new CommandError('ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096')
    }
    return randomBytes(Math.ceil(n / 8))
      .toString('hex')
      .slice(0, Math.ceil(n / 4))
  },
  'acl|log': () => [],
  'acl|load': noFile,
  'acl|save': noFile,
  'acl|dryrun': () => OK,
}

function noFile(): Reply {
  return failure(
    'ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration.',
  )
}
