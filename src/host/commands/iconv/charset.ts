/** A set of characters and how it is written in bytes. */
export interface Charset {
  /** Decodes all bytes. @returns the characters, and where the first sequence that is none begins, if there is one */
  decode(bytes: Buffer): { text: string; badAt?: number; isCut?: boolean }
  /** Bytes of one character; undefined where the set does not have it. */
  encode(character: string): Buffer | undefined
  /** Written before everything. */
  mark?: Buffer
}

/** Names as glibc knows them, without their punctuation, and what WHATWG's decoder calls them. */
const NAMES: Readonly<Record<string, string>> = {
  UTF8: 'utf-8',
  ASCII: 'ascii',
  USASCII: 'ascii',
  ANSIX341968: 'ascii',
  LATIN1: 'latin1',
  ISO88591: 'latin1',
  L1: 'latin1',
  UTF16: 'utf-16',
  UTF16LE: 'utf-16le',
  UTF16BE: 'utf-16be',
  UCS2: 'utf-16le',
  UTF32: 'utf-32',
  UTF32LE: 'utf-32le',
  UTF32BE: 'utf-32be',
  UCS4: 'utf-32be',
  ...Object.fromEntries([2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16].map((part) => [`ISO8859${part}`, `iso-8859-${part}`])),
  LATIN2: 'iso-8859-2',
  LATIN9: 'iso-8859-15',
  ...Object.fromEntries(
    [1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258].flatMap((page) =>
      [`CP${page}`, `WINDOWS${page}`].map((name) => [name, `windows-${page}`]),
    ),
  ),
  CP866: 'ibm866',
  KOI8R: 'koi8-r',
  KOI8U: 'koi8-u',
  MACINTOSH: 'macintosh',
  GBK: 'gbk',
  GB2312: 'gbk',
  GB18030: 'gb18030',
  BIG5: 'big5',
  SJIS: 'shift_jis',
  SHIFTJIS: 'shift_jis',
  EUCJP: 'euc-jp',
  EUCKR: 'euc-kr',
}

/** The set of that name; undefined for one that is not known. */
export function charsetOf(name: string): Charset | undefined {
  const known = name.toUpperCase().replace(/[-_. ]/g, '')
  if (!Object.hasOwn(NAMES, known)) return undefined
  const label = NAMES[known] as string
  if (label === 'ascii') return singleByte((byte) => (byte < 0x80 ? String.fromCharCode(byte) : undefined))
  if (label === 'latin1') return singleByte((byte) => String.fromCharCode(byte))
  if (label === 'utf-8') return utf8
  if (label.startsWith('utf-')) return wide(label)
  return legacy(label)
}

function singleByte(characterOf: (byte: number) => string | undefined): Charset {
  const bytes = new Map<string, Buffer>()
  for (let byte = 0; byte < 256; byte++) {
    const character = characterOf(byte)
    if (character !== undefined) bytes.set(character, Buffer.of(byte))
  }
  return {
    decode(input) {
      const badAt = input.findIndex((byte) => characterOf(byte) === undefined)
      const good = badAt < 0 ? input : input.subarray(0, badAt)
      return { text: Array.from(good, (byte) => characterOf(byte)).join(''), ...(badAt >= 0 && { badAt }) }
    },
    encode: (character) => bytes.get(character),
  }
}

const utf8: Charset = {
  decode(bytes) {
    let at = 0
    while (at < bytes.length) {
      const length = lengthOfUtf8(bytes, at)
      if (length <= 0) return { text: bytes.toString('utf8', 0, at), badAt: at, isCut: length < 0 }
      at += length
    }
    return { text: bytes.toString('utf8') }
  },
  encode: (character) => Buffer.from(character, 'utf8'),
}

/** Bytes of the character there; 0 for a wrong one, -1 for one that the end cuts. */
function lengthOfUtf8(bytes: Buffer, at: number): number {
  const first = bytes[at] as number
  if (first < 0x80) return 1
  const length = first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0
  for (let i = 1; i < length; i++) {
    const next = bytes[at + i]
    if (next === undefined) return -1
    if ((next & 0xc0) !== 0x80) return 0
    const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
    const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
    if (i === 1 && (next < least || next > most)) return 0
  }
  return length
}

/** UTF-16 and UTF-32; without a byte order in their name they begin with its mark. */
function wide(label: string): Charset {
  const size = label.startsWith('utf-16') ? 2 : 4
  const isMarked = !/[lb]e$/.test(label)
  const swap = (bytes: Buffer): Buffer => (size === 2 ? bytes.swap16() : bytes.swap32())
  const little = (character: string): Buffer => {
    if (size === 2) return Buffer.from(character, 'utf16le')
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(character.codePointAt(0) as number)
    return bytes
  }
  return {
    decode(input) {
      const cut = input.length % size
      let bytes: Buffer = Buffer.from(input.subarray(0, input.length - cut))
      const first = bytes.length >= size ? bytes.readUIntBE(0, size) : 0
      const isBig = isMarked ? first === 0xfeff : label.endsWith('be')
      if (isBig) bytes = swap(bytes)
      if (isMarked && bytes.length >= size && bytes.readUIntLE(0, size) === 0xfeff) bytes = bytes.subarray(size)
      const text = size === 2 ? bytes.toString('utf16le') : textOfUtf32(bytes)
      return { text, ...(cut > 0 && { badAt: input.length - cut, isCut: true }) }
    },
    encode: (character) => (label.endsWith('be') ? swap(little(character)) : little(character)),
    ...(isMarked && { mark: little('\ufeff') }),
  }
}

function textOfUtf32(bytes: Buffer): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 4) {
    const point = bytes.readUInt32LE(at)
    text += point > 0x10ffff ? '\ufffd' : String.fromCodePoint(point)
  }
  return text
}

const encoders = new Map<string, ReadonlyMap<string, Buffer>>()

/** The sets that a browser knows; what they have is found out by decoding every sequence of one or two bytes. */
function legacy(label: string): Charset {
  const decoder = new TextDecoder(label, { fatal: true })
  const decoded = (bytes: Buffer): string | undefined => {
    try {
      return decoder.decode(bytes)
    } catch {
      return undefined
    }
  }
  return {
    decode(bytes) {
      const whole = decoded(bytes)
      if (whole !== undefined) return { text: whole }
      let [good, bad] = [0, bytes.length]
      while (bad - good > 1) {
        const middle = (good + bad) >> 1
        // A character that is cut in the middle is no fault: a byte more or less decides.
        if (decoded(bytes.subarray(0, middle)) !== undefined || decoded(bytes.subarray(0, middle - 1)) !== undefined) good = middle
        else bad = middle
      }
      const end = decoded(bytes.subarray(0, good)) === undefined ? good - 1 : good
      return { text: decoded(bytes.subarray(0, end)) ?? '', badAt: end, isCut: end === bytes.length - 1 && (bytes[end] as number) >= 0x80 }
    },
    encode(character) {
      let table = encoders.get(label)
      if (!table) {
        table = tableOf(decoded)
        encoders.set(label, table)
      }
      return table.get(character)
    },
  }
}

function tableOf(decoded: (bytes: Buffer) => string | undefined): ReadonlyMap<string, Buffer> {
  const table = new Map<string, Buffer>()
  const add = (bytes: Buffer): boolean => {
    const text = decoded(bytes)
    const is = text !== undefined && [...text].length === 1
    if (is && !table.has(text)) table.set(text, bytes)
    return is
  }
  for (let first = 0; first < 256; first++) {
    if (add(Buffer.of(first)) || first < 0x80) continue
    for (let second = 0x30; second < 256; second++) add(Buffer.of(first, second))
  }
  return table
}
