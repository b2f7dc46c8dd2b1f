import { inflateRawSync } from 'node:zlib'

/** What an Android package says of itself. */
export interface ApkFacts {
  package: string
  versionCode: number | undefined
}

const MANIFEST = 'AndroidManifest.xml'
/** Larger manifests are not read. */
const LARGEST_MANIFEST = 4 * 1024 * 1024
const END_OF_CENTRAL_DIRECTORY = 0x06054b50
const CENTRAL_ENTRY = 0x02014b50
const MOST_ENTRIES = 20_000
const MOST_STRINGS = 20_000
const MOST_ATTRIBUTES = 64

/** Reads package name and version from the manifest of an APK; undefined when the bytes are no such archive. */
export function apkFacts(apk: Buffer): ApkFacts | undefined {
  try {
    const manifest = manifestOf(apk)
    return manifest && factsOf(manifest)
  } catch (error) {
    // Offsets that lead out of the file, and a stream that does not inflate.
    if (error instanceof RangeError || (error instanceof Error && 'code' in error)) return undefined
    throw error
  }
}

/** The manifest's bytes by the archive's central directory (PKWARE APPNOTE 4.3). */
function manifestOf(apk: Buffer): Buffer | undefined {
  const end = apk.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'))
  if (end < 0 || apk.readUInt32LE(end) !== END_OF_CENTRAL_DIRECTORY) return undefined
  let at = apk.readUInt32LE(end + 16)
  for (let i = 0; i < MOST_ENTRIES && apk.readUInt32LE(at) === CENTRAL_ENTRY; i++) {
    const [nameLength, extraLength, commentLength] = [apk.readUInt16LE(at + 28), apk.readUInt16LE(at + 30), apk.readUInt16LE(at + 32)]
    if (apk.toString('latin1', at + 46, at + 46 + nameLength) === MANIFEST) {
      const [method, packed, local] = [apk.readUInt16LE(at + 10), apk.readUInt32LE(at + 20), apk.readUInt32LE(at + 42)]
      const start = local + 30 + apk.readUInt16LE(local + 26) + apk.readUInt16LE(local + 28)
      const bytes = apk.subarray(start, start + packed)
      return method === 0 ? bytes : inflateRawSync(bytes, { maxOutputLength: LARGEST_MANIFEST })
    }
    at += 46 + nameLength + extraLength + commentLength
  }
  return undefined
}

/** Android's binary XML (ResourceTypes.h): a string pool, then the chunks; the first start tag is `manifest`. */
function factsOf(xml: Buffer): ApkFacts | undefined {
  if (xml.readUInt16LE(0) !== 0x0003) return undefined
  let strings: string[] = []
  for (let at = 8; at + 8 <= xml.length; ) {
    const [type, size] = [xml.readUInt16LE(at), xml.readUInt32LE(at + 4)]
    if (size < 8) return undefined
    if (type === 0x0001) strings = stringPool(xml.subarray(at, at + size))
    if (type === 0x0102) return attributesOf(xml.subarray(at, at + size), strings)
    at += size
  }
  return undefined
}

function attributesOf(tag: Buffer, strings: readonly string[]): ApkFacts | undefined {
  if (strings[tag.readUInt32LE(20)] !== 'manifest') return undefined
  const start = 16 + tag.readUInt16LE(24)
  const count = Math.min(tag.readUInt16LE(28), MOST_ATTRIBUTES)
  let name: string | undefined
  let versionCode: number | undefined
  for (let i = 0; i < count; i++) {
    const at = start + i * 20
    const attribute = strings[tag.readUInt32LE(at + 4)]
    const data = tag.readUInt32LE(at + 16)
    if (attribute === 'package') name = strings[data]
    if (attribute === 'versionCode') versionCode = data
  }
  return name !== undefined && /^[A-Za-z][\w.]{0,222}$/.test(name) ? { package: name, versionCode } : undefined
}

function stringPool(pool: Buffer): string[] {
  const count = Math.min(pool.readUInt32LE(8), MOST_STRINGS)
  const isUtf8 = (pool.readUInt32LE(16) & 0x100) !== 0
  const start = pool.readUInt32LE(20)
  return Array.from({ length: count }, (_, i) => {
    const at = start + pool.readUInt32LE(28 + i * 4)
    return isUtf8 ? utf8At(pool, at) : utf16At(pool, at)
  })
}

/** Lengths in characters and in bytes, one byte each or two, then the text. */
function utf8At(pool: Buffer, at: number): string {
  const bytesAt = at + (pool.readUInt8(at) & 0x80 ? 2 : 1)
  const first = pool.readUInt8(bytesAt)
  const isLong = (first & 0x80) !== 0
  const length = isLong ? ((first & 0x7f) << 8) | pool.readUInt8(bytesAt + 1) : first
  const start = bytesAt + (isLong ? 2 : 1)
  return pool.toString('utf8', start, start + length)
}

function utf16At(pool: Buffer, at: number): string {
  const first = pool.readUInt16LE(at)
  const isLong = (first & 0x8000) !== 0
  const length = isLong ? ((first & 0x7fff) << 16) | pool.readUInt16LE(at + 2) : first
  const start = at + (isLong ? 4 : 2)
  return pool.toString('utf16le', start, start + length * 2)
}
