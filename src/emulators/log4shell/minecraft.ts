/**
 *   scanner: FE 01                                     us: FF … §1 127 1.18 A Minecraft Server 3 20
 *   client:  handshake 757 play.example 25565 →status  us: {"version":{"name":"1.18","protocol":757},…}
 *   client:  handshake →login, LoginStart <name>       us: LoginSuccess <uuid> <name>, JoinGame  → log4shell.player
 *   client:  Chat ${jndi:ldap://…}                     us: Chat <name> …; the log has it now     → log4shell.chat
 */
import { createHash } from 'node:crypto'
import type { Identity } from '../../config/identity.ts'
import { evidence } from '../../events/bytes.ts'
import type { Visit } from '../../sensor/visit.ts'
import type { Log4ShellEvents } from './events.ts'
import {
  type Handshake,
  LONGEST_PACKET,
  legacyPong,
  MinecraftError,
  PacketReader,
  packet,
  readHandshake,
  string,
} from './minecraft-codec.ts'
import { type Player, type World, worldOf } from './minecraft-world.ts'

export const RELEASE = { name: '1.18', protocol: 757 }
/** First protocol that sends UUIDs as bytes (1.16). */
const BINARY_UUID = 735
/** Chat of the releases 1.18 and older, and of those up to 1.20; what else a player sends is counted only. */
const CHAT: ReadonlySet<number> = new Set([0x01, 0x02, 0x03, 0x04, 0x05])
const LARGEST_READ = 64 * 1024
const MOST_PACKETS = 2_000
const QUIET_MS = 30_000
/** How often a server asks whether the client is still there. */
const KEEP_ALIVE_MS = 15_000
/** How much of what is no packet is kept. */
const STRAY = 8 * 1024

interface Facts {
  motd: string
  online: number
  max: number
  /** First 8 bytes of the hash of the world's seed. */
  hashedSeed: Buffer
}

/** What this server says of itself in the list. */
export function serverFacts(identity: Identity): Facts {
  return {
    motd: identity.pick('log4shell/minecraft-motd', ['A Minecraft Server', 'Survival | 1.18', 'Friends SMP', 'Vanilla+ Survival']),
    online: identity.integer('log4shell/minecraft-online', 1, 7),
    max: identity.pick('log4shell/minecraft-max', [20, 20, 30, 50]),
    hashedSeed: identity.bytes('log4shell/minecraft-seed', 8),
  }
}

/** Plays a Minecraft server until the client goes, or says what is no packet. */
export async function serveMinecraft(visit: Visit<Log4ShellEvents>, facts: Facts): Promise<void> {
  // Who says nothing is waited for as long as a server does; `FE` alone comes as one byte.
  const [start] = await visit.peek(1, { within: QUIET_MS })
  if (start === undefined) return
  const [first = 0, second = 0, third = 0] = await visit.peek(3, { within: 500 })
  if (first === 0xfe) {
    visit.record('log4shell.ping', { kind: 'legacy' })
    await visit.write(legacyPong({ ...facts, version: RELEASE.name }, second !== 0x01))
    return
  }
  // The id of a handshake is 0, behind a length of one byte or two. A scanner that speaks HTTP here brings its lookups in what is no packet.
  if (first === 0 || (first < 0x80 ? second : third) !== 0) {
    const stray = await visit.peek(STRAY, { within: 500 })
    if (stray.length > 0) visit.record('log4shell.stray', { bytes: evidence(stray) })
    return
  }
  try {
    const handshake = await readHandshakePacket(visit)
    if (handshake.next === 1) await serveStatus(visit, facts)
    else if (handshake.next === 2) await serveLogin(visit, handshake.protocol, facts)
  } catch (error) {
    if (!(error instanceof MinecraftError)) throw error
  }
}

async function readHandshakePacket(visit: Visit<Log4ShellEvents>): Promise<Handshake> {
  const fields = await readPacket(visit)
  if (fields.varInt() !== 0) throw new MinecraftError('no handshake')
  const handshake = readHandshake(fields)
  const { protocol, address, port, next } = handshake
  visit.record('log4shell.handshake', { protocol, address: evidence(address), port, next })
  return handshake
}

async function readPacket(visit: Visit<Log4ShellEvents>): Promise<PacketReader> {
  let length = 0
  for (let shift = 0; ; shift += 7) {
    if (shift > 14) throw new MinecraftError('a length is too long')
    const byte = (await visit.exactly(1, { within: QUIET_MS }))[0] as number
    length |= (byte & 0x7f) << shift
    if ((byte & 0x80) === 0) break
  }
  if (length === 0 || length > LONGEST_PACKET) throw new MinecraftError('a packet without a length')
  const kept = await visit.exactly(Math.min(length, LARGEST_READ), { within: QUIET_MS })
  for (let left = length - kept.length; left > 0; left -= LARGEST_READ)
    await visit.exactly(Math.min(left, LARGEST_READ), { within: QUIET_MS })
  return new PacketReader(kept)
}

async function serveStatus(visit: Visit<Log4ShellEvents>, { motd, online, max }: Facts): Promise<void> {
  for (let n = 0; n < 4; n++) {
    const fields = await readPacket(visit)
    const id = fields.varInt()
    if (id === 0) {
      visit.record('log4shell.ping', { kind: 'status' })
      await visit.write(packet(0, string(JSON.stringify({ description: { text: motd }, players: { max, online }, version: RELEASE }))))
    } else if (id === 1) {
      await visit.write(packet(1, fields.rest().subarray(0, 8)))
      return
    } else return
  }
}

async function serveLogin(visit: Visit<Log4ShellEvents>, protocol: number, { max, hashedSeed }: Facts): Promise<void> {
  const fields = await readPacket(visit)
  if (fields.varInt() !== 0) throw new MinecraftError('no login')
  const name = fields.string(16 * 64)
  visit.record('log4shell.player', { name: evidence(name), protocol })
  visit.login({ method: 'minecraft', username: evidence(name), accepted: name.length <= 16 })
  if (name.length > 16) return
  const player = { name, uuid: offlineUuid(name), maxPlayers: max, hashedSeed }
  const world = worldOf(protocol)
  await visit.write(packet(2, protocol >= BINARY_UUID ? player.uuid : string(dashed(player.uuid)), string(name)))
  if (world) await visit.write(Buffer.concat([world.join(player), world.joined(player)]))
  await serveWorld(visit, player, world)
}

async function serveWorld(visit: Visit<Log4ShellEvents>, player: Player, world: World | undefined): Promise<void> {
  let [askedAt, asked, heardAt] = [performance.now(), 0, performance.now()]
  for (let n = 0; n < MOST_PACKETS; ) {
    const now = performance.now()
    if (now - heardAt > QUIET_MS) return
    if (world && now - askedAt >= KEEP_ALIVE_MS) {
      askedAt = now
      await visit.write(world.keepAlive(++asked))
    }
    const { length } = await visit.peek(1, { within: KEEP_ALIVE_MS })
    if (length === 0 && visit.hasEnded) return
    if (length === 0) continue
    heardAt = performance.now()
    n++
    const sent = await readPacket(visit)
    if (!CHAT.has(sent.varInt())) continue
    const message = chatText(sent)
    if (!message) continue
    visit.record('log4shell.chat', { name: evidence(player.name), message: evidence(message) })
    if (world) await visit.write(world.said(player, message))
  }
}

function chatText(fields: PacketReader): Buffer | undefined {
  try {
    const text = fields.string(256)
    return text.length > 0 && !text.includes(0) ? text : undefined
  } catch (error) {
    if (error instanceof MinecraftError) return undefined
    throw error
  }
}

/** Version 3 over `OfflinePlayer:<name>`, as servers without online-mode make it. */
function offlineUuid(name: Buffer): Buffer {
  const hash = createHash('md5').update('OfflinePlayer:').update(name).digest()
  hash[6] = ((hash[6] as number) & 0x0f) | 0x30
  hash[8] = ((hash[8] as number) & 0x3f) | 0x80
  return hash
}

function dashed(uuid: Buffer): string {
  return uuid.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
