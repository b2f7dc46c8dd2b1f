import type { Identity } from '../config/identity.ts'
import type { Persona } from '../config/persona.ts'

/** The office printer of an installation: one device, whichever of its protocols it is asked by. */
export interface Printer {
  /** As its label and INFO ID say: `HP LaserJet 4250`. */
  model: string
  /** `VNB3R12345`: ten characters, as HP numbers its printers. */
  serial: string
  /** Name in the network: `NPI` and the last three bytes of the network card. */
  hostname: string
  /** `00:17:08:…`. */
  mac: string
  /** First address of the persona: the printer is reached there. */
  address: string
  /** Date code of the firmware: `20090508 08.160.4`. */
  firmware: string
  /** Bytes of RAM. */
  memory: number
  /** Where it stands, for people. */
  location: string
  /** Pages printed in its life until `now` (UTC milliseconds), by the office alone. */
  pagesUntil(now: number): number
}

/** Models whose firmware speaks PJL, PCL and PostScript alike, with their firmware as HP released it. */
const MODELS = [
  { model: 'HP LaserJet 4250', firmware: '20090508 08.160.4', memoryMiB: 80, prefix: 'CNBX' },
  { model: 'HP LaserJet 4350', firmware: '20090508 08.160.4', memoryMiB: 96, prefix: 'CNRX' },
  { model: 'HP LaserJet P4015', firmware: '20100920 04.049.2', memoryMiB: 128, prefix: 'CNDY' },
  { model: 'HP LaserJet P3015', firmware: '20101110 07.080.3', memoryMiB: 128, prefix: 'VNB3' },
] as const

const LOCATIONS = ['Ground floor', 'Office 1.04', 'First floor, copy room', 'Reception', 'Store room']
/** Prefixes of Hewlett-Packard in the IEEE's registry. */
const OUIS = ['00:17:08', '00:1b:78', '00:1e:0b', '00:21:5a']
/** From here its pages are counted on. */
const COUNTED_FROM = Date.UTC(2025, 0, 1)
const DAY_MS = 86_400_000

export function printerOf(identity: Identity, persona: Persona): Printer {
  const { model, firmware, memoryMiB, prefix } = identity.pick('printer.model', MODELS)
  const mac = identity.mac('printer.mac', identity.pick('printer.oui', OUIS))
  const before = identity.integer('printer.pages', 38_000, 240_000)
  const daily = identity.integer('printer.pages-a-day', 25, 180)
  return {
    model,
    firmware,
    memory: memoryMiB * 1024 * 1024,
    serial: `${prefix}${serialTail(identity)}`,
    mac,
    hostname: `NPI${mac.replaceAll(':', '').slice(6).toUpperCase()}`,
    address: persona.network.interfaces[0]?.address.split('/', 1)[0] ?? '',
    location: identity.pick('printer.location', LOCATIONS),
    pagesUntil: (now) => before + Math.max(0, Math.floor(((now - COUNTED_FROM) / DAY_MS) * daily)),
  }
}

function serialTail(identity: Identity): string {
  const letters = 'BCDFGHJKLMNPQRSTVWXYZ0123456789'
  return Array.from(identity.bytes('printer.serial', 6), (byte) => letters[byte % letters.length]).join('')
}
