/** What a player is told when the world begins: the packets of the play state, by protocol version. Layouts: wiki.vg, Protocol. */
import { packet, string, varInt } from './minecraft-codec.ts'
import { type Compound, encodeNbt } from './minecraft-nbt.ts'

/** The player for whom the world is played. */
export interface Player {
  /** As it came from the client. */
  name: Buffer
  /** 16 bytes. */
  uuid: Buffer
  maxPlayers: number
  /** First 8 bytes of the hash of the world's seed. */
  hashedSeed: Buffer
}

/** The packets of one version of the protocol. */
export interface World {
  join(player: Player): Buffer
  keepAlive(id: number): Buffer
  /** A line in everybody's chat: `message` that the player said. */
  said(player: Player, message: Buffer): Buffer
  /** "Steve joined the game". */
  joined(player: Player): Buffer
}

const SPAWN = { x: 8.5, y: 72, z: -3.5 }
const PLAYER_ENTITY = 214
const VIEW_DISTANCE = 10

/** @returns undefined for versions whose world we do not speak */
export function worldOf(protocol: number): World | undefined {
  if (protocol === 47) return OLD
  if (protocol === 340) return MIDDLE
  return protocol === 757 || protocol === 758 ? current(protocol) : undefined
}

/** 1.8 */
const OLD: World = {
  join: ({ maxPlayers }) =>
    Buffer.concat([
      packet(0x01, int(PLAYER_ENTITY), bytes(0, 0, 1, maxPlayers), string('default'), bytes(0)),
      packet(0x08, position(), bytes(0)),
    ]),
  keepAlive: (id) => packet(0x00, varInt(id)),
  said: (player, message) => packet(0x02, string(saidText(player, message)), bytes(0)),
  joined: (player) => packet(0x02, string(joinedText(player)), bytes(1)),
}

/** 1.12.2 */
const MIDDLE: World = {
  join: ({ maxPlayers }) =>
    Buffer.concat([
      packet(0x23, int(PLAYER_ENTITY), bytes(0), int(0), bytes(1, maxPlayers), string('default'), bytes(0)),
      packet(0x2f, position(), bytes(0), varInt(1)),
    ]),
  keepAlive: (id) => packet(0x1f, long(id)),
  said: (player, message) => packet(0x0f, string(saidText(player, message)), bytes(0)),
  joined: (player) => packet(0x0f, string(joinedText(player)), bytes(1)),
}

/** 1.18 and 1.18.2 */
function current(protocol: 757 | 758): World {
  return {
    join: ({ maxPlayers, hashedSeed }) =>
      Buffer.concat([
        packet(
          0x26,
          int(PLAYER_ENTITY),
          bytes(0, 0, 0xff),
          varInt(1),
          string('minecraft:overworld'),
          encodeNbt(dimensionCodec(protocol)),
          encodeNbt(overworld(protocol)),
          string('minecraft:overworld'),
          hashedSeed,
          varInt(maxPlayers),
          varInt(VIEW_DISTANCE),
          varInt(VIEW_DISTANCE),
          bytes(0, 1, 0, 0),
        ),
        packet(0x38, position(), bytes(0), varInt(1), bytes(0)),
      ]),
    keepAlive: (id) => packet(0x21, long(id)),
    said: (player, message) => packet(0x0f, string(saidText(player, message)), bytes(0), player.uuid),
    joined: (player) => packet(0x0f, string(joinedText(player)), bytes(1), Buffer.alloc(16)),
  }
}

function saidText({ name }: Player, message: Buffer): string {
  return JSON.stringify({ translate: 'chat.type.text', with: [{ text: name.toString('utf8') }, message.toString('utf8')] })
}

function joinedText({ name }: Player): string {
  return JSON.stringify({ color: 'yellow', translate: 'multiplayer.player.joined', with: [{ text: name.toString('utf8') }] })
}

/** Feet, yaw and pitch. */
function position(): Buffer {
  const field = Buffer.alloc(32)
  field.writeDoubleBE(SPAWN.x, 0)
  field.writeDoubleBE(SPAWN.y, 8)
  field.writeDoubleBE(SPAWN.z, 16)
  return field
}

/** Everything that a client must know of the only dimension and biome that it is told of. */
function dimensionCodec(protocol: number): Compound {
  const plains = {
    precipitation: 'rain',
    effects: {
      sky_color: { int: 7907327 },
      water_fog_color: { int: 329011 },
      fog_color: { int: 12638463 },
      water_color: { int: 4159204 },
      mood_sound: {
        tick_delay: { int: 6000 },
        offset: { double: 2 },
        sound: 'minecraft:ambient.cave',
        block_search_extent: { int: 8 },
      },
    },
    temperature: { float: 0.8 },
    downfall: { float: 0.4 },
    category: 'plains',
  }
  const registry = (type: string, name: string, element: Compound): Compound => ({ type, value: [{ name, id: { int: 0 }, element }] })
  return {
    'minecraft:dimension_type': registry('minecraft:dimension_type', 'minecraft:overworld', overworld(protocol)),
    'minecraft:worldgen/biome': registry('minecraft:worldgen/biome', 'minecraft:plains', plains),
  }
}

function overworld(protocol: number): Compound {
  const [yes, no] = [{ byte: 1 }, { byte: 0 }]
  return {
    piglin_safe: no,
    natural: yes,
    ambient_light: { float: 0 },
    // A tag since 1.18.2, and written as one.
    infiniburn: `${protocol >= 758 ? '#' : ''}minecraft:infiniburn_overworld`,
    respawn_anchor_works: no,
    has_skylight: yes,
    bed_works: yes,
    effects: 'minecraft:overworld',
    has_raids: yes,
    min_y: { int: -64 },
    height: { int: 384 },
    logical_height: { int: 384 },
    coordinate_scale: { double: 1 },
    ultrawarm: no,
    has_ceiling: no,
  }
}

function bytes(...values: number[]): Buffer {
  return Buffer.from(values)
}

function int(value: number): Buffer {
  const field = Buffer.alloc(4)
  field.writeInt32BE(value)
  return field
}

function long(value: number): Buffer {
  const field = Buffer.alloc(8)
  field.writeBigInt64BE(BigInt(value))
  return field
}
