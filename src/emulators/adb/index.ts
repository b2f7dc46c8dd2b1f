/**
 * adbd of an Android box that is open to the network, as ADB.Miner, Trinity and Fbot look for it.
 *
 *   client: CNXN 01000001 1048576 host::features=…,shell_v2          us: CNXN … device::ro.product.name=…;features=cmd,stat_v2,shell_v2
 *   client: OPEN 7 0 shell,v2,TERM=xterm,raw:cd /data/local/tmp; …   us: OKAY 31 7, WRTE 31 7 (frames), CLSE                  → turn
 *   client: OPEN 9 0 sync:, WRTE SEND /data/local/tmp/x,33261 DATA…  us: OKAY, WRTE OKAY                                  → adb.push
 *   client: OPEN 12 0 exec:cmd package 'install' -S 1289             us: Success                                          → artifact
 *
 * codec.ts has the packets, link.ts the handshake and the streams, services.ts what adbd offers on them.
 */
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { atMost } from '../../config/at-most.ts'
import type { Persona } from '../../config/persona.ts'
import { defineLure } from '../../sensor/lure.ts'
import { AdbError } from './codec.ts'
import { adbEvents } from './events.ts'
import { AdbLink } from './link.ts'
import { Reverses } from './reverses.ts'
import { serviceOf } from './services.ts'

const AdbOptions = z.strictObject({
  /** `none` lets everybody in, as the boxes that worms find do; `accept` asks for a key and allows it; `refuse` never does. */
  authentication: z.enum(['none', 'accept', 'refuse']).default('none'),
  /** False refuses `adb root` as production builds do. */
  root: z.boolean().default(true),
  /** What is offered besides the first protocol. Only what is written here is spoken: `shell_v2`, `cmd`, `stat_v2`. */
  features: z.array(z.enum(['shell_v2', 'cmd', 'stat_v2'])).default(['cmd', 'stat_v2', 'shell_v2']),
})

/** Sources whose adbd runs as root, as long as a box stays up. */
const MOST_ROOTED = 10_000
const ROOTED_MS = 24 * 60 * 60 * 1000

interface Room {
  recordings: string
  rooted: LRUCache<string, true>
  nextId: () => number
}

export default defineLure({
  name: 'adb',
  standsFor: ['Adbhoney'],
  about: 'Android Debug Bridge of a TV box, shell of the same host',
  profiles: ['standard', 'mini'],
  persona: 'android-tv',
  ports: [{ transport: 'tcp', port: 5555 }],
  options: AdbOptions,
  events: adbEvents,
  limits: { idleMs: 300_000, bytesIn: 256 * 1024 * 1024 },

  start: ({ folder, identity }): Room => {
    let lastId = identity.integer('adb/first-stream', 20, 90)
    return {
      recordings: folder('tty'),
      rooted: new LRUCache({ ...atMost(MOST_ROOTED), ttl: ROOTED_MS }),
      nextId: () => {
        lastId = lastId >= 0x7fffffff ? 1 : lastId + 1
        return lastId
      },
    }
  },

  async serve(visit, { persona, host, options, room }) {
    const source = visit.source.ip
    // adbd calls a client over the network by the descriptor of its connection.
    const reverses = new Reverses(`host-${room.nextId()}`)
    const link: AdbLink = new AdbLink({
      visit,
      banner: bannerOf(persona, options.features),
      authentication: options.authentication,
      nextId: room.nextId,
      open: (service) =>
        serviceOf(service, {
          visit,
          host,
          recordings: room.recordings,
          reverses,
          rootAllowed: options.root,
          isRoot: () => room.rooted.has(source),
          setRoot: (on) => void (on ? room.rooted.set(source, true) : room.rooted.delete(source)),
          restart: () => link.drop(),
        }),
    })
    try {
      await link.run()
    } catch (error) {
      if (!(error instanceof AdbError)) throw error
      visit.record('adb.malformed', { what: error.message })
    }
  },
})

/** What `adb devices -l` and nmap show of the device; the properties that getprop has, too. */
function bannerOf({ facts }: Persona, features: readonly string[]): string {
  const { product = 'unknown', model = 'unknown', device = 'unknown' } = facts
  return `device::ro.product.name=${product};ro.product.model=${model};ro.product.device=${device};features=${features.join(',')}`
}
