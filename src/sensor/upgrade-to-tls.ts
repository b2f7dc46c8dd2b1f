import type { Visit } from './visit.ts'

const LOOKED_AT = 64 * 1024

/**
 * STARTTLS in the line protocols: what was sent in clear behind the command is thrown away, as CVE-2011-0411 taught, then
 * `ready` is said and the handshake begins. Bytes thrown away tag the visit.
 */
export async function upgradeToTls(visit: Pick<Visit, 'peek' | 'exactly' | 'write' | 'startTls' | 'tag'>, ready: string): Promise<void> {
  const injected = await visit.peek(LOOKED_AT, { within: 0 })
  if (injected.length) {
    await visit.exactly(injected.length)
    visit.tag('note:command-injection')
  }
  await visit.write(ready)
  await visit.startTls()
}
