import type { Content } from '../files/content.ts'
import type { Inode } from '../files/inode.ts'
import type { Program } from './kernel-process.ts'

/** What executable files do when they run. */
export interface Programs {
  /** The program of a file that belongs to the image, under whatever name it is found now. */
  of(inode: Inode): Program | undefined
  /** The program of bytes that are not a script: a copy of an installed file, or somebody's own. Undefined = Exec format error. */
  foreign(head: Buffer, whole: () => Buffer, path: string): Program | undefined
}

/** Programs of image files by their content object: a file that is moved or linked stays what it is. */
export class ProgramRegistry {
  readonly #byContent = new WeakMap<Content, Program>()

  set(content: Content, program: Program): void {
    this.#byContent.set(content, program)
  }

  get(content: Content | undefined): Program | undefined {
    return content && this.#byContent.get(content)
  }
}
