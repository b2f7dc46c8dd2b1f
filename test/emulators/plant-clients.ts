import type { Identity } from '../../src/config/identity.ts'
import type { PlantName } from '../../src/config/persona.ts'
import bacnet from '../../src/emulators/bacnet/index.ts'
import { Commands } from '../../src/emulators/bacnet/objects.ts'
import { encodeCip } from '../../src/emulators/enip/cip.ts'
import { encodeEncapsulation, encodeItems } from '../../src/emulators/enip/encapsulation.ts'
import enip from '../../src/emulators/enip/index.ts'
import iec104 from '../../src/emulators/iec104/index.ts'
import { Station } from '../../src/emulators/iec104/station.ts'
import modbus from '../../src/emulators/modbus/index.ts'
import s7 from '../../src/emulators/s7/index.ts'
import { plantOf } from '../../src/host/plant/plant.ts'
import type { StateStore } from '../../src/store/contract.ts'
import { connect, MemoryState, type Playing, type PlayOptions, play } from '../harness.ts'
import { Master } from './iec104/master.ts'
import { ask } from './ntp/ask.ts'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

/** Where signals that all five protocols show as a real are: first holding register, and data block and byte. */
const ADDRESSES: Record<PlantName, Record<string, { register: number; block: number; byte: number }>> = {
  'water-works': {
    LT101: { register: 200, block: 1, byte: 0 },
    FT101: { register: 204, block: 1, byte: 8 },
    FT201: { register: 206, block: 1, byte: 12 },
    PC201_SP: { register: 222, block: 2, byte: 0 },
  },
  substation: {
    MA_U: { register: 404, block: 1, byte: 8 },
    P_IN: { register: 410, block: 1, byte: 20 },
    P_OUT: { register: 412, block: 1, byte: 24 },
    P_OWN: { register: 414, block: 1, byte: 28 },
    P_LOSS: { register: 416, block: 1, byte: 32 },
    T1_U_SP: { register: 528, block: 2, byte: 20 },
  },
  'tank-farm': {
    WT100: { register: 402, block: 1, byte: 4 },
    WT300: { register: 406, block: 1, byte: 12 },
    STOCK: { register: 408, block: 1, byte: 16 },
    LT101: { register: 416, block: 1, byte: 32 },
    LAH101_SP: { register: 578, block: 2, byte: 16 },
  },
}

export const PROTOCOLS = ['modbus', 's7', 'enip', 'bacnet', 'iec104'] as const
export type Protocol = (typeof PROTOCOLS)[number]

/** Sends each packet when the one before has been answered; the last answer. */
export async function converse(port: number, ...packets: ((before: Buffer) => Buffer)[]): Promise<Buffer> {
  const socket = await connect(port)
  let answer: Buffer = Buffer.alloc(0)
  for (const packet of packets) {
    socket.write(packet(answer))
    answer = await new Promise((resolve, reject) => {
      socket.once('data', resolve)
      socket.once('close', () => reject(new Error('the connection ended without an answer')))
    })
  }
  socket.destroy()
  return answer
}

/** A plant played over five protocols, and a small client for each. */
export class PlantClients {
  readonly #playing: Record<Protocol, Playing>
  readonly #station: Station
  readonly #objects: Commands
  readonly #addresses: (typeof ADDRESSES)[PlantName]

  private constructor(playing: Record<Protocol, Playing>, station: Station) {
    this.#playing = playing
    this.#station = station
    this.#objects = new Commands(station.plant, new MemoryState())
    this.#addresses = ADDRESSES[station.plant.kind.name]
  }

  /** @param plant the one that the persona in `shared` has */
  static async open(shared: PlayOptions & { identity: Identity; state: StateStore }, plant: PlantName): Promise<PlantClients> {
    const playing = {
      modbus: await play(modbus, shared),
      s7: await play(s7, shared),
      enip: await play(enip, shared),
      bacnet: await play(bacnet, shared),
      iec104: await play(iec104, shared),
    }
    return new PlantClients(playing, new Station(shared.identity, plantOf({ ...shared, persona: { plant } })))
  }

  get playing(): readonly Playing[] {
    return Object.values(this.#playing)
  }

  port(protocol: Protocol): number {
    return this.#playing[protocol].port()
  }

  /** The present value of a signal. @throws Error when the lure does not answer */
  read(protocol: Protocol, tag: string): Promise<number> {
    return this.#readers[protocol](tag)
  }

  readonly #readers: Record<Protocol, (tag: string) => Promise<number>> = {
    modbus: async (tag) => {
      const request = hex('0001 0000 0006 01 03 0000 0002')
      request.writeUInt16BE(this.#at(tag).register, 8)
      return (await converse(this.port('modbus'), () => request)).readFloatBE(9)
    },
    s7: async (tag) => {
      const { block, byte } = this.#at(tag)
      const request = hex('0300001f 02f080 320100000000000e0000 0401 120a10 08 0001 0000 84 000000')
      request.writeUInt16BE(block, 25)
      request.writeUIntBE(byte * 8, 28, 3)
      const answer = await converse(
        this.port('s7'),
        () => hex('03000016 11e00000000400c1020100c2020102c0010a'),
        () => hex('03000019 02f080 320100000000000800 00 f0000001000101e0'),
        () => request,
      )
      return answer.readFloatBE(answer.length - 4)
    },
    enip: async (tag) => (await this.cip(0x4c, tag, hex('0100'))).subarray(-4).readFloatLE(),
    bacnet: async (tag) => {
      const { type, instance } = this.#objects.named(tag)!
      const object = (type * 2 ** 22 + instance).toString(16).padStart(8, '0')
      const [answer] = await ask(this.port('bacnet'), hex(`810a0011 0104 0005 01 0c 0c ${object} 1955`), { quietMs: 2000 })
      if (!answer) throw new Error('no answer over BACnet')
      return answer.readFloatBE(answer.length - 5)
    },
    iec104: async (tag) => {
      const { address } = this.#station.monitored.find((one) => one.point.tag === tag)!
      const request = Buffer.from([0x66, 1, 5, 0, 0, 0, 0, 0, 0])
      request.writeUInt16LE(this.#station.commonAddress, 4)
      request.writeUIntLE(address, 6, 3)
      const master = await Master.open(this.port('iec104'))
      master.asdu(request.toString('hex'))
      const answer = await master.asduOf(13, 5)
      master.close()
      return answer.body.readFloatLE(0)
    },
  }

  /** One request about a symbol in a session of its own; the whole answer. */
  cip(service: number, symbol: string, data: Buffer): Promise<Buffer> {
    const frame = (command: number, session: number, body: Buffer): Buffer =>
      encodeEncapsulation({ command, session, status: 0, context: Buffer.alloc(8), options: 0, data: body })
    const items = encodeItems([
      { type: 0, data: Buffer.alloc(0) },
      { type: 0xb2, data: encodeCip({ service, path: { symbol }, data }) },
    ])
    return converse(
      this.port('enip'),
      () => frame(0x65, 0, hex('01000000')),
      (registered) => frame(0x6f, registered.readUInt32LE(4), Buffer.concat([Buffer.alloc(6), items])),
    )
  }

  /** Writes a signal as a REAL over EtherNet/IP; the whole answer. */
  write(tag: string, value: number): Promise<Buffer> {
    const data = Buffer.alloc(8)
    data.writeUInt16LE(0xca, 0)
    data.writeUInt16LE(1, 2)
    data.writeFloatLE(value, 4)
    return this.cip(0x4d, tag, data)
  }

  #at(tag: string): { register: number; block: number; byte: number } {
    const address = this.#addresses[tag]
    if (!address) throw new Error(`no address of ${tag}`)
    return address
  }

  async stop(): Promise<void> {
    await Promise.all(this.playing.map((one) => one.stop()))
  }
}
