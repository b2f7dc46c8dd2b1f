import type { HostText, Process } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { own } from '../../process/exec.ts'
import { loopSize, loops } from '../../world/block-storage.ts'
import { type BlockDevice, blockDevices } from '../../world/proc-system.ts'
import { type FileSystemFacts, PROBED_BYTES, probe } from '../../world/superblock.ts'

/** Where the bytes of something that may hold a file system lie. */
export interface BlockFile {
  size: number
  /** The regular file; absent for a disk of the machine. */
  path?: HostText
  /** A disk or partition of the machine. */
  device?: BlockDevice
}

/** What a path of a file or block device leads to; undefined for anything else. @throws HostError ENOENT, EACCES */
export function blockFile(process: Process, path: HostText): BlockFile | undefined {
  const stat = process.files.stat(path)
  if (stat.type === 'file') return { size: stat.size, path }
  if (stat.type !== 'block' || !stat.device) return undefined
  const { major, minor } = stat.device
  const loop = major === 7 ? loops(process.world).find(({ number }) => number === minor) : undefined
  if (loop) return { size: loopSize(process.world, loop), path: loop.path }
  const device = blockDevices(process.world).find((one) => one.major === major && one.minor === minor)
  return device ? { size: device.blocks * 1024, device } : { size: 0 }
}

/** The file system in a file, or on a loop device; those of the machine's own disks are its persona's. */
export async function probeFile(process: Process, { path }: BlockFile): Promise<FileSystemFacts | undefined> {
  if (path === undefined) return undefined
  const parts: Uint8Array[] = []
  try {
    const input = process.openInput(path)
    for (let length = 0; length < PROBED_BYTES; ) {
      const part = await input.read(PROBED_BYTES - length)
      if (part === undefined) break
      parts.push(part)
      length += part.length
    }
  } catch (error) {
    if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
    return undefined
  }
  return probe(Buffer.concat(parts))
}

/** Writes over the beginning of a file and leaves the rest. @throws HostError */
export async function writeHead(process: Process, path: HostText, bytes: Uint8Array): Promise<void> {
  const self = own(process)
  const file = self.openFile(path, 'update')
  try {
    await file.write(bytes, self.block)
  } finally {
    file.release()
  }
}
