import type { Identity } from '../config/identity.ts'
import type { Persona } from '../config/persona.ts'
import models from './printer-models.json' with { type: 'json' }

/** The office printer of an install, as every protocol that reaches it tells it: IPP, raw port 9100, SNMP. */
export interface Printer {
  make: string
  /** Without the make: `LaserJet 400 M401dn`. */
  model: string
  serial: string
  firmware: string
  /** Its own address in the network of the persona, and its name there. */
  hostname: string
  ip: string
  mac: string
  uuid: string
  location: string
  pagesPerMinute: number
  /** Languages that it prints, in PJL's words. */
  languages: readonly string[]
  /** IEEE 1284 device id. */
  deviceId: string
  /** Pages that it has printed in its life. */
  pages: number
}

const LOCATIONS = ['Front desk', 'Copy room', '1st floor', '2nd floor', 'Accounting', 'Warehouse', 'Reception', 'Back office']

export function printerOf(identity: Identity, persona: Persona): Printer {
  const label = (name: string): string => `printer/${persona.name}/${name}`
  const known = identity.pick(label('model'), models)
  const mac = identity.mac(label('mac'), known.oui)
  const { make, model, languages, firmware, pagesPerMinute } = known
  return {
    make,
    model,
    languages,
    firmware,
    pagesPerMinute,
    serial: `${known.serialPrefix}${identity.hex(label('serial'), 4).toUpperCase()}`,
    hostname: hostnameOf(make, mac),
    ip: neighbour(persona, identity.integer(label('address'), 30, 90)),
    mac,
    uuid: identity.uuid(label('uuid')),
    location: identity.pick(label('location'), LOCATIONS),
    deviceId: `MFG:${make};CMD:${languages.join(',')};MDL:${make} ${model};CLS:PRINTER;DES:${make} ${model};`,
    pages: identity.integer(label('pages'), 8_400, 141_000),
  }
}

/** Print servers name themselves after the end of their address. */
function hostnameOf(make: string, mac: string): string {
  const end = mac.replaceAll(':', '').slice(6).toUpperCase()
  const prefixes: Readonly<Record<string, string>> = { HP: 'NPI', Brother: 'BRN', Lexmark: 'ET0021B7', Kyocera: 'KM' }
  return `${prefixes[make] ?? 'PRN'}${end}`
}

function neighbour({ network }: Persona, last: number): string {
  const own = network.interfaces[0]?.address.split('/')[0] ?? '192.168.1.2'
  return `${own.split('.').slice(0, 3).join('.')}.${last}`
}
