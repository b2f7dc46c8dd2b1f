import { evidence } from '../../events/bytes.ts'
import type { RedisClient } from './client.ts'

const LONGEST_COMMAND = 8192
const LONGEST_OUTPUT = 64 * 1024

/** Lets the simulated host run what an attacker got this server to run; its output as the attacker reads it. */
export async function runOnHost(client: RedisClient, via: string, command: string): Promise<string> {
  const { host, profile, visit } = client
  const wanted = profile.user
  const { stdout } = await host.run({
    command: Buffer.from(command.slice(0, LONGEST_COMMAND), 'latin1').toString('utf8'),
    user: host.userExists(wanted) ? wanted : 'root',
    via: 'redis-server',
    remote: visit.source,
    local: visit.local,
    recorder: visit,
  })
  const output = stdout.subarray(0, LONGEST_OUTPUT)
  const bytes = Buffer.from(command.slice(0, LONGEST_COMMAND), 'latin1')
  visit.record('redis.module-command', { name: via, command: evidence(bytes), output: evidence(output.subarray(0, 1024)) }, [
    'attack:T1059.004',
  ])
  return output.toString('latin1')
}
