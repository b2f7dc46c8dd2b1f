import { isUtf8 } from 'node:buffer'

/** Types that some bytes at a fixed place tell, the longer ones first where one begins like another. */
const SIGNATURES: readonly { type: string; at: number; bytes: Buffer }[] = [
  ['gzip', 0, '1f8b'],
  ['bzip2', 0, '425a68'],
  ['xz', 0, 'fd377a585a00'],
  ['zstd', 0, '28b52ffd'],
  ['lz4', 0, '04224d18'],
  ['7z', 0, '377abcaf271c'],
  ['rar', 0, '526172211a07'],
  ['tar', 257, '7573746172'],
  ['cab', 0, '4d534346'],
  ['deb', 0, '213c617263683e0a64656269616e2d62696e617279'],
  ['ar', 0, '213c617263683e0a'],
  ['rpm', 0, 'edabeedb'],
  ['squashfs', 0, '68737173'],
  ['uimage', 0, '27051956'],
  ['pdf', 0, '255044462d'],
  ['postscript', 0, '252150532d'],
  ['pjl', 0, '1b252d3132333435584050'],
  ['pcl', 0, '1b45'],
  ['rtf', 0, '7b5c727466'],
  ['ole', 0, 'd0cf11e0a1b11ae1'],
  ['lnk', 0, '4c00000001140200'],
  ['png', 0, '89504e470d0a1a0a'],
  ['jpeg', 0, 'ffd8ff'],
  ['gif', 0, '47494638'],
  ['webp', 8, '57454250'],
  ['tiff', 0, '49492a00'],
  ['tiff', 0, '4d4d002a'],
  ['dicom', 128, '4449434d'],
  ['dex', 0, '6465780a'],
  ['wasm', 0, '0061736d'],
  ['java-serialized', 0, 'aced0005'],
  ['sqlite', 0, '53514c69746520666f726d6174203300'],
  ['pem', 0, '2d2d2d2d2d424547494e20'],
].map(([type, at, hex]) => ({ type: String(type), at: Number(at), bytes: Buffer.from(String(hex), 'hex') }))

/** e_machine, https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html and its registry. */
const ELF_MACHINES: Readonly<Record<number, string>> = {
  2: 'sparc',
  3: 'x86',
  4: 'm68k',
  8: 'mips',
  20: 'ppc',
  21: 'ppc64',
  22: 's390',
  40: 'arm',
  42: 'sh4',
  43: 'sparc64',
  62: 'x86-64',
  93: 'arc',
  94: 'xtensa',
  183: 'aarch64',
  195: 'arc',
  243: 'riscv',
  258: 'loongarch',
}

/** IMAGE_FILE_MACHINE_*, https://learn.microsoft.com/windows/win32/debug/pe-format#machine-types. */
const PE_MACHINES: Readonly<Record<number, string>> = { 332: 'x86', 448: 'arm', 452: 'arm', 34404: 'x86-64', 43620: 'aarch64' }

/** CPU_TYPE_*, <mach/machine.h>. */
const MACHO_MACHINES: Readonly<Record<number, string>> = { 7: 'x86', 12: 'arm', 18: 'ppc', 16777223: 'x86-64', 16777228: 'aarch64' }

/** As far as text is looked at. */
const HEAD_BYTES = 64 * 1024

/**
 * What bytes are, by the first of them: `elf:mipsel`, `pe:x86-64`, `script:sh`, `zip`, `apk`, `php`, `text`, `data` …
 * A colon is followed by the architecture of a program or the interpreter of a script.
 */
export function magicOf(content: Uint8Array): string {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength)
  if (bytes.length === 0) return 'empty'
  return programType(bytes) ?? scriptType(bytes) ?? zipType(bytes) ?? signatureType(bytes) ?? textType(bytes) ?? 'data'
}

function programType(bytes: Buffer): string | undefined {
  if (bytes.length < 8) return undefined
  const magic = bytes.readUInt32BE(0)
  if (magic === 0x7f454c46) return elfType(bytes)
  if (magic >>> 16 === 0x4d5a) return peType(bytes)
  if (magic === 0xcefaedfe || magic === 0xcffaedfe) return named('mach-o', MACHO_MACHINES[bytes.readUInt32LE(4)])
  if (magic === 0xfeedface || magic === 0xfeedfacf) return named('mach-o', MACHO_MACHINES[bytes.readUInt32BE(4)])
  // A universal Mach-O counts its few architectures where a Java class has its version, 45 or more.
  if (magic === 0xcafebabe) return bytes.readUInt32BE(4) < 45 ? 'mach-o:universal' : 'java-class'
  return undefined
}

function elfType(bytes: Buffer): string {
  if (bytes.length < 20) return 'elf'
  const wide = bytes[4] === 2
  const little = bytes[5] === 1
  const machine = ELF_MACHINES[little ? bytes.readUInt16LE(18) : bytes.readUInt16BE(18)]
  if (machine === 'mips') return `elf:mips${wide ? '64' : ''}${little ? 'el' : ''}`
  if (machine === 'arm' && !little) return 'elf:armeb'
  if (machine === 'ppc64' && little) return 'elf:ppc64le'
  return named('elf', machine)
}

function peType(bytes: Buffer): string {
  if (bytes.length < 0x40) return 'dos'
  const header = bytes.readUInt32LE(0x3c)
  if (header + 6 > bytes.length || bytes.readUInt32BE(header) !== 0x50450000) return 'dos'
  return named('pe', PE_MACHINES[bytes.readUInt16LE(header + 4)])
}

function named(type: string, machine: string | undefined): string {
  return machine === undefined ? type : `${type}:${machine}`
}

/** PHP counts before the image in front of it: `GIF89a;<?php` is a way past upload checks. */
function scriptType(bytes: Buffer): string | undefined {
  if (bytes.subarray(0, 1024).includes('<?php') || bytes.subarray(0, 3).equals(Buffer.from('<?='))) return 'php'
  if (bytes[0] !== 0x23 || bytes[1] !== 0x21) return undefined
  const [line = ''] = bytes.subarray(2, 258).toString('latin1').split('\n')
  const [command = '', argument] = line.trim().split(/\s+/, 2)
  const interpreter = command.endsWith('/env') && argument !== undefined ? argument : command.slice(command.lastIndexOf('/') + 1)
  return /^[\w.+-]{1,32}$/.test(interpreter) ? `script:${interpreter}` : 'script'
}

function zipType(bytes: Buffer): string | undefined {
  if (bytes.length < 4 || bytes.readUInt32BE(0) !== 0x504b0304) return undefined
  // Names stand before each file at the front, and all together in the directory at the end.
  const holds = (name: string): boolean => bytes.subarray(0, HEAD_BYTES).includes(name) || bytes.subarray(-HEAD_BYTES).includes(name)
  if (holds('AndroidManifest.xml')) return 'apk'
  if (holds('META-INF/MANIFEST.MF')) return 'jar'
  if (holds('[Content_Types].xml')) return 'ooxml'
  return 'zip'
}

function signatureType(bytes: Buffer): string | undefined {
  return SIGNATURES.find(({ at, bytes: mark }) => bytes.subarray(at, at + mark.length).equals(mark))?.type
}

function textType(bytes: Buffer): string | undefined {
  const head = wholeCharacters(bytes)
  if (!isUtf8(head) || head.some(isBinary)) return undefined
  const start = head
    .toString('utf8', 0, 1024)
    .replace(/^\uFEFF/, '')
    .trimStart()
    .toLowerCase()
  if (start.startsWith('<!doctype html') || start.startsWith('<html')) return 'html'
  return start.startsWith('<?xml') ? 'xml' : 'text'
}

/** Control characters that text does not have; it may have tab, line ends, form feed and the escape of terminals. */
function isBinary(byte: number): boolean {
  return byte < 0x20 && !(byte >= 0x09 && byte <= 0x0d) && byte !== 0x1b
}

/** The first bytes, without the part of a UTF-8 character that the cut leaves at their end. */
function wholeCharacters(bytes: Buffer): Buffer {
  if (bytes.length <= HEAD_BYTES) return bytes
  let end = HEAD_BYTES
  while (end > HEAD_BYTES - 4 && (bytes[end]! & 0xc0) === 0x80) end--
  return bytes.subarray(0, end)
}
