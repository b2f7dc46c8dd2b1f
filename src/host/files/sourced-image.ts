import type { Content } from './content.ts'
import type { Image, Inode } from './inode.ts'
import { isSourced, type SourceView } from './sourced-content.ts'

/** The image of a persona as one source sees it: its own secrets and its own doings in the files that have some, all else shared. */
export class SourcedImage implements Image {
  readonly #image: Image
  readonly #own = new Map<number, Inode>()

  /** @param sourced inodes of the files that are not the same for all */
  constructor(image: Image, sourced: readonly number[], view: SourceView) {
    this.#image = image
    for (const ino of sourced) {
      const inode = image.get(ino)
      if (inode && isSourced(inode.content)) this.#own.set(ino, withContent(inode, inode.content.forSource(view)))
    }
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
    return this.#own.get(ino) ?? this.#image.get(ino)
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
