/** What file(1) says of some bytes; `mime` is what `-i` says. */
export interface Kind {
  text: string
  mime: string
}

const ELF_MACHINES: Record<number, string> = {
  2: 'SPARC',
  3: 'Intel 80386',
  4: 'Motorola m68k',
  8: 'MIPS',
  20: 'PowerPC or cisco 4500',
  21: '64-bit PowerPC or cisco 7500',
  22: 'IBM S/390',
  40: 'ARM',
  42: 'Renesas SH',
  62: 'x86-64',
  183: 'ARM aarch64',
  243: 'UCB RISC-V',
}
const ELF_TYPES: Record<number, string> = { 1: 'relocatable', 2: 'executable', 3: 'shared object', 4: 'core file' }

const SIGNATURES: readonly [offset: number, bytes: string, text: string, mime: string][] = [
  [0, '\x89PNG\r\n\x1a\n', 'PNG image data', 'image/png'],
  [0, '\xff\xd8\xff', 'JPEG image data', 'image/jpeg'],
  [0, 'GIF87a', 'GIF image data, version 87a', 'image/gif'],
  [0, 'GIF89a', 'GIF image data, version 89a', 'image/gif'],
  [0, '%PDF-', 'PDF document', 'application/pdf'],
  [0, 'PK\x03\x04', 'Zip archive data', 'application/zip'],
  [0, 'PK\x05\x06', 'Zip archive data (empty)', 'application/zip'],
  [0, 'BZh', 'bzip2 compressed data, block size = 900k', 'application/x-bzip2'],
  [0, '\xfd7zXZ\0', 'XZ compressed data, checksum CRC64', 'application/x-xz'],
  [0, '7z\xbc\xaf\x27\x1c', '7-zip archive data, version 0.4', 'application/x-7z-compressed'],
  [0, 'Rar!\x1a\x07', 'RAR archive data', 'application/x-rar'],
  [0, '\x28\xb5\x2f\xfd', 'Zstandard compressed data (v0.8+), Dictionary ID: None', 'application/zstd'],
  [257, 'ustar\0', 'POSIX tar archive', 'application/x-tar'],
  [257, 'ustar  \0', 'POSIX tar archive (GNU)', 'application/x-tar'],
  [0, '!<arch>\ndebian', 'Debian binary package (format 2.0)', 'application/vnd.debian.binary-package'],
  [0, '!<arch>\n', 'current ar archive', 'application/x-archive'],
  [0, 'SQLite format 3\0', 'SQLite 3.x database', 'application/vnd.sqlite3'],
  [0, '\xca\xfe\xba\xbe', 'compiled Java class data', 'application/x-java-applet'],
  [0, '-----BEGIN OPENSSH PRIVATE KEY', 'OpenSSH private key', 'text/plain'],
  [0, '-----BEGIN RSA PRIVATE KEY', 'PEM RSA private key', 'text/plain'],
  [0, '-----BEGIN CERTIFICATE', 'PEM certificate', 'text/plain'],
  [0, 'ssh-rsa ', 'OpenSSH RSA public key', 'text/plain'],
]

/** Interpreters by the last part of a shebang. */
const INTERPRETERS: readonly [RegExp, string, string][] = [
  [/^(ba|)sh$/, 'POSIX shell', 'text/x-shellscript'],
  [/^bash$/, 'Bourne-Again shell', 'text/x-shellscript'],
  [/^python[\d.]*$/, 'Python', 'text/x-script.python'],
  [/^perl$/, 'Perl', 'text/x-perl'],
  [/^php[\d.]*$/, 'PHP', 'text/x-php'],
  [/^node$/, 'Node.js script executable', 'application/javascript'],
  [/^ruby$/, 'Ruby', 'text/x-ruby'],
  [/^awk$/, 'awk', 'text/x-awk'],
]

export function kindOf(bytes: Buffer): Kind {
  if (bytes.length === 0) return { text: 'empty', mime: 'inode/x-empty' }
  const head = bytes.subarray(0, 1024).toString('latin1')
  if (head.startsWith('\x7fELF')) return { text: elf(bytes), mime: elfMime(bytes) }
  if (head.startsWith('MZ')) return { text: windows(bytes), mime: 'application/vnd.microsoft.portable-executable' }
  if (head.startsWith('\x1f\x8b')) return { text: gzip(bytes), mime: 'application/gzip' }
  for (const [offset, signature, text, mime] of SIGNATURES) {
    if (bytes.subarray(offset, offset + signature.length).toString('latin1') === signature) return { text: details(text, bytes), mime }
  }
  const encoding = encodingOf(bytes)
  return encoding ? textKind(head, bytes, encoding) : { text: 'data', mime: 'application/octet-stream' }
}

function details(text: string, bytes: Buffer): string {
  if (text === 'PNG image data') {
    if (bytes.length < 26) return 'data'
    const types: Record<number, string> = { 0: '/grayscale', 2: '/color RGB', 3: ' colormap', 4: '/gray+alpha', 6: '/color RGBA' }
    return `PNG image data, ${bytes.readUInt32BE(16)} x ${bytes.readUInt32BE(20)}, ${bytes[24]}-bit${types[bytes[25] as number] ?? ''}, non-interlaced`
  }
  if (text === 'Zip archive data') {
    if (bytes.length < 10) return 'data'
    return `Zip archive data, at least v${Math.floor((bytes[4] as number) / 10)}.${(bytes[4] as number) % 10} to extract, compression method=${bytes.readUInt16LE(8) === 8 ? 'deflate' : 'store'}`
  }
  if (text === 'PDF document') return `PDF document, version ${bytes.subarray(5, 8).toString('latin1')}`
  if (text.startsWith('GIF') && bytes.length >= 10) return `${text}, ${bytes.readUInt16LE(6)} x ${bytes.readUInt16LE(8)}`
  return text
}

function elfClass(bytes: Buffer): { bits: string; order: string; little: boolean } {
  const little = bytes[5] !== 2
  return { bits: bytes[4] === 2 ? '64-bit' : '32-bit', order: little ? 'LSB' : 'MSB', little }
}

function elf(bytes: Buffer): string {
  if (bytes.length < 20) return bytes.length < 6 ? 'data' : `ELF ${elfClass(bytes).bits} ${elfClass(bytes).order}`
  const { bits, order, little } = elfClass(bytes)
  const word = (at: number): number => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at))
  const type = word(16)
  const interpreter = /\/(?:lib|system)[\w./-]{0,60}ld[\w.-]{0,40}/.exec(bytes.subarray(0, 4096).toString('latin1'))?.[0]
  const kind = type === 3 && interpreter ? 'pie executable' : (ELF_TYPES[type] ?? 'no file type')
  const abi = bytes[7] === 3 ? 'version 1 (GNU/Linux)' : 'version 1 (SYSV)'
  const machine = ELF_MACHINES[word(18)] ?? `*unknown arch 0x${word(18).toString(16)}*`
  const mips = word(18) === 8 ? ', MIPS32 rel2' : ''
  const linking = interpreter
    ? `, dynamically linked, interpreter ${interpreter}`
    : type === 2
      ? ', statically linked'
      : type === 3
        ? ', dynamically linked'
        : ''
  const id = buildId(bytes)
  return `ELF ${bits} ${order} ${kind}, ${machine}${mips ? `,${mips.slice(1)}` : ''}, ${abi}${linking}${id ? `, BuildID[sha1]=${id}` : ''}${interpreter ? ', for GNU/Linux 3.2.0' : ''}, stripped`
}

function elfMime(bytes: Buffer): string {
  const type = bytes.length > 18 ? bytes.readUInt16LE(16) : 0
  return type === 3 ? 'application/x-pie-executable' : type === 1 ? 'application/x-object' : 'application/x-executable'
}

/** The note that the linker leaves: name `GNU`, type 3. */
function buildId(bytes: Buffer): string | undefined {
  const at = bytes.subarray(0, 8192).indexOf(Buffer.from('\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0', 'latin1'))
  return at < 0 ? undefined : bytes.subarray(at + 16, at + 36).toString('hex')
}

function windows(bytes: Buffer): string {
  const at = bytes.length >= 64 ? bytes.readUInt32LE(60) : 0
  if (at === 0 || at + 26 > bytes.length || bytes.subarray(at, at + 4).toString('latin1') !== 'PE\0\0') return 'MS-DOS executable'
  const machine = bytes.readUInt16LE(at + 4)
  const dll = bytes.readUInt16LE(at + 22) & 0x2000
  return `PE32${machine === 0x8664 ? '+' : ''} executable ${dll ? '(DLL) ' : ''}(console) ${machine === 0x8664 ? 'x86-64' : 'Intel 80386'}, for MS Windows`
}

function gzip(bytes: Buffer): string {
  if (bytes.length < 10) return 'gzip compressed data'
  const flags = bytes[3] as number
  const name = flags & 8 ? bytes.subarray(10, Math.max(10, bytes.indexOf(0, 10))).toString('latin1') : ''
  const time = bytes.readUInt32LE(4)
  const parts = ['gzip compressed data']
  if (name) parts.push(`was "${name}"`)
  if (time)
    parts.push(
      `last modified: ${new Date(time * 1000).toUTCString().replace(/^(\w{3}), (\d\d) (\w{3}) (\d{4}) ([\d:]+) GMT$/, '$1 $3 $2 $5 $4')}`,
    )
  if (bytes[8] === 2) parts.push('max compression')
  if (bytes[8] === 4) parts.push('max speed')
  parts.push(`from ${bytes[9] === 3 ? 'Unix' : 'FAT filesystem (MS-DOS, OS/2, NT)'}`)
  if (bytes.length >= 18) parts.push(`original size modulo 2^32 ${bytes.readUInt32LE(bytes.length - 4)}`)
  return parts.join(', ')
}

/** Name of the text encoding, or undefined for data. */
function encodingOf(bytes: Buffer): string | undefined {
  const sample = bytes.subarray(0, 65_536)
  if (sample[0] === 0xff && sample[1] === 0xfe) return 'Unicode text, UTF-16, little-endian'
  if (sample[0] === 0xfe && sample[1] === 0xff) return 'Unicode text, UTF-16, big-endian'
  let high = false
  for (const byte of sample) {
    if (byte >= 128) high = true
    else if (byte < 32 && !(byte >= 7 && byte <= 13) && byte !== 27) return undefined
    else if (byte === 127) return undefined
  }
  if (!high) return 'ASCII'
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(sample, { stream: true })
    return sample[0] === 0xef && sample[1] === 0xbb ? 'Unicode text, UTF-8 (with BOM)' : 'Unicode text, UTF-8'
  } catch {
    return sample.some((byte) => byte >= 128 && byte < 160) ? 'Non-ISO extended-ASCII' : 'ISO-8859'
  }
}

const CHARSETS: Record<string, string> = { ASCII: 'us-ascii', 'ISO-8859': 'iso-8859-1', 'Non-ISO extended-ASCII': 'unknown-8bit' }

function textKind(head: string, bytes: Buffer, encoding: string): Kind {
  const charset = CHARSETS[encoding] ?? (encoding.includes('UTF-16') ? 'utf-16le' : 'utf-8')
  const shebang = /^#! ?([^\n ]+)(?: +([^\n ]+))?/.exec(head)
  const ends = endings(bytes)
  if (shebang) {
    const path = (shebang[1] as string).endsWith('/env') ? (shebang[2] ?? 'env') : (shebang[1] as string)
    const name = path.slice(path.lastIndexOf('/') + 1)
    const known = INTERPRETERS.find(([pattern]) => pattern.test(name))
    const what = name === 'bash' ? 'Bourne-Again shell' : (known?.[1] ?? `a ${shebang[1]}${shebang[2] ? ` ${shebang[2]}` : ''}`)
    return { text: `${what} script, ${encoding} text executable${ends}`, mime: `${known?.[2] ?? 'text/plain'}; charset=${charset}` }
  }
  if (/^\s*<\?php/i.test(head)) return { text: `PHP script, ${encoding} text${ends}`, mime: `text/x-php; charset=${charset}` }
  if (/^\s*(<!doctype html|<html|<head|<title)/i.test(head))
    return { text: `HTML document, ${encoding} text${ends}`, mime: `text/html; charset=${charset}` }
  if (head.startsWith('<?xml')) return { text: `XML 1.0 document, ${encoding} text${ends}`, mime: `text/xml; charset=${charset}` }
  if (/^\s*[{[]/.test(head) && isJson(bytes)) return { text: 'JSON text data', mime: `application/json; charset=${charset}` }
  if (/^(#include|int main\(|\/\*|\/\/)/m.test(head) && head.includes('#include'))
    return { text: `C source, ${encoding} text${ends}`, mime: `text/x-c; charset=${charset}` }
  if (/^(import |from \w+ import |def )/m.test(head) && /:\n/.test(head))
    return { text: `Python script, ${encoding} text executable${ends}`, mime: `text/x-script.python; charset=${charset}` }
  return { text: `${encoding} text${ends}`, mime: `text/plain; charset=${charset}` }
}

function isJson(bytes: Buffer): boolean {
  if (bytes.length > 256 * 1024) return false
  try {
    JSON.parse(bytes.toString('utf8'))
    return true
  } catch {
    return false
  }
}

function endings(bytes: Buffer): string {
  const sample = bytes.subarray(0, 65_536)
  let notes = ''
  const text = sample.toString('latin1')
  const longest = text.split('\n').reduce((most, line) => Math.max(most, line.length), 0)
  if (longest > 300) notes += `, with very long lines (${longest})`
  if (!text.includes('\n')) notes += ', with no line terminators'
  else if (text.includes('\r\n')) notes += ', with CRLF line terminators'
  if (text.includes('\x1b')) notes += ', with escape sequences'
  return notes
}
