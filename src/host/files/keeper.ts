import { z } from 'zod'
import type { StateStore } from '../../store/contract.ts'
import { WritableContent } from './content.ts'
import type { Image, Inode } from './inode.ts'
import type { Volume } from './volume.ts'

/** Changes are written this long after the first of them. */
const DELAY_MS = 500
/** A file larger than this is written again only after a while: who fills a disk would else have all of it copied twice a second. */
const LARGE_FILE = 256 * 1024
const LARGE_DELAY_MS = 20_000
/** Of a file's bytes so many are written; those behind are zeros after a restart. To copy all that fills a disk would hold up everybody. */
const LARGEST_KEPT = 16 * 1024 * 1024

const Kept = z.object({
  type: z.enum(['file', 'directory', 'symlink', 'character', 'block', 'fifo', 'socket']),
  mode: z.number().int(),
  uid: z.number().int(),
  gid: z.number().int(),
  mtime: z.number(),
  atime: z.number(),
  ctime: z.number(),
  links: z.number().int(),
  target: z.string().optional(),
  device: z.object({ major: z.number(), minor: z.number() }).optional(),
  flags: z.string().optional(),
  capability: z.string().optional(),
  /** Where an inode of the image was found when it was changed. */
  path: z.string().optional(),
  /** A directory's names that were added or changed, and those that are gone. */
  added: z.record(z.string(), z.number()).optional(),
  removed: z.array(z.string()).optional(),
  /** A file's content in runs: lengths of bytes that follow, or of zeros (negative). Absent = the image's. */
  runs: z.array(z.number()).optional(),
  /** Which of the runs nobody has written. */
  holes: z.array(z.number()).optional(),
})
type Kept = z.infer<typeof Kept>

/** Writes what a source changed on its disk to the state store, and brings it back. */
export class VolumeKeeper {
  readonly #volume: Volume
  readonly #state: StateStore
  readonly #scope: string
  #timer: NodeJS.Timeout | undefined
  /** Large files that have changed since they were written. */
  readonly #later = new Set<number>()
  /** When large files were written last. */
  readonly #writtenAt = new Map<number, number>()

  /** @param scope of the state store, e.g. `disk debian-web 198.51.100.7` */
  constructor(volume: Volume, state: StateStore, scope: string) {
    this.#volume = volume
    this.#state = state
    this.#scope = scope
    this.#restore()
    volume.onChange = () => this.#soon()
  }

  /** Writes now all that has changed. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const ino of new Set([...this.#volume.takeChanges(), ...this.#later])) this.#write(ino)
    this.#later.clear()
  }

  /** Writes what has changed, a large file only when it was last written long ago. */
  #flushSmall(): void {
    this.#timer = undefined
    const now = performance.now()
    for (const ino of new Set([...this.#volume.takeChanges(), ...this.#later])) {
      const content = this.#volume.own(ino)?.content
      const large = content instanceof WritableContent && content.weight > LARGE_FILE
      const wait = large && now - (this.#writtenAt.get(ino) ?? Number.NEGATIVE_INFINITY) < LARGE_DELAY_MS
      if (wait) {
        this.#later.add(ino)
        continue
      }
      this.#later.delete(ino)
      this.#write(ino)
      if (large) this.#writtenAt.set(ino, now)
      else this.#writtenAt.delete(ino)
    }
    if (this.#later.size > 0) this.#soon()
  }

  #write(ino: number): void {
    const inode = this.#volume.own(ino)
    if (inode) this.#state.set(this.#scope, `i${ino}`, encode(inode, this.#volume.image))
    else if (this.#volume.isGone(ino)) this.#state.set(this.#scope, `i${ino}`, `-${this.#volume.image.pathOf(ino) ?? ''}`)
    else this.#state.delete(this.#scope, `i${ino}`)
  }

  #soon(): void {
    if (this.#timer) return
    this.#timer = setTimeout(() => this.#flushSmall(), DELAY_MS)
    this.#timer.unref()
  }

  #restore(): void {
    const inodes: Inode[] = []
    const gone: number[] = []
    const { image } = this.#volume
    for (const { key, value } of this.#state.entries(this.#scope)) {
      const ino = Number(key.slice(1))
      if (!key.startsWith('i') || !Number.isSafeInteger(ino)) continue
      if (value[0] === 0x2d) {
        if (image.pathOf(ino) === value.toString('utf8', 1)) gone.push(ino)
        continue
      }
      const inode = decode(ino, value, image)
      if (inode) inodes.push(inode)
    }
    this.#volume.restore(inodes, gone)
  }
}

/** Length of the header (4 bytes), the header as JSON, then the bytes of the runs. */
function encode(inode: Inode, image: Image): Buffer {
  const base = image.get(inode.ino)
  const { type, mode, uid, gid, mtime, atime, ctime, links, target, device, flags, capability, content, entries } = inode
  const path = base && image.pathOf(inode.ino)
  const kept: Kept = {
    type,
    mode,
    uid,
    gid,
    mtime,
    atime,
    ctime,
    links,
    ...(target !== undefined && { target }),
    ...(device && { device }),
    ...(flags !== undefined && { flags }),
    ...(capability !== undefined && { capability }),
    ...(path !== undefined && { path }),
    ...(entries && changesOf(entries, base?.entries)),
  }
  const parts: Buffer[] = []
  if (content instanceof WritableContent) {
    kept.runs = []
    let room = LARGEST_KEPT
    for (const run of content.runs()) {
      if (run.hole) kept.holes = [...(kept.holes ?? []), kept.runs.length]
      const bytes = run.bytes?.subarray(0, room)
      const written = bytes?.length ?? 0
      if (bytes && written > 0) {
        kept.runs.push(written)
        parts.push(bytes)
        room -= written
      }
      if (written < run.length) kept.runs.push(written - run.length)
    }
  } else if (type === 'file' && !base) kept.runs = []
  const header = Buffer.from(JSON.stringify(kept))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(header.length)
  return Buffer.concat([length, header, ...parts])
}

function changesOf(entries: ReadonlyMap<string, number>, base: ReadonlyMap<string, number> | undefined): Pick<Kept, 'added' | 'removed'> {
  const added: [string, number][] = [...entries].filter(([name, ino]) => base?.get(name) !== ino)
  const removed = [...(base?.keys() ?? [])].filter((name) => !entries.has(name))
  return { added: Object.fromEntries(added), removed }
}

/** Undefined when it does not fit the image any more or is damaged. */
function decode(ino: number, bytes: Buffer, image: Image): Inode | undefined {
  if (bytes.length < 4) return undefined
  const end = 4 + bytes.readUInt32BE()
  const parsed = Kept.safeParse(parseJson(bytes.toString('utf8', 4, end)))
  if (!parsed.success) return undefined
  const { added, removed, runs, holes, path, target, device, flags, capability, ...facts } = parsed.data
  const base = image.get(ino)
  if (path !== undefined ? image.pathOf(ino) !== path || base?.type !== facts.type : base !== undefined) return undefined
  const inode: Inode = {
    ino,
    ...facts,
    ...(target !== undefined && { target }),
    ...(device && { device }),
    ...(flags !== undefined && { flags }),
    ...(capability !== undefined && { capability }),
  }
  if (facts.type === 'directory') {
    inode.entries = new Map(base?.entries)
    for (const name of removed ?? []) inode.entries.delete(name)
    for (const [name, child] of Object.entries(added ?? {})) inode.entries.set(name, child)
  }
  if (facts.type === 'file') {
    if (runs) inode.content = WritableContent.fromRuns(runs, bytes.subarray(end), holes)
    else if (base?.content) inode.content = base.content
  }
  return inode
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    // A record cut short by a full disk; the file is then as the image has it.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
