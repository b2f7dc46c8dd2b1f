import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import type { Plant } from '../../host/plant/plant.ts'
import { type Simatic, simaticOf } from '../../host/plant/simatic.ts'
import type { StateStore } from '../../store/contract.ts'
import { Device, engineIdOf } from './device.ts'

/** Enterprise number of Siemens AG. */
const SIEMENS = 4329
const MAC = 3

/** The CPU of the plant. */
export class SimaticCpu extends Device {
  readonly mib = 'simatic'
  readonly engineId: Buffer
  readonly #address: string
  readonly #netmask: string
  readonly #simatic: Simatic
  readonly #plant: Plant

  constructor(identity: Identity, plant: Plant, persona: Persona, store: StateStore) {
    super(identity, store)
    this.#plant = plant
    this.#simatic = simaticOf(identity, plant)
    const [address = '192.168.0.1', bits = '24'] = (persona.network.interfaces[0]?.address ?? '').split('/')
    this.#address = address
    this.#netmask = maskOf(Number(bits))
    this.engineId = engineIdOf(SIEMENS, MAC, macBytes(this.#simatic.mac))
  }

  get upSeconds(): number {
    return Math.max(0, Date.now() / 1000 - this.#plant.state.controller.startedAt)
  }

  protected own(name: string): string | Buffer | undefined {
    const { type, module, hardware, firmware, serial, mac } = this.#simatic
    switch (name) {
      case 'description':
        return `Siemens, SIMATIC S7, ${type.replace('CPU ', 'CPU')}, ${module} , HW: ${hardware}, FW: V${firmware.join('.')}, ${serial}`
      case 'contact':
      case 'location':
        return ''
      case 'name':
        return `plc-${this.#plant.design.site.toLowerCase().replace(/[^a-z]/g, '')}`
      case 'mac':
        return macBytes(mac)
      case 'portMac1':
        return portMac(mac, 1)
      case 'portMac2':
        return portMac(mac, 2)
      case 'address':
        return this.#address
      case 'netmask':
        return this.#netmask
      default:
        return undefined
    }
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
