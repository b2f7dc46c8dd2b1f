import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Identity } from '../../config/identity.ts'
import { parseYaml } from '../../config/yaml.ts'

const Sensor = z.strictObject({
  name: z.string(),
  type: z.number(),
  unit: z.number(),
  entity: z.tuple([z.number(), z.number()]),
  m: z.number(),
  exponent: z.number().default(0),
  on: z.number(),
  off: z.number(),
  lag: z.number(),
  spread: z.number(),
  ripple: z.number(),
  thresholds: z.tuple([z.number(), z.number(), z.number(), z.number(), z.number(), z.number()]),
})
export type Sensor = z.output<typeof Sensor>

const User = z.strictObject({ id: z.number(), name: z.string(), password: z.string(), privilege: z.number() })
export type User = z.output<typeof User>

const Model = z.strictObject({
  vendor: z.string(),
  manufacturer: z.number(),
  products: z.array(z.number()),
  firmware: z.array(z.tuple([z.number(), z.number()])),
  auxiliary: z.array(z.number()),
  deviceSupport: z.number(),
  ouis: z.array(z.string()),
  users: z.array(User),
  maxUsers: z.number(),
  fru: z.strictObject({
    name: z.string(),
    manufacturer: z.string(),
    boards: z.array(z.string()),
    products: z.array(z.string()),
    serial: z.string(),
    product: z.string(),
  }),
  sensors: z.array(Sensor),
})
type Model = z.output<typeof Model>

const models = parseYaml('machines.yaml', readFileSync(new URL('machines.yaml', import.meta.url), 'utf8'), z.array(Model))
export const VENDORS: readonly string[] = models.map(({ vendor }) => vendor)

/** The server of this installation as it left its maker, and where it was built in. */
export interface Machine extends Omit<Model, 'products' | 'firmware' | 'fru'> {
  product: number
  firmware: [number, number]
  guid: Buffer
  mac: string
  address: readonly [number, number, number, number]
  /** What runs on the server, and its name, as the login on its serial console shows them. */
  os: string
  host: string
  fru: { name: string; manufacturer: string; board: string; boardSerial: string; product: string; productSerial: string; madeAt: number }
}

const SYSTEMS = ['Debian GNU/Linux 11', 'Debian GNU/Linux 12', 'Ubuntu 20.04.6 LTS', 'Ubuntu 22.04.5 LTS']
const HOSTS = ['srv', 'node', 'host', 'vmhost', 'pve']

const MADE_FROM = Date.UTC(2015, 3) / 60_000
const MADE_TO = Date.UTC(2019, 9) / 60_000

/** Draws the machine. @param vendor undefined when the seed shall choose */
export function machineOf(identity: Identity, vendor: string | undefined): Machine {
  const model = models.find((one) => one.vendor === vendor) ?? identity.pick('ipmi/vendor', models)
  const { products, firmware, fru, ...rest } = model
  const mac = identity.mac('ipmi/mac', identity.pick('ipmi/oui', model.ouis))
  const which = identity.integer('ipmi/board', 0, fru.boards.length - 1)
  return {
    ...rest,
    product: products[which % products.length]!,
    firmware: identity.pick('ipmi/firmware', firmware),
    guid: smbiosGuid(identity.uuid('ipmi/guid')),
    mac,
    address: [10, identity.integer('ipmi/net', 10, 60), identity.integer('ipmi/subnet', 0, 254), identity.integer('ipmi/host', 20, 240)],
    os: identity.pick('ipmi/os', SYSTEMS),
    host: `${identity.pick('ipmi/host-kind', HOSTS)}${String(identity.integer('ipmi/host-number', 1, 24)).padStart(2, '0')}`,
    fru: {
      name: fru.name,
      manufacturer: fru.manufacturer,
      board: fru.boards[which]!,
      boardSerial: engraved(identity, 'board', fru.serial),
      product: fru.products[which]!,
      productSerial: engraved(identity, 'product', fru.product),
      madeAt: identity.integer('ipmi/made', MADE_FROM, MADE_TO),
    },
  }
}

/** A UUID as SMBIOS stores it: its first three fields little-endian. */
function smbiosGuid(uuid: string): Buffer {
  const bytes = Buffer.from(uuid.replaceAll('-', ''), 'hex')
  bytes.subarray(0, 4).swap32()
  bytes.subarray(4, 8).swap16()
  return bytes
}

/** A serial after its maker's pattern: `#` is a digit, `X` a letter. */
function engraved(identity: Identity, what: string, pattern: string): string {
  const letters = 'BCDFGHJKLMNPQRSTVWZ'
  let n = 0
  return pattern.replace(/[#X]/g, (kind) => {
    const label = `ipmi/serial/${what}/${n++}`
    return kind === '#' ? String(identity.integer(label, 0, 9)) : letters[identity.integer(label, 0, letters.length - 1)]!
  })
}
