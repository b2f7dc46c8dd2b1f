/**
 * Listens wherever nobody else does, and finds out what a client wants.
 *
 *   client: 16 03 01 …, GET /, SSH-2.0-, *1\r\n$4 …       us: the lure that plays it takes over        → catch-all.opening
 *   client: (nothing, port 3307)                           us: after a while the MySQL lure speaks first  → catch-all.opening
 *   client: JDWP-Handshake, t3 12.2.1, bytes of a worm     us: silence; what comes is kept                → catch-all.payload, artifact
 *
 * rules.yaml says what first bytes mean, silent-ports.json who speaks first on which port.
 * Ports below 1024 need CAP_NET_BIND_SERVICE; each port is a file descriptor (ulimit -n).
 */
import { z } from 'zod'
import { Evidence, evidence } from '../../events/bytes.ts'
import { type Door, defineLure } from '../../sensor/lure.ts'
import { tunnelTo } from '../../sensor/tunnel.ts'
import { LimitReached, type Visit } from '../../sensor/visit.ts'
import { entropyOf } from './entropy.ts'
import { PortList } from './port-list.ts'
import { type Recognised, recognise, recogniseWhole } from './recognise.ts'
import silentPorts from './silent-ports.json' with { type: 'json' }

/** What is looked for where, and played by no lure of its own: consoles, agents, cameras, routers, cluster managers. */
const DEFAULT_PORTS =
  '7, 13, 17, 37, 79, 88, 111, 113, 264, 427, 444, 500, 515, 523, 548, 554, 593, 623, 666, 783, 808, 843, 873, 902, 992, 1024-1026, 1099, 1177, ' +
  '1234, 1311, 1337, 1400, 1604, 1911, 1962, 2000, 2082, 2083, 2181, 2222, 2323, 2375-2379, 2404, 2480, 2525, 3000, 3299, 3306-3310, 3333, 3460, ' +
  '3541, 3542, 3689, 3780, 3790, 4000, 4022, 4040, 4063, 4064, 4242, 4369, 4433, 4443, 4444, 4505, 4506, 4567, 4664, 4782, 4786, 4840, 4848, ' +
  '4911, 4949, 5000-5010, 5050, 5269, 5357, 5358, 5400, 5431, 5433, 5560, 5577, 5601, 5672, 5800, 5801, 5901-5903, 5938, 5984-5986, 6000-6003, ' +
  '6001, 6363, 6443, 6666, 6668, 6697, 7000-7002, 7071, 7171, 7474, 7547, 7548, 7777, 7779, 8000-8010, 8060, 8069, 8080-8090, 8098, 8099, 8112, ' +
  '8123, 8126, 8139, 8140, 8161, 8181, 8200, 8291, 8333, 8334, 8443, 8545, 8554, 8649, 8728, 8834, 8880, 8888, 8889, 9000-9003, 9009, 9042, 9051, ' +
  '9080, 9090-9095, 9151, 9160, 9191, 9443, 9595, 9600, 9869, 9944, 9981, 9999, 10000, 10001, 10134, 10243, 10250, 10255, 10443, 12345, 13579, ' +
  '14147, 16010, 16992, 16993, 17185, 18081, 18245, 20000, 20547, 21025, 23023, 25105, 25565, 27015, 27016, 28015, 28017, 31337, 32400, 32764, ' +
  '33060, 37215, 37777, 41795, 49152, 50000, 50050, 50070, 50100, 51106, 52869, 55553, 55554'

/** How long the rest of a beginning may take. */
const REST_MS = 1_500
/** Enough to tell any protocol in rules.yaml. */
const BEGINNING = 64
const KEPT_IN_EVENT = 16 * 1024
const KEPT = 4 * 1024 * 1024
const SILENCE_MS = 60_000

const CatchAllOptions = z.strictObject({
  /** Ports and ranges, `4444, 8000-8010`; those that a lure or a program of the machine has already are left to it. */
  ports: PortList.prefault(DEFAULT_PORTS),
  /** Milliseconds that a client may be silent until we believe that it waits for us to speak. */
  waitMs: z.number().int().min(100).max(60_000).default(4_000),
})

const events = {
  'catch-all.opening': z.object({
    /** The first bytes; empty when the client waited. */
    data: Evidence,
    bytes: z.number(),
    /** As rules.yaml names it; absent = unknown. */
    protocol: z.string().optional(),
    /** What told it: the bytes, or the port of a client that waits. */
    by: z.enum(['bytes', 'port']).optional(),
    /** The lure that takes over; its visit is a session of its own. */
    lure: z.string().optional(),
  }),
  /** All that a client sent to nobody in particular; an artifact besides. */
  'catch-all.payload': z.object({
    data: Evidence,
    bytes: z.number(),
    /** Bits a byte: near 8 is compressed or encrypted, text is about 4 to 5. */
    entropy: z.number(),
    /** Share of printable ASCII, 0 to 1. */
    printable: z.number(),
    artifact: z.string(),
    magic: z.string(),
  }),
}

export default defineLure({
  name: 'catch-all',
  standsFor: [],
  about: 'every port that no other lure has: tells the protocol and hands over',
  profiles: [],
  ports: [],
  morePorts: (options) => options.ports.map((port) => ({ transport: 'tcp', port, spare: true })),
  options: CatchAllOptions,
  events,
  // A client that waits for a greeting that never comes gives up sooner than this.
  limits: { idleMs: SILENCE_MS },

  async serve(visit, context) {
    const { options, port } = context
    const first = await beginning(visit, options.waitMs)
    const isSilent = first.length === 0
    const found = isSilent ? spokenFirst(port.declared.port) : recogniseWhole(first)
    const behind = found?.door === undefined ? undefined : otherThanUs(context.door(found.door))
    visit.record('catch-all.opening', {
      data: evidence(first),
      bytes: first.length,
      ...(found && { protocol: found.protocol, by: isSilent ? 'port' : 'bytes' }),
      ...(behind && { lure: behind.lure }),
    })
    if (behind) await tunnelTo(behind, visit, visit.local)
    else await listen(visit)
  },
})

/** The bytes that a client begins with, unread again; none when it waits for us. */
async function beginning(visit: Visit<typeof events>, waitMs: number): Promise<Buffer> {
  let bytes = await visit.peek(1, { within: waitMs })
  const until = performance.now() + REST_MS
  while (bytes.length > 0 && bytes.length < BEGINNING && recognise(bytes) === 'maybe') {
    const more = await visit.peek(bytes.length + 1, { within: Math.max(1, until - performance.now()) })
    if (more.length === bytes.length) break
    bytes = more
  }
  return bytes.length > 0 ? visit.peek(BEGINNING, { within: 1 }) : bytes
}

/** Who speaks first on a port that is like a known one: 3307 is a second MySQL. */
function spokenFirst(port: number): Recognised | undefined {
  const door = (silentPorts as Record<string, { protocol: string; door: number }>)[String(port)]
  return door
}

/** A use of this lure at a listed port is a door too, which would lead back here. */
function otherThanUs(door: Door | undefined): Door | undefined {
  return door?.lure === 'catch-all' ? undefined : door
}

/** Takes what comes and says nothing; at the end it is kept whole. */
async function listen(visit: Visit<typeof events>): Promise<void> {
  const pieces: Buffer[] = []
  let bytes = 0
  try {
    for (let piece = await visit.read({ within: SILENCE_MS }); piece; piece = await visit.read({ within: SILENCE_MS })) {
      if (bytes < KEPT) pieces.push(Buffer.from(piece.subarray(0, KEPT - bytes)))
      bytes += piece.length
    }
  } catch (error) {
    if (!(error instanceof LimitReached) || error.limit !== 'read-deadline') throw error
  } finally {
    if (bytes > 0) keep(visit, Buffer.concat(pieces), bytes)
  }
}

function keep(visit: Visit<typeof events>, kept: Buffer, bytes: number): void {
  const { sha256, magic } = visit.capture(kept, { how: 'catch-all.payload' })
  const { entropy, printable } = entropyOf(kept)
  const data = evidence(kept.subarray(0, KEPT_IN_EVENT))
  visit.record('catch-all.payload', { data, bytes, entropy, printable, artifact: sha256, magic })
}
