import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { parseYaml } from '../../config/yaml.ts'
import { compareOids, type Oid, type Value } from './ber.ts'
import type { Device } from './device.ts'

const Entry = z.strictObject({
  oid: z.string(),
  type: z.enum(['integer', 'octets', 'oid', 'ip', 'counter32', 'gauge32', 'ticks']),
  value: z.union([z.number(), z.string()]).optional(),
  is: z.string().optional(),
  grows: z.number().optional(),
  writable: z.boolean().default(false),
  /** The address of the device is its index. */
  indexed: z.boolean().default(false),
})
type ObjectEntry = z.output<typeof Entry>

const tables = { simatic: readTable('simatic'), 'net-snmp': readTable('net-snmp') }

function readTable(name: string): ObjectEntry[] {
  const file = new URL(`mibs/${name}.yaml`, import.meta.url)
  return parseYaml(file.pathname, readFileSync(file, 'utf8'), z.array(Entry))
}

export interface MibObject {
  oid: Oid
  read(): Value
  /** Takes a value; absent for what can only be read. False when it does not fit. */
  write?: (value: Value) => boolean
}

const LONGEST_TEXT = 255

/** The objects of a device, in lexicographic order. */
export class Mib {
  readonly objects: readonly MibObject[]

  constructor(device: Device) {
    this.objects = tables[device.mib].map((entry) => objectOf(entry, device)).sort((a, b) => compareOids(a.oid, b.oid))
  }

  get(oid: Oid): MibObject | undefined {
    const found = this.objects[this.#from(oid)]
    return found && compareOids(found.oid, oid) === 0 ? found : undefined
  }

  /** The first object behind this place. */
  next(oid: Oid): MibObject | undefined {
    const at = this.#from(oid)
    const found = this.objects[at]
    return found && compareOids(found.oid, oid) === 0 ? this.objects[at + 1] : found
  }

  /** Whether the object type is there, whatever its instance. */
  hasType(oid: Oid): boolean {
    const type = oid.slice(0, -1)
    return this.objects.some((one) => compareOids(one.oid.slice(0, -1), type) === 0)
  }

  /** Index of the first object at or behind a place. */
  #from(oid: Oid): number {
    let [low, high] = [0, this.objects.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (compareOids(this.objects[middle]!.oid, oid) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

export function parseOid(text: string): Oid {
  return text.split('.').map(Number)
}

function objectOf(entry: ObjectEntry, device: Device): MibObject {
  const { oid, type, is, grows, writable, value, indexed } = entry
  const at = parseOid(indexed ? `${oid}.${device.read('address')}` : oid)
  const read = (): Value => {
    if (is !== undefined) return typed(type, device.read(is))
    return typed(type, grows === undefined ? (value ?? 0) : device.grown(oid, grows))
  }
  if (!writable || is === undefined) return { oid: at, read }
  const write = (given: Value): boolean => {
    if (given.type !== type || given.type !== 'octets' || given.value.length > LONGEST_TEXT) return false
    device.keep(is, given.value)
    return true
  }
  return { oid: at, read, write }
}

function typed(type: ObjectEntry['type'], value: number | string | Buffer): Value {
  switch (type) {
    case 'octets':
      return { type, value: Buffer.from(value as string) }
    case 'oid':
      return { type, value: parseOid(String(value)) }
    case 'ip':
      return { type, value: Buffer.from(String(value).split('.').map(Number)) }
    default:
      return { type, value: Number(value) }
  }
}
