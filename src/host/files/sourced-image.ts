import type { Content } from './content.ts'
import type { Image, Inode } from './inode.ts'
import { isSourced, type SourceView } from './sourced-content.ts'

/** The image of a persona as one source sees it: its own secrets and its own doings in the files that have some, all else shared. */
export class SourcedImage implements Image {
  readonly #image: Image
  readonly #sourced: ReadonlySet<number>
  readonly #view: SourceView
  /** Those that somebody has looked at: of most hosts nobody looks at many. */
  readonly #own = new Map<number, Inode>()

  /** @param sourced inodes of the files that are not the same for all */
  constructor(image: Image, sourced: ReadonlySet<number>, view: SourceView) {
    this.#image = image
    this.#sourced = sourced
    this.#view = view
  }

  get root(): number {
    return this.#image.root
  }

  get bytes(): number {
    return this.#image.bytes
  }

  get inodes(): number {
    return this.#image.inodes
  }

  get(ino: number): Inode | undefined {
    const shared = this.#image.get(ino)
    if (!shared || !this.#sourced.has(ino) || !isSourced(shared.content)) return shared
    const known = this.#own.get(ino)
    if (known) return known
    const own = withContent(shared, shared.content.forSource(this.#view))
    this.#own.set(ino, own)
    return own
  }

  pathOf(ino: number): string | undefined {
    return this.#image.pathOf(ino)
  }
}

/** A copy of an inode. What writes itself, a log, says when it did so last. */
function withContent(inode: Inode, content: Content): Inode {
  if (!('changedAt' in content)) return { ...inode, content }
  return {
    ...inode,
    content,
    get mtime() {
      return content.changedAt ?? inode.mtime
    },
    get ctime() {
      return content.changedAt ?? inode.ctime
    },
  }
}
