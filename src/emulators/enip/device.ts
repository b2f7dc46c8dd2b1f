import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Identity } from '../../config/identity.ts'
import { type Persona, PLANT_NAMES } from '../../config/persona.ts'
import type { Plant } from '../../host/plant/plant.ts'
import type { StateStore } from '../../store/contract.ts'
import { type CipAnswer, type CipRequest, GENERAL } from './cip.ts'
import { Tags } from './tags.ts'

const Model = z.strictObject({ name: z.string(), code: z.number(), revisions: z.array(z.tuple([z.number(), z.number()])) })
/** Modules that are built into each kind of plant, with their product codes and firmware that Rockwell released for them. */
const models = z
  .record(z.enum(PLANT_NAMES), z.strictObject({ adapters: z.array(Model), controllers: z.array(Model) }))
  .parse(JSON.parse(readFileSync(new URL('models.json', import.meta.url), 'utf8')))

const ROCKWELL = 1
const OPERATIONAL = 3
/** How long an adapter is away after a reset. */
const RESTART_MS = 8000
/** Class of the controller's symbols, and the services that read and write a tag. */
const SYMBOL = 0x6b
const TAG_SERVICES = new Set([0x4c, 0x4d, 0x52, 0x53])

/** One module of the chassis, as its Identity object (class 1) has it. */
export interface Module {
  /** 12 communications adapter, 14 programmable logic controller. */
  type: number
  code: number
  revision: readonly [number, number]
  serial: number
  name: string
}

/** A ControlLogix chassis: the adapter that has the address, and the controller in slot 0 behind it. */
export class Chassis {
  readonly adapter: Module
  readonly controller: Module
  readonly tags: Tags
  readonly plant: Plant
  readonly address: string
  readonly #mac: Buffer
  #restartsUntil = 0

  constructor(identity: Identity, plant: Plant, persona: Persona, store: StateStore) {
    const draw = (kind: 'adapters' | 'controllers', type: number): Module => {
      const { name, code, revisions } = identity.pick(`enip/${kind}`, models[plant.kind.name][kind])
      const revision = identity.pick(`enip/${kind}/revision`, revisions)
      return { type, code, name, revision, serial: identity.integer(`enip/${kind}/serial`, 0x0040_0000, 0x00ff_ffff) }
    }
    this.adapter = draw('adapters', 12)
    this.controller = draw('controllers', 14)
    this.tags = new Tags(plant, store)
    this.plant = plant
    this.address = persona.network.interfaces[0]?.address.split('/')[0] ?? '192.168.1.10'
    this.#mac = Buffer.from(
      identity.mac('enip/mac', identity.pick('enip/oui', ['00:00:bc', '00:1d:9c', 'e4:90:69'])).replaceAll(':', ''),
      'hex',
    )
  }

  /** Whether the adapter starts again, and nothing in the chassis is to be reached. */
  get isRestarting(): boolean {
    return Date.now() < this.#restartsUntil
  }

  /** It comes back as it was: running, or in PROGRAM. */
  #restartController(): void {
    if (!this.plant.read('CPU_RUN')) return
    this.plant.write('CPU_RUN', 0)
    this.plant.write('CPU_RUN', 1)
  }

  /** The data of a ListIdentity item (volume 2, table 2-4.4). */
  listedIdentity(): Buffer {
    const head = Buffer.alloc(18)
    head.writeUInt16LE(1, 0)
    head.writeUInt16BE(2, 2)
    head.writeUInt16BE(0xaf12, 4)
    Buffer.from(this.address.split('.').map(Number)).copy(head, 6)
    return Buffer.concat([head, this.#identity(this.adapter), Buffer.from([OPERATIONAL])])
  }

  /** The request with its tag's name where it has the number of that tag's symbol instead, as clients of firmware 21 and later do. */
  named(request: CipRequest): CipRequest {
    const { service, path } = request
    const symbol = path.class === SYMBOL && TAG_SERVICES.has(service) ? this.tags.nameOf(path.instance ?? 0) : undefined
    return symbol === undefined ? request : { ...request, path: { ...path, symbol } }
  }

  /** Answers what is no message of connections. `routed` says that it came through the backplane to the controller. */
  answer(request: CipRequest, routed: boolean): CipAnswer {
    const { service, path, data } = request
    if (path.symbol) return this.#answerTag(request)
    switch (path.class) {
      case 0x01:
        return this.#answerIdentity(request, routed ? this.controller : this.adapter)
      case SYMBOL:
        return service === 0x55 ? this.tags.list(path.instance ?? 0, data) : { status: GENERAL.service }
      case 0x64:
        return this.#answerProgramName(request)
      case 0x8b:
        return attributes(request, this.#clock())
      case 0x02:
        return attributes(request, { 1: Buffer.from([4, 0, 1, 0, 2, 0, 6, 0, 0x6b, 0]) })
      case 0xf5:
        return attributes(request, this.#tcpInterface())
      case 0xf6:
        return attributes(request, this.#ethernetLink())
      case 0x04:
      case 0x06:
        return attributes(request, {})
      default:
        return { status: path.class === undefined ? GENERAL.path : GENERAL.destination }
    }
  }

  #answerTag({ service, path, data }: CipRequest): CipAnswer {
    if (service === 0x4c || service === 0x52) return this.tags.read(path, data, service === 0x52)
    if (service === 0x4d || service === 0x53) return this.tags.write(path, data, service === 0x53)
    return { status: GENERAL.service }
  }

  /** The name of the project, which engineering tools ask for first: Get_Attributes_All of class 64, a length and a text. */
  #answerProgramName({ service, path }: CipRequest): CipAnswer {
    if (service !== 0x01) return { status: GENERAL.service }
    if (path.instance !== 1) return { status: GENERAL.destination }
    const { site } = this.plant.design
    const name = Buffer.from(`${site.replace(/[^A-Za-z]/g, '_')}_${this.plant.kind.code}`)
    return { status: GENERAL.ok, data: Buffer.concat([uint16(name.length), name]) }
  }

  /** Wall clock time: microseconds since 1970 in local time (6, 11) and in UTC (5). */
  #clock(): Record<number, Buffer> {
    const micros = (offset: number): Buffer => {
      const bytes = Buffer.alloc(8)
      bytes.writeBigUInt64LE(BigInt(Date.now() + offset * 3_600_000) * 1000n)
      return bytes
    }
    return { 5: micros(0), 6: micros(this.plant.design.utcOffset), 11: micros(this.plant.design.utcOffset) }
  }

  #answerIdentity(request: CipRequest, module: Module): CipAnswer {
    const { service } = request
    const { instance = 0 } = request.path
    if (instance > 1) return { status: GENERAL.destination }
    if (instance === 0) return attributes(request, { 1: uint16(1), 2: uint16(1), 3: uint16(1) })
    const isController = module === this.controller
    if (service === 0x05) {
      if (isController) this.#restartController()
      else this.#restartsUntil = Date.now() + RESTART_MS
      return { status: GENERAL.ok }
    }
    if ((service === 0x06 || service === 0x07) && isController) {
      this.plant.write('CPU_RUN', service === 0x07 ? 0 : 1)
      return { status: GENERAL.ok }
    }
    if (service === 0x01) return { status: GENERAL.ok, data: this.#identity(module) }
    const all = this.#identity(module)
    return attributes(request, {
      1: all.subarray(0, 2),
      2: all.subarray(2, 4),
      3: all.subarray(4, 6),
      4: all.subarray(6, 8),
      5: all.subarray(8, 10),
      6: all.subarray(10, 14),
      7: all.subarray(14),
      8: Buffer.from([OPERATIONAL]),
    })
  }

  #identity({ type, code, revision, serial, name }: Module): Buffer {
    const bytes = Buffer.alloc(15)
    bytes.writeUInt16LE(ROCKWELL, 0)
    bytes.writeUInt16LE(type, 2)
    bytes.writeUInt16LE(code, 4)
    bytes.set(revision, 6)
    // Owned and configured, in RUN (6) or in PROGRAM (7); of an adapter, connections in RUN.
    bytes.writeUInt16LE(type === 14 ? (this.plant.read('CPU_RUN') ? 0x3060 : 0x3070) : 0x0030, 8)
    bytes.writeUInt32LE(serial, 10)
    bytes[14] = name.length
    return Buffer.concat([bytes, Buffer.from(name)])
  }

  #tcpInterface(): Record<number, Buffer> {
    const octets = this.address.split('.').map(Number)
    const address = Buffer.from([...octets].reverse())
    const gateway = Buffer.from([...octets.slice(0, 3), 1].reverse())
    const configuration = Buffer.concat([address, Buffer.from([0, 255, 255, 255]), gateway, Buffer.alloc(8), uint16(0)])
    const name = Buffer.from(this.adapter.name.replace(/\/.*/, '').toLowerCase())
    return {
      1: Buffer.from([1, 0, 0, 0]),
      2: Buffer.from([0x14, 0, 0, 0]),
      3: Buffer.from([0, 0, 0, 0]),
      4: Buffer.from([2, 0, 0x20, 0xf6, 0x24, 0x01]),
      5: configuration,
      6: Buffer.concat([uint16(name.length), name, Buffer.alloc(name.length & 1)]),
    }
  }

  #ethernetLink(): Record<number, Buffer> {
    return { 1: Buffer.from([100, 0, 0, 0]), 2: Buffer.from([0x0f, 0, 0, 0]), 3: this.#mac }
  }
}

function uint16(value: number): Buffer {
  return Buffer.from([value & 0xff, value >> 8])
}

/** Get_Attributes_All, Get_Attribute_List, Get_Attribute_Single, and the refusal to set. */
function attributes({ service, path, data }: CipRequest, values: Record<number, Buffer>): CipAnswer {
  if (service === 0x01) return { status: GENERAL.ok, data: Buffer.concat(Object.values(values)) }
  if (service === 0x03) return attributeList(data, values)
  if (service !== 0x0e && service !== 0x10) return { status: GENERAL.service }
  const value = values[path.attribute ?? 0]
  if (!value) return { status: GENERAL.attribute }
  return service === 0x10 ? { status: GENERAL.notSettable } : { status: GENERAL.ok, data: value }
}

const MOST_ATTRIBUTES = 32

function attributeList(data: Buffer, values: Record<number, Buffer>): CipAnswer {
  const count = data.length < 2 ? 0 : data.readUInt16LE(0)
  if (count > MOST_ATTRIBUTES || data.length < 2 + count * 2) return { status: GENERAL.tooLittle }
  const parts = Array.from({ length: count }, (_, i) => {
    const id = data.readUInt16LE(2 + i * 2)
    const value = values[id]
    return Buffer.concat([uint16(id), uint16(value ? GENERAL.ok : GENERAL.attribute), value ?? Buffer.alloc(0)])
  })
  return { status: GENERAL.ok, data: Buffer.concat([uint16(count), ...parts]) }
}
