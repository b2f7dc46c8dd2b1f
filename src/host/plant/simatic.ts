import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Identity } from '../../config/identity.ts'
import { PLANT_NAMES, type PlantName } from '../../config/persona.ts'
import type { Plant } from './plant.ts'

const Model = z.strictObject({
  module: z.string(),
  type: z.string(),
  hardware: z.number(),
  firmware: z.array(z.string()),
  /** Name of its station family, and the longest PDU that it takes. */
  station: z.string(),
  pdu: z.number(),
})
const models: Record<PlantName, z.output<typeof Model>[]> = z
  .record(z.enum(PLANT_NAMES), z.array(Model))
  .parse(JSON.parse(readFileSync(new URL('simatic.json', import.meta.url), 'utf8')))

/** Prefixes that Siemens's automation has from the IEEE. */
const OUIS = ['00:1b:1b', '28:63:36', '8c:f3:19', 'ac:64:17']

/** What is engraved in the CPU of the plant and configured into its project; drawn from the install seed. */
export interface Simatic {
  /** Order number. */
  module: string
  type: string
  hardware: number
  /** Major, minor, patch. */
  firmware: readonly [number, number, number]
  serial: string
  system: string
  /** Family of its station, such as `SIMATIC 300`. */
  station: string
  pdu: number
  plant: string
  /** Six bytes with colons. */
  mac: string
}

export function simaticOf(identity: Identity, { kind, design }: Plant): Simatic {
  const model = identity.pick('simatic/model', models[kind.name])
  const letters = 'ABCDEFGHJKLMNPRSTUVWXY'
  const letter = (n: number): string => letters[identity.integer(`simatic/serial/${n}`, 0, letters.length - 1)] as string
  const serial = `S C-${letter(0)}${identity.integer('simatic/serial/1', 1, 9)}U${letter(2)}${identity.integer('simatic/serial/3', 1000_0000, 3999_9999)}`
  const [major = 3, minor = 0, patch = 0] = identity.pick('simatic/firmware', model.firmware).split('.').map(Number)
  return {
    module: model.module,
    type: model.type,
    hardware: model.hardware,
    firmware: [major, minor, patch],
    serial,
    station: model.station,
    pdu: model.pdu,
    system: `${model.station}(${identity.integer('simatic/station', 1, 4)})`,
    plant: `${design.site} ${kind.code}`,
    mac: identity.mac('simatic/mac', identity.pick('simatic/oui', OUIS)),
  }
}
