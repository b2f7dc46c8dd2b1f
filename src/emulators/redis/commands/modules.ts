import { evidence } from '../../../events/bytes.ts'
import type { RedisClient } from '../client.ts'
import { failure, OK, type Reply } from '../codec.ts'
import { CommandError } from '../command-error.ts'
import type { CommandTable } from '../handler.ts'
import { runOnHost } from '../host-command.ts'
import { notAllowed } from './server.ts'

/** The module that every public exploit loads: it has two commands, one runs a shell command, one dials back. */
const EXPLOIT_MODULE = 'system'

export const moduleCommands: CommandTable = {
  'module|load': load,
  'module|loadex': load,
  'module|list': ({ server }) =>
    [...server.modules.keys()].map(
      (name) =>
        ({
          map: [
            ['name', name],
            ['ver', 1],
          ],
        }) as Reply,
    ),
  'module|unload': (client, [name]) => {
    if (!client.profile.moduleCommand) throw new CommandError(notAllowed('MODULE', 'module'))
    if (!client.server.modules.delete(name)) throw new CommandError('ERR Error unloading module: no such module with that name')
    return OK
  },
  'system.exec': async (client, [command]) => {
    if (command === undefined) throw new CommandError("ERR wrong number of arguments for 'system.exec' command")
    return runOnHost(client, 'system.exec', command)
  },
  'system.rev': ({ visit }, [host, port]) => {
    if (port === undefined) throw new CommandError("ERR wrong number of arguments for 'system.rev' command")
    visit.record('indicator', {
      kind: 'address',
      value: evidence(Buffer.from(`${host}:${port}`.slice(0, 256), 'latin1')),
      how: 'redis.system.rev',
    })
    return failure('ERR connect: Connection timed out')
  },
}

/** A file loads when a dump went there before: what SLAVEOF or SAVE left is taken for the module it should be. */
function load(client: RedisClient, [path]: readonly string[]): Reply {
  const { server, profile, visit } = client
  if (!profile.moduleCommand) throw new CommandError(notAllowed('MODULE', 'module'))
  const given = path as string
  const absolute = given.startsWith('/') ? given : `${server.config.get('dir')}/${given.replace(/^(?:\.\/){1,8}/, '')}`
  const loaded = profile.modulesLoad && server.written.has(absolute)
  visit.record('redis.module-load', { path: evidence(Buffer.from(given.slice(0, 1024), 'latin1')), loaded }, ['attack:T1129'])
  if (!loaded) throw new CommandError('ERR Error loading the extension. Please check the server logs.')
  server.modules.set(EXPLOIT_MODULE, absolute)
  return OK
}
