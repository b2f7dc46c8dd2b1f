import { type IppAttribute, type IppMessage, type IppValue, TAG } from './codec.ts'

/** A value as people write it; its tag says what it is. */
export type Plain = string | number | boolean | Date | readonly [number, number] | readonly IppAttribute[] | null

/** One attribute with its values, all of one type. */
export function attribute(name: string, tag: number, ...values: Plain[]): IppAttribute {
  return { name, values: values.map((value) => encodeValue(tag, value)) }
}

export function encodeValue(tag: number, value: Plain): IppValue {
  if (tag === TAG.begCollection) return { tag, members: [...(value as readonly IppAttribute[])] }
  return { tag, bytes: bytesOf(tag, value) }
}

/** Values by the name of their syntax, as the files of facts write them. */
export type Written = Partial<Record<keyof typeof TAG, unknown[]>>

/** Attributes from a file of facts: name → syntax → values, members of collections alike. */
export function writtenAttributes(facts: unknown): IppAttribute[] {
  return Object.entries(facts as Record<string, Written>).map(([name, written]) => {
    const [syntax, values] = (Object.entries(written)[0] ?? ['noValue', [null]]) as [keyof typeof TAG, unknown[]]
    const tag = TAG[syntax]
    return {
      name,
      values: values.map((value) => encodeValue(tag, tag === TAG.begCollection ? writtenAttributes(value) : (value as Plain))),
    }
  })
}

function bytesOf(tag: number, value: Plain): Buffer {
  switch (tag) {
    case TAG.integer:
    case TAG.enum:
      return int32(value as number)
    case TAG.boolean:
      return Buffer.from([value ? 1 : 0])
    case TAG.range: {
      const [low, high] = value as readonly [number, number]
      return Buffer.concat([int32(low), int32(high)])
    }
    case TAG.resolution: {
      const [across, along] = value as readonly [number, number]
      // 3 = dots per inch.
      return Buffer.concat([int32(across), int32(along), Buffer.from([3])])
    }
    case TAG.dateTime:
      return dateTime(value as Date)
    case TAG.unknown:
    case TAG.noValue:
    case TAG.unsupported:
      return Buffer.alloc(0)
    default:
      return Buffer.from(String(value), 'utf8')
  }
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value | 0)
  return bytes
}

/** DateAndTime of RFC 2579, in UTC. */
function dateTime(at: Date): Buffer {
  const bytes = Buffer.alloc(11)
  bytes.writeUInt16BE(at.getUTCFullYear(), 0)
  for (const [n, part] of [at.getUTCMonth() + 1, at.getUTCDate(), at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds(), 0].entries())
    bytes.writeUInt8(part, 2 + n)
  bytes.write('+', 8)
  return bytes
}

/** A value as text, number or flag; collections and what has the wrong length are undefined. */
export function plainValue(value: IppValue): string | number | boolean | undefined {
  if (!('bytes' in value)) return undefined
  const { tag, bytes } = value
  if (tag === TAG.integer || tag === TAG.enum) return bytes.length === 4 ? bytes.readInt32BE(0) : undefined
  if (tag === TAG.boolean) return bytes.length === 1 ? bytes[0] !== 0 : undefined
  if (tag === TAG.textLanguage || tag === TAG.nameLanguage) return withoutLanguage(bytes)
  return tag >= 0x40 ? bytes.toString('utf8') : undefined
}

/** Length, language, length, text (RFC 8010 §3.9). */
function withoutLanguage(bytes: Buffer): string | undefined {
  if (bytes.length < 2) return undefined
  const at = 2 + bytes.readUInt16BE(0)
  return at + 2 <= bytes.length ? bytes.subarray(at + 2, at + 2 + bytes.readUInt16BE(at)).toString('utf8') : undefined
}

/** Looks up attributes of a request: in one group, or in several, the first that has it counts. */
export class Given {
  readonly #attributes: readonly IppAttribute[]

  constructor(message: Pick<IppMessage, 'groups'>, ...tags: number[]) {
    this.#attributes = tags.flatMap((wanted) => message.groups.find(({ tag }) => tag === wanted)?.attributes ?? [])
  }

  get all(): readonly IppAttribute[] {
    return this.#attributes
  }

  find(name: string): IppAttribute | undefined {
    return this.#attributes.find((one) => one.name === name)
  }

  text(name: string): string | undefined {
    const value = this.#first(name)
    return typeof value === 'string' ? value : undefined
  }

  number(name: string): number | undefined {
    const value = this.#first(name)
    return typeof value === 'number' ? value : undefined
  }

  flag(name: string): boolean | undefined {
    const value = this.#first(name)
    return typeof value === 'boolean' ? value : undefined
  }

  texts(name: string): string[] {
    return (this.find(name)?.values ?? []).map(plainValue).filter((value) => typeof value === 'string')
  }

  #first(name: string): string | number | boolean | undefined {
    const [value] = this.find(name)?.values ?? []
    return value && plainValue(value)
  }
}
