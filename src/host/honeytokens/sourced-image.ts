import type { Image, Inode } from '../files/inode.ts'
import { MarkedContent } from './marked-seed.ts'
import type { HoneytokenMint } from './mint.ts'

/** The image of a persona as one source sees it: its own secrets in the files that have some, all else shared. */
export class SourcedImage implements Image {
  readonly #image: Image
  readonly #own = new Map<number, Inode>()

  /** @param marked inodes of the files with secrets */
  constructor(image: Image, marked: readonly number[], mint: HoneytokenMint, source: string) {
    this.#image = image
    for (const ino of marked) {
      const inode = image.get(ino)
      if (inode?.content instanceof MarkedContent) this.#own.set(ino, { ...inode, content: inode.content.forSource(mint, source) })
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
