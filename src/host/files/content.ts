import { errno } from './errno.ts'

/** Bytes of a regular file, readable in parts so that a large one need not exist in memory. */
export interface Content {
  readonly size: number
  /** At most `length` bytes from `offset`; fewer at the end. */
  read(offset: number, length: number): Buffer
  /** Of content that writes itself, such as a log: when it did so last. UTC milliseconds. Its size is not cheap to ask for. */
  readonly changedAt?: number
}

/** No file of the host is handed out whole above this size. */
const LARGEST_WHOLE = 256 * 1024 * 1024

export function wholeContent(content: Content | undefined): Buffer {
  if (!content) return Buffer.alloc(0)
  if (content.size > LARGEST_WHOLE) throw errno('ENOMEM')
  return content.read(0, content.size)
}

/**
 * A copy that is kept for long. Node cuts small buffers out of slabs of 64 KiB, and one of them that stays keeps its whole slab: hundreds
 * of hosts with a dozen small files each would hold a hundred times what they have.
 */
export function ownCopy(...parts: readonly Uint8Array[]): Buffer {
  const copy = Buffer.allocUnsafeSlow(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    copy.set(part, at)
    at += part.length
  }
  return copy
}

export class FixedContent implements Content {
  readonly #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get size(): number {
    return this.#bytes.length
  }

  read(offset: number, length: number): Buffer {
    return this.#bytes.subarray(offset, offset + length)
  }
}

/** Content that is made when somebody first looks; its size is known before. */
export class LazyContent implements Content {
  readonly size: number
  readonly #make: (offset: number, length: number) => Buffer

  constructor(size: number, make: (offset: number, length: number) => Buffer) {
    this.size = size
    this.#make = make
  }

  read(offset: number, length: number): Buffer {
    const end = Math.min(this.size, offset + length)
    return offset >= end ? Buffer.alloc(0) : this.#make(offset, end - offset)
  }
}

/** Without bytes: zeros, that were written or, in a hole, never. */
export type Extent = { length: number; bytes?: Buffer; hole?: boolean }

/** ext4 gives a file whole pages. */
const PAGE = 4096

/**
 * Content that an attacker writes. Runs of zeros (`dd if=/dev/zero`, `truncate -s 10G`) take no memory, so that the size
 * that `ls` shows is bounded by the simulated disk and the memory by {@link WritableContent.weight}.
 */
export class WritableContent implements Content {
  #extents: Extent[] = []
  #size = 0
  #weight = 0

  static of(bytes: Uint8Array): WritableContent {
    const content = new WritableContent()
    content.write(0, bytes)
    return content
  }

  /** Takes back what {@link runs} gave: lengths of bytes, negative ones of zeros, and which of them are holes. */
  static fromRuns(lengths: readonly number[], bytes: Buffer, holes: readonly number[] = []): WritableContent {
    const content = new WritableContent()
    let at = 0
    for (const [index, length] of lengths.entries()) {
      if (length < 0) content.#push({ length: -length, ...(holes.includes(index) && { hole: true }) })
      else {
        const part = bytes.subarray(at, at + length)
        if (part.length > 0) content.#push({ length: part.length, bytes: ownCopy(part) })
        at += length
      }
    }
    return content
  }

  /** Its bytes in order; runs of zeros without them. */
  runs(): readonly Readonly<Extent>[] {
    return this.#extents
  }

  /** A writable copy of any content. */
  static from(source: Content): WritableContent {
    return WritableContent.of(wholeContent(source))
  }

  get size(): number {
    return this.#size
  }

  /** Bytes of real memory. */
  get weight(): number {
    return this.#weight
  }

  /** Bytes in pages to which nothing was ever written. */
  get holes(): number {
    let bytes = 0
    let at = 0
    for (const { length, hole } of this.#extents) {
      const end = at + length
      const last = end === this.#size ? Math.ceil(end / PAGE) : Math.floor(end / PAGE)
      if (hole) bytes += Math.max(0, last - Math.ceil(at / PAGE)) * PAGE
      at = end
    }
    return bytes
  }

  read(offset: number, length: number): Buffer {
    const end = Math.min(this.#size, offset + length)
    if (offset >= end) return Buffer.alloc(0)
    const parts: Buffer[] = []
    let at = 0
    for (const extent of this.#extents) {
      const from = Math.max(offset, at)
      const to = Math.min(end, at + extent.length)
      if (from < to) parts.push(extent.bytes ? extent.bytes.subarray(from - at, to - at) : Buffer.alloc(to - from))
      at += extent.length
      if (at >= end) break
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
  }

  write(offset: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return
    if (offset > this.#size) this.truncate(offset)
    const tail = this.#after(offset + bytes.length)
    this.truncate(offset)
    this.#push(isZero(bytes) ? { length: bytes.length } : { length: bytes.length, bytes: ownCopy(bytes) })
    for (const extent of tail) this.#push(extent)
  }

  truncate(size: number): void {
    if (size > this.#size) {
      this.#push({ length: size - this.#size, hole: true })
      return
    }
    while (this.#size > size) {
      const last = this.#extents.pop() as Extent
      this.#size -= last.length
      if (last.bytes) this.#weight -= last.length
      if (this.#size < size) this.#push(cut(last, 0, size - this.#size))
    }
  }

  #after(offset: number): Extent[] {
    const rest: Extent[] = []
    let at = 0
    for (const extent of this.#extents) {
      if (at + extent.length > offset) rest.push(cut(extent, Math.max(0, offset - at), extent.length))
      at += extent.length
    }
    return rest
  }

  #push(extent: Extent): void {
    this.#size += extent.length
    if (extent.bytes) this.#weight += extent.length
    const last = this.#extents.at(-1)
    if (last && !last.bytes && !extent.bytes && last.hole === extent.hole) {
      last.length += extent.length
    } else if (last?.bytes && extent.bytes && last.length + extent.length <= 4096) {
      // Byte-wise appends would else make a list as long as the file.
      last.bytes = ownCopy(last.bytes, extent.bytes)
      last.length = last.bytes.length
    } else {
      this.#extents.push({ ...extent })
    }
  }
}

function cut(extent: Extent, from: number, to: number): Extent {
  return { ...extent, length: to - from, ...(extent.bytes && { bytes: extent.bytes.subarray(from, to) }) }
}

const ZEROS = Buffer.alloc(64 * 1024)

function isZero(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0 || bytes.length < 512) return false
  for (let at = 0; at < bytes.length; at += ZEROS.length) {
    const part = bytes.subarray(at, at + ZEROS.length)
    if (ZEROS.compare(part, 0, part.length, 0, part.length) !== 0) return false
  }
  return true
}
