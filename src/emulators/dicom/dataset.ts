/** Data sets, implicit and explicit, and in explicit big endian (PS3.5 §7.1, §7.3). Sequences are stepped over, not read. */
import { ByteReader } from '../../sensor/byte-reader.ts'
import { ByteWriter } from '../../sensor/byte-writer.ts'
import dictionary from './dictionary.json' with { type: 'json' }
import { DicomError, reading } from './pdu.ts'

/** Tag as a number, `0x0010_0020`, to the bytes of its value. */
export type Dataset = Map<number, Buffer>

export const IMPLICIT = '1.2.840.10008.1.2'
export const EXPLICIT = '1.2.840.10008.1.2.1'
export const BIG_ENDIAN = '1.2.840.10008.1.2.2'
/** Value representations with a length of 32 bits (PS3.5 §7.1.2). */
const LONG = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV'])
const VR = new Map(Object.entries(dictionary).map(([tag, vr]) => [Number.parseInt(tag, 16), vr]))
const PIXELS = 0x7fe00010
const ITEM_TAGS = 0xfffe
/** No element has a tag behind the last delimiter's. */
const LAST_TAG = 0xfffe_ffff
const ITEM_END = 0xfffee00d
const SEQUENCE_END = 0xfffee0dd
const UNDEFINED_LENGTH = 0xffffffff
const MOST_ELEMENTS = 4096
const DEEPEST = 16

interface Budget {
  elements: number
}

/** Elements before the pixels. @throws DicomError */
export function decodeDataset(bytes: Buffer, transferSyntax: string): Dataset {
  return reading(() => {
    const reader = new ByteReader(bytes)
    const dataset: Dataset = new Map()
    const budget = { elements: 0 }
    while (reader.left > 0) {
      const { tag, length } = elementHeader(reader, transferSyntax)
      if (++budget.elements > MOST_ELEMENTS) throw new DicomError('too many elements')
      if (tag > LAST_TAG) throw new DicomError('no such tag')
      if (tag >= PIXELS) break
      if (length === UNDEFINED_LENGTH) skipSequence(reader, transferSyntax, budget, 1)
      else dataset.set(tag, inOrder(tag, reader.take(length), transferSyntax))
    }
    return dataset
  })
}

function elementHeader(reader: ByteReader, transferSyntax: string): { tag: number; length: number } {
  const isBig = transferSyntax === BIG_ENDIAN
  const u16 = (): number => (isBig ? reader.u16be() : reader.u16le())
  const u32 = (): number => (isBig ? reader.u32be() : reader.u32le())
  const tag = u16() * 0x10000 + u16()
  if (transferSyntax === IMPLICIT || tag >>> 16 === ITEM_TAGS) return { tag, length: u32() }
  const vr = reader.take(2).toString('latin1')
  if (!LONG.has(vr)) return { tag, length: u16() }
  reader.skip(2)
  return { tag, length: u32() }
}

/** Binary words are held in little endian; texts and bytes have no order. */
function inOrder(tag: number, value: Buffer, transferSyntax: string): Buffer {
  const isSwapped = transferSyntax === BIG_ENDIAN && VR.get(tag) === 'US' && value.length % 2 === 0
  return isSwapped ? Buffer.from(value).swap16() : value
}

/** Items of undefined length end with a delimiter of their own, PS3.5 §7.5. */
function skipSequence(reader: ByteReader, transferSyntax: string, budget: Budget, depth: number): void {
  if (depth > DEEPEST) throw new DicomError('nested too deep')
  for (;;) {
    const { tag, length } = elementHeader(reader, transferSyntax)
    if (++budget.elements > MOST_ELEMENTS) throw new DicomError('too many elements')
    if (tag === SEQUENCE_END || tag === ITEM_END) return
    if (length === UNDEFINED_LENGTH) skipSequence(reader, transferSyntax, budget, depth + 1)
    else reader.skip(length)
  }
}

/** Elements in the order of their tags. */
export function encodeDataset(dataset: Dataset, transferSyntax: string): Buffer {
  const writer = new ByteWriter()
  const isBig = transferSyntax === BIG_ENDIAN
  const u16 = (n: number): ByteWriter => (isBig ? writer.u16be(n) : writer.u16le(n))
  const u32 = (n: number): ByteWriter => (isBig ? writer.u32be(n) : writer.u32le(n))
  for (const [tag, value] of [...dataset].sort(([a], [b]) => a - b)) {
    u16(tag >>> 16)
    u16(tag & 0xffff)
    const vr = vrOf(tag)
    if (transferSyntax === IMPLICIT) u32(value.length)
    else {
      writer.text(vr, 'latin1')
      if (LONG.has(vr)) u16(0)
      if (LONG.has(vr)) u32(value.length)
      else u16(value.length)
    }
    writer.bytes(inOrder(tag, value, transferSyntax))
  }
  return writer.done()
}

/** A text as a value of even length: UIDs are filled up with NUL, all else with a blank. */
export function textValue(tag: number, text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  if (bytes.length % 2 === 0) return bytes
  return Buffer.concat([bytes, Buffer.from(VR.get(tag) === 'UI' || tag < 0x10000 ? '\0' : ' ')])
}

export function vrOf(tag: number): string {
  return VR.get(tag) ?? 'UN'
}

export function wordValue(value: number): Buffer {
  return new ByteWriter().u16le(value).done()
}

export function valueText(dataset: Dataset, tag: number): string {
  return (dataset.get(tag) ?? Buffer.alloc(0)).toString('latin1', 0, 1024).replaceAll('\0', '').trim()
}

/** A command set: group 0000, implicit, its own length first (PS3.7 §6.3.1). */
export function encodeCommand(elements: readonly (readonly [number, number | string])[]): Buffer {
  const dataset: Dataset = new Map(
    elements.map(([tag, value]) => [tag, typeof value === 'number' ? wordValue(value) : textValue(tag, value)]),
  )
  const rest = encodeDataset(dataset, IMPLICIT)
  return new ByteWriter().u32le(0).u32le(4).u32le(rest.length).bytes(rest).done()
}

export function word(command: Dataset, tag: number): number | undefined {
  const value = command.get(tag)
  return value?.length === 2 ? value.readUInt16LE() : undefined
}
