import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import type { Plant } from '../../host/plant/plant.ts'
import { type Simatic, simaticOf } from '../../host/plant/simatic.ts'
import type { StateStore } from '../../store/contract.ts'

const SCOPE = 'snmp'
/** Enterprise number of Siemens AG. */
const SIEMENS = 4329

/** The CPU as its SNMP agent sees it. */
export class Device {
  readonly address: string
  readonly netmask: string
  readonly counters = { snmpIn: 0, snmpOut: 0, snmpBad: 0, snmpBadCommunity: 0 }
  /** RFC 3411 §5: enterprise, format 3, MAC. */
  readonly engineId: Buffer
  readonly boots: number
  readonly #simatic: Simatic
  readonly #plant: Plant
  readonly #identity: Identity
  readonly #store: StateStore

  constructor(identity: Identity, plant: Plant, persona: Persona, store: StateStore) {
    this.#identity = identity
    this.#plant = plant
    this.#store = store
    this.#simatic = simaticOf(identity, plant)
    const [address = '192.168.0.1', bits = '24'] = (persona.network.interfaces[0]?.address ?? '').split('/')
    this.address = address
    this.netmask = maskOf(Number(bits))
    const enterprise = Buffer.alloc(5)
    enterprise.writeUInt32BE(0x8000_0000 + SIEMENS)
    enterprise[4] = 3
    this.engineId = Buffer.concat([enterprise, macBytes(this.#simatic.mac)])
    this.boots = identity.integer('snmp/boots', 3, 41)
  }

  /** Seconds since the controller was started. */
  get upSeconds(): number {
    return Math.max(0, Date.now() / 1000 - this.#plant.state.controller.startedAt)
  }

  /** A value by the name that the table of objects has for it. */
  read(name: string): string | number | Buffer {
    const { type, module, hardware, firmware, serial, mac } = this.#simatic
    switch (name) {
      case 'description':
        return `Siemens, SIMATIC S7, ${type.replace('CPU ', 'CPU')}, ${module} , HW: ${hardware}, FW: V${firmware.join('.')}, ${serial}`
      case 'uptime':
        return Math.floor(this.upSeconds * 100) % 2 ** 32
      case 'contact':
        return this.#kept(name) ?? ''
      case 'name':
        return this.#kept(name) ?? `plc-${this.#plant.design.site.toLowerCase().replace(/[^a-z]/g, '')}`
      case 'location':
        return this.#kept(name) ?? ''
      case 'mac':
        return macBytes(mac)
      case 'portMac1':
        return portMac(mac, 1)
      case 'portMac2':
        return portMac(mac, 2)
      case 'address':
        return this.address
      case 'netmask':
        return this.netmask
      default:
        return this.counters[name as keyof typeof this.counters] ?? 0
    }
  }

  /** A counter that gains `rate` a second, by a pace that this installation has for it. */
  grown(label: string, rate: number): number {
    const pace = this.#identity.integer(`snmp/pace/${label}`, 700, 1300) / 1000
    return Math.floor(this.upSeconds * rate * pace) % 2 ** 32
  }

  keep(name: string, value: Buffer): void {
    this.#store.set(SCOPE, name, value)
  }

  #kept(name: string): Buffer | undefined {
    return this.#store.get(SCOPE, name)
  }
}

function macBytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(':', ''), 'hex')
}

/** Ports have the addresses behind that of the interface. */
function portMac(mac: string, port: number): Buffer {
  const bytes = macBytes(mac)
  bytes[5] = (bytes[5]! + port) & 0xff
  return bytes
}

function maskOf(bits: number): string {
  const mask = bits === 0 ? 0 : (0xffff_ffff << (32 - bits)) >>> 0
  return [24, 16, 8, 0].map((shift) => (mask >>> shift) & 0xff).join('.')
}
