/** What lies on a device or in a file of one, as libblkid finds it. */
export interface FileSystemFacts {
  type: 'ext2' | 'ext3' | 'ext4' | 'swap'
  uuid: string
  label: string
  /** Of a block in bytes; absent for swap. */
  blockSize?: number
}

export interface ExtGeometry {
  type: 'ext2' | 'ext3' | 'ext4'
  blockSize: 1024 | 4096
  blocks: number
  groups: number
  inodes: number
  /** Blocks of the journal; 0 = none. */
  journal: number
  uuid: Buffer
  label: string
  /** UTC milliseconds. */
  now: number
}

/** Everything that {@link probe} looks at lies here. */
export const PROBED_BYTES = 4096
const SWAP_PAGE = 4096
const SWAP_MAGIC = 'SWAPSPACE2'
/** Numbers of a superblock of ext4 (fs/ext4/ext4.h). */
const EXT = { magic: 0xef53, journal: 0x4, extents: 0x40, bit64: 0x80, flexGroups: 0x200 }
const RESERVED_INODES = 11

/** Sizes that mke2fs 1.47 chooses (mke2fs.conf; lib/ext2fs/initialize.c); undefined when there is no room for anything. */
export function extGeometry(type: ExtGeometry['type'], bytes: number): Omit<ExtGeometry, 'uuid' | 'label' | 'now'> | undefined {
  const blockSize = bytes < 512 * 1024 * 1024 ? 1024 : 4096
  const ratio = bytes < 3 * 1024 * 1024 ? 8192 : blockSize === 1024 ? 4096 : 16_384
  const blocks = Math.floor(bytes / blockSize)
  if (blocks < 60) return undefined
  const groups = Math.ceil((blocks - firstBlock(blockSize)) / (blockSize * 8))
  const wanted = Math.ceil(Math.floor((blocks * blockSize) / ratio) / groups)
  const tableBlocks = Math.ceil((wanted * 256) / blockSize)
  const inodes = (Math.max(16, (tableBlocks * blockSize) / 256) & ~7) * groups
  return { type, blockSize, blocks, groups, inodes, journal: type === 'ext2' ? 0 : journalBlocks(blocks) }
}

/** ext2fs_default_journal_size. */
function journalBlocks(blocks: number): number {
  if (blocks < 2048) return 0
  const steps: [number, number][] = [
    [32_768, 1024],
    [256 * 1024, 4096],
    [512 * 1024, 8192],
    [4096 * 1024, 16_384],
    [8192 * 1024, 32_768],
    [16_384 * 1024, 65_536],
    [32_768 * 1024, 131_072],
  ]
  return steps.find(([most]) => blocks < most)?.[1] ?? 262_144
}

export function firstBlock(blockSize: number): number {
  return blockSize === 1024 ? 1 : 0
}

/** Groups with a copy of the superblock: 1 and powers of 3, 5 and 7. */
export function backupBlocks({ blockSize, groups }: Pick<ExtGeometry, 'blockSize' | 'groups'>): number[] {
  const isPower = (group: number, base: number): boolean => {
    let value = base
    while (value < group) value *= base
    return value === group
  }
  const found: number[] = []
  for (let group = 1; group < groups; group++)
    if (group === 1 || [3, 5, 7].some((base) => isPower(group, base))) found.push(firstBlock(blockSize) + group * blockSize * 8)
  return found
}

/** The first bytes of a fresh file system: nothing, then its superblock. */
export function extHead(geometry: ExtGeometry): Buffer {
  const bytes = Buffer.alloc(PROBED_BYTES)
  const at = 1024
  const { type, blockSize, blocks, inodes, journal, now } = geometry
  const seconds = Math.floor(now / 1000)
  const taken = journal + Math.ceil((inodes * 256) / blockSize) + 40
  bytes.writeUInt32LE(inodes, at)
  bytes.writeUInt32LE(blocks, at + 4)
  bytes.writeUInt32LE(Math.floor(blocks / 20), at + 8)
  bytes.writeUInt32LE(Math.max(0, blocks - taken), at + 12)
  bytes.writeUInt32LE(inodes - RESERVED_INODES, at + 16)
  bytes.writeUInt32LE(firstBlock(blockSize), at + 20)
  bytes.writeUInt32LE(blockSize === 1024 ? 0 : 2, at + 24)
  bytes.writeUInt32LE(blockSize * 8, at + 32)
  bytes.writeUInt32LE(inodes / geometry.groups, at + 40)
  bytes.writeUInt32LE(seconds, at + 48)
  bytes.writeUInt16LE(EXT.magic, at + 56)
  bytes.writeUInt16LE(1, at + 58)
  bytes.writeUInt16LE(1, at + 60)
  bytes.writeUInt32LE(1, at + 76)
  bytes.writeUInt32LE(RESERVED_INODES, at + 84)
  bytes.writeUInt16LE(256, at + 88)
  bytes.writeUInt32LE(0x38 | (journal > 0 ? EXT.journal : 0), at + 92)
  bytes.writeUInt32LE(2 | (type === 'ext4' ? EXT.extents | EXT.bit64 | EXT.flexGroups : 0), at + 96)
  bytes.writeUInt32LE(type === 'ext4' ? 0x46b : 3, at + 100)
  geometry.uuid.copy(bytes, at + 104)
  bytes.write(geometry.label.slice(0, 16), at + 120, 'latin1')
  bytes.writeUInt32LE(seconds, at + 0x108)
  return bytes
}

/** The first page of a swap area (linux/swap.h, union swap_header). */
export function swapHead(bytes: number, uuid: Buffer, label: string): Buffer {
  const page = Buffer.alloc(SWAP_PAGE)
  page.writeUInt32LE(1, 1024)
  page.writeUInt32LE(Math.floor(bytes / SWAP_PAGE) - 1, 1028)
  uuid.copy(page, 1036)
  page.write(label.slice(0, 16), 1052, 'latin1')
  page.write(SWAP_MAGIC, SWAP_PAGE - 10, 'latin1')
  return page
}

/** @param head at least {@link PROBED_BYTES} from the beginning, if there are so many */
export function probe(head: Buffer): FileSystemFacts | undefined {
  const text = (at: number, length: number): string => head.toString('latin1', at, at + length).split('\0')[0] as string
  if (head.length >= SWAP_PAGE && head.toString('latin1', SWAP_PAGE - 10, SWAP_PAGE) === SWAP_MAGIC)
    return { type: 'swap', uuid: uuidText(head.subarray(1036, 1052)), label: text(1052, 16) }
  if (head.length < 2048 || head.readUInt16LE(1024 + 56) !== EXT.magic) return undefined
  const [compatible, incompatible] = [head.readUInt32LE(1024 + 92), head.readUInt32LE(1024 + 96)]
  const type = incompatible & (EXT.extents | EXT.bit64 | EXT.flexGroups) ? 'ext4' : compatible & EXT.journal ? 'ext3' : 'ext2'
  const blockSize = 1024 << (head.readUInt32LE(1024 + 24) & 7)
  return { type, uuid: uuidText(head.subarray(1024 + 104, 1024 + 120)), label: text(1024 + 120, 16), blockSize }
}

export function uuidText(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
