/** A value of Minecraft's named binary tags. Numbers say which of their kinds they are. */
export type Nbt = string | { byte: number } | { int: number } | { float: number } | { double: number } | readonly Compound[] | Compound
export interface Compound {
  readonly [name: string]: Nbt
}

const TAG = { end: 0, byte: 1, int: 3, float: 5, double: 6, string: 8, list: 9, compound: 10 } as const

/** A compound without a name at the root, as packets carry it. */
export function encodeNbt(root: Compound): Buffer {
  return Buffer.concat([Buffer.from([TAG.compound]), text(''), compound(root)])
}

function compound(value: Compound): Buffer {
  const fields = Object.entries(value).map(([name, one]) => {
    const [tag, bytes] = encoded(one)
    return Buffer.concat([Buffer.from([tag]), text(name), bytes])
  })
  return Buffer.concat([...fields, Buffer.from([TAG.end])])
}

function encoded(value: Nbt): [number, Buffer] {
  if (typeof value === 'string') return [TAG.string, text(value)]
  if (isList(value)) return [TAG.list, Buffer.concat([Buffer.from([TAG.compound]), number(value.length, 4), ...value.map(compound)])]
  const [[kind, of] = []] = Object.entries(value)
  if (typeof of !== 'number') return [TAG.compound, compound(value as Compound)]
  if (kind === 'byte') return [TAG.byte, number(of, 1)]
  if (kind === 'int') return [TAG.int, number(of, 4)]
  const bytes = Buffer.alloc(kind === 'float' ? 4 : 8)
  if (kind === 'float') bytes.writeFloatBE(of)
  else bytes.writeDoubleBE(of)
  return [kind === 'float' ? TAG.float : TAG.double, bytes]
}

function isList(value: Nbt): value is readonly Compound[] {
  return Array.isArray(value)
}

function number(value: number, size: 1 | 4): Buffer {
  const bytes = Buffer.alloc(size)
  bytes.writeIntBE(value, 0, size)
  return bytes
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8')
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}
