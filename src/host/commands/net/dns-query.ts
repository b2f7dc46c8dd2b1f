import type { Process } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { isOwn, noteIndicator, resolve } from './target.ts'

/** Name servers of /etc/resolv.conf. */
export function nameServers(process: Process): string[] {
  try {
    return [
      ...process.world.files
        .read('/etc/resolv.conf')
        .toString('utf8')
        .matchAll(/^\s*nameserver\s+(\S{1,60})/gm),
    ].map((found) => found[1] as string)
  } catch (error) {
    if (error instanceof HostError) return []
    throw error
  }
}

export type DnsResult = { state: 'timeout' } | { state: 'nxdomain' } | { state: 'found'; address: string }

/** Asks a name server in appearance: the answer is that of the host's resolver; servers beyond the host's own never answer. */
export async function queryName(process: Process, name: string, server: string, how: string): Promise<DnsResult> {
  noteIndicator(process, 'host', name, how)
  const own = nameServers(process)
  if (!own.includes(server) && !isOwn(process, server)) noteIndicator(process, 'address', server, `${how} server`)
  const found = await resolve(process, name)
  if ('address' in found && found.address !== name) return { state: 'found', address: found.address }
  if (process.world.persona.egress === 'unreachable' || !own.includes(server)) {
    for (let i = 0; i < 3; i++) await process.sleep(5000)
    return { state: 'timeout' }
  }
  return { state: 'nxdomain' }
}
