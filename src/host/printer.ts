import type { Identity } from '../config/identity.ts'
import type { Persona } from '../config/persona.ts'
import models from './printer-models.json' with { type: 'json' }

/** The office printer of an install: one device, whichever of its protocols it is asked by. */
export interface Printer {
  make: string
  /** Without the make: `LaserJet 4250`. */
  model: string
  /** As its label and INFO ID say: `HP LaserJet 4250`. */
  name: string
  /** `VNB3R12345`: ten characters, as HP numbers its printers. */
  serial: string
  /** Date code of the firmware: `20090508 08.160.4`. */
  firmware: string
  /** Bytes of RAM. */
  memory: number
  /** Name in the network: `NPI` and the last three bytes of the network card. */
  hostname: string
  /** Where attackers meet it: the first address of the persona. */
  address: string
  /** Where the persona's print server reaches it, in the same network. */
  ip: string
  mac: string
  uuid: string
  /** Where it stands, for people. */
  location: string
  pagesPerMinute: number
  /** Languages that it prints, in PJL's words. */
  languages: readonly string[]
  /** IEEE 1284 device id. */
  deviceId: string
  /** Pages printed in its life until `now` (UTC milliseconds), by the office alone. */
  pagesUntil(now: number): number
}

/** Its firmware speaks PJL, PCL and PostScript alike; the models' firmware is as HP released it. */
const MAKE = 'HP'
const LOCATIONS = ['Ground floor', 'Office 1.04', 'First floor, copy room', 'Reception', 'Store room', 'Accounting', 'Warehouse']
/** Prefixes of Hewlett-Packard in the IEEE's registry. */
const OUIS = ['00:17:08', '00:1b:78', '00:1e:0b', '00:21:5a']
/** From here its pages are counted on. */
const COUNTED_FROM = Date.UTC(2025, 0, 1)
const DAY_MS = 86_400_000

export function printerOf(identity: Identity, persona: Persona): Printer {
  const label = (fact: string): string => `printer/${persona.name}/${fact}`
  const { model, languages, firmware, pagesPerMinute, memoryMiB, serialPrefix } = identity.pick(label('model'), models)
  const mac = identity.mac(label('mac'), identity.pick(label('oui'), OUIS))
  const before = identity.integer(label('pages'), 38_000, 240_000)
  const daily = identity.integer(label('pages-a-day'), 25, 180)
  const name = `${MAKE} ${model}`
  const address = persona.network.interfaces[0]?.address.split('/', 1)[0] ?? ''
  return {
    make: MAKE,
    model,
    name,
    languages,
    firmware,
    pagesPerMinute,
    memory: memoryMiB * 1024 * 1024,
    serial: `${serialPrefix}${serialTail(identity.bytes(label('serial'), 6))}`,
    hostname: `NPI${mac.replaceAll(':', '').slice(6).toUpperCase()}`,
    address,
    ip: `${address.split('.').slice(0, 3).join('.')}.${identity.integer(label('address'), 30, 90)}`,
    mac,
    uuid: identity.uuid(label('uuid')),
    location: identity.pick(label('location'), LOCATIONS),
    deviceId: `MFG:${MAKE};CMD:${languages.join(',')};MDL:${name};CLS:PRINTER;DES:${name};`,
    pagesUntil: (now) => before + Math.max(0, Math.floor(((now - COUNTED_FROM) / DAY_MS) * daily)),
  }
}

function serialTail(bytes: Buffer): string {
  const letters = 'BCDFGHJKLMNPQRSTVWXYZ0123456789'
  return Array.from(bytes, (byte) => letters[byte % letters.length]).join('')
}
