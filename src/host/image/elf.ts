import { createHash } from 'node:crypto'
import { LazyContent } from '../files/content.ts'
import { dynamicSection, listedNeeds } from './elf-dynamic.ts'

/** e_machine of the ELF header by `uname -m`; elf(5) and the System V ABI. */
const MACHINES: Readonly<Record<string, { machine: number; bits: 32 | 64; endian: 'little' | 'big'; interpreter: string }>> = {
  x86_64: { machine: 62, bits: 64, endian: 'little', interpreter: '/lib64/ld-linux-x86-64.so.2' },
  i686: { machine: 3, bits: 32, endian: 'little', interpreter: '/lib/ld-linux.so.2' },
  aarch64: { machine: 183, bits: 64, endian: 'little', interpreter: '/lib/ld-linux-aarch64.so.1' },
  armv7l: { machine: 40, bits: 32, endian: 'little', interpreter: '/lib/ld-musl-armhf.so.1' },
  mips: { machine: 8, bits: 32, endian: 'big', interpreter: '/lib/ld-musl-mips-sf.so.1' },
  mipsel: { machine: 8, bits: 32, endian: 'little', interpreter: '/lib/ld-musl-mipsel-sf.so.1' },
  ppc64le: { machine: 21, bits: 64, endian: 'little', interpreter: '/lib64/ld64.so.2' },
}

const HEADER_BYTES = 1024

/**
 * Bytes of an executable or shared object of the image: a true header and dynamic section, then what looks like code. The same path
 * gives the same bytes on every look.
 */
export function elfContent(path: string, size: number, machine: string): LazyContent {
  const digest = createHash('sha1').update(`${path}\0${size}`).digest()
  let head: Buffer | undefined
  return new LazyContent(Math.max(size, HEADER_BYTES), (offset, length) => {
    head ??= elfHeader(digest, Math.max(size, HEADER_BYTES), machine, needsOf(path, machine))
    const bytes = code(digest.readUInt32LE(), offset, length)
    if (offset < head.length) head.copy(bytes, 0, offset, Math.min(head.length, offset + length))
    return bytes
  })
}

/** Empty for what stands alone: the loader, a static program. */
function needsOf(path: string, machine: string): readonly string[] {
  if (machine !== 'x86_64') return [/musl/.test(MACHINES[machine]?.interpreter ?? '') ? 'libc.so' : 'libc.so.6']
  return listedNeeds(path) ?? ['libc.so.6']
}

/** The build id in the notes of one of our executables, or of anybody's that was linked the usual way. */
export function buildId(head: Buffer): string | undefined {
  const at = head.indexOf(Buffer.from('\x14\0\0\0\x03\0\0\0GNU\0', 'latin1'))
  return at < 0 || at + 32 > head.length ? undefined : head.subarray(at + 12, at + 32).toString('hex')
}

export function buildIdOf(path: string, size: number): string {
  return createHash('sha1').update(`${path}\0${size}`).digest('hex')
}

export interface ElfFacts {
  bits: 32 | 64
  endian: 'little' | 'big'
  machine: number
  type: number
}

/** What the header of an ELF file says; undefined when it is none or is cut short. */
export function elfFacts(head: Buffer): ElfFacts | undefined {
  if (head.length < 52 || head.toString('latin1', 0, 4) !== '\x7fELF') return undefined
  const bits = head[4] === 2 ? 64 : 32
  const endian = head[5] === 2 ? 'big' : 'little'
  const u16 = (at: number) => (endian === 'big' ? head.readUInt16BE(at) : head.readUInt16LE(at))
  return { bits, endian, machine: u16(18), type: u16(16) }
}

/** Whether a kernel of this machine runs the file. x86-64 runs 32-bit x86 too, as its kernels are built. */
export function runsOn(facts: ElfFacts, machine: string): boolean {
  const own = MACHINES[machine]
  if (!own || (facts.type !== 2 && facts.type !== 3)) return false
  if (machine === 'x86_64' && facts.machine === 3) return true
  return facts.machine === own.machine && facts.endian === own.endian && facts.bits === own.bits
}

function elfHeader(digest: Buffer, size: number, machineName: string, needs: readonly string[]): Buffer {
  const { machine, bits, endian, interpreter } = MACHINES[machineName] ?? (MACHINES.x86_64 as (typeof MACHINES)[string])
  const wide = bits === 64
  const bytes = Buffer.alloc(HEADER_BYTES)
  const u16 = (value: number, at: number) => (endian === 'big' ? bytes.writeUInt16BE(value, at) : bytes.writeUInt16LE(value, at))
  const u32 = (value: number, at: number) => (endian === 'big' ? bytes.writeUInt32BE(value, at) : bytes.writeUInt32LE(value, at))
  const address = (value: number, at: number) => (wide && endian === 'big' ? u32(value, at + 4) : u32(value, at))
  bytes.write('\x7fELF', 0, 'latin1')
  bytes.set([wide ? 2 : 1, endian === 'big' ? 2 : 1, 1, 0], 4)
  u16(3, 16)
  u16(machine, 18)
  u32(1, 20)
  const word = wide ? 8 : 4
  const headerSize = wide ? 64 : 52
  const programHeader = wide ? 56 : 32
  const sectionHeader = wide ? 64 : 40
  const segments = 13
  const sections = 31
  address(0x4000 + (digest.readUInt16LE() & 0x3ff0), 24)
  address(headerSize, 24 + word)
  address(size - sections * sectionHeader, 24 + 2 * word)
  const tail = 24 + 3 * word
  u32(0, tail)
  u16(headerSize, tail + 4)
  u16(programHeader, tail + 6)
  u16(segments, tail + 8)
  u16(sectionHeader, tail + 10)
  u16(sections, tail + 12)
  u16(sections - 1, tail + 14)
  const interpreterAt = headerSize + segments * programHeader
  // Enough of the segments for file(1): PT_PHDR, PT_INTERP, PT_LOAD, PT_DYNAMIC, PT_NOTE.
  const noteAt = (interpreterAt + interpreter.length + 1 + 15) & ~15
  const dynamic = dynamicSection(needs, HEADER_BYTES, wide, endian === 'big')
  const spans: [number, number, number][] = [
    [6, headerSize, segments * programHeader],
    [1, 0, size],
    [2, HEADER_BYTES, dynamic.section],
    [4, noteAt, 36 + 32],
  ]
  if (needs.length > 0) spans.push([3, interpreterAt, interpreter.length + 1])
  for (const [index, [type, offset, length]] of spans.entries()) {
    const at = headerSize + index * programHeader
    u32(type, at)
    if (wide) u32(4, at + 4)
    const fields = wide ? at + 8 : at + 4
    address(offset, fields)
    address(offset, fields + word)
    address(offset, fields + 2 * word)
    address(length, fields + 3 * word)
    address(length, fields + 4 * word)
    if (!wide) u32(4, fields + 5 * word)
  }
  if (needs.length > 0) bytes.write(`${interpreter}\0`, interpreterAt, 'latin1')
  // NT_GNU_BUILD_ID, then NT_GNU_ABI_TAG for Linux 3.2.0 as Debian's toolchain writes it. Read back in little endian by buildId().
  bytes.write('\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0', noteAt, 'latin1')
  digest.copy(bytes, noteAt + 16)
  bytes.write('\x04\0\0\0\x10\0\0\0\x01\0\0\0GNU\0\0\0\0\0\x03\0\0\0\x02\0\0\0\0\0\0\0', noteAt + 36, 'latin1')
  return Buffer.concat([bytes, dynamic.bytes])
}

/** Numbers that depend on the seed and the place only, so that any part can be made alone. */
function code(seed: number, offset: number, length: number): Buffer {
  const first = offset >>> 2
  const words = new Uint32Array(Math.ceil((length + (offset & 3)) / 4) + 1)
  for (let i = 0; i < words.length; i++) {
    let x = Math.imul((first + i) ^ seed, 0x9e3779b1) >>> 0
    x = Math.imul(x ^ (x >>> 15), 0x85ebca6b) >>> 0
    words[i] = (x ^ (x >>> 13)) >>> 0
  }
  return Buffer.from(words.buffer).subarray(offset & 3, (offset & 3) + length)
}
