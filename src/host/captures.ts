import { evidence } from '../events/bytes.ts'
import type { Recorder } from '../events/recorder.ts'
import type { Content } from './files/content.ts'
import type { Inode } from './files/inode.ts'
import { toBytes } from './text.ts'

/** Larger files are kept up to here; the store has a cap of its own. */
const LARGEST = 16 * 1024 * 1024
/** Files of one line that are kept. */
const MOST_FILES = 64

/** The files that a session's processes wrote since the last look, so that each is kept once it is whole. */
export class Captures {
  readonly #recorder: Recorder
  readonly #changed = new Map<number, { inode: Inode; path: string }>()
  readonly #ignored: (path: string) => boolean
  readonly #seen = new Set<string>()

  /** @param ignored files that the machine itself keeps writing, such as the shell's history */
  constructor(recorder: Recorder, ignored: (path: string) => boolean) {
    this.#recorder = recorder
    this.#ignored = ignored
  }

  note(inode: Inode, path: string, what: 'changed' | 'removing'): void {
    if (this.#ignored(path)) return
    if (what === 'changed') {
      if (this.#changed.size < MOST_FILES) this.#changed.set(inode.ino, { inode, path })
      return
    }
    const known = this.#changed.get(inode.ino)
    if (!known) return
    this.#changed.delete(inode.ino)
    this.#keep(inode.content, known.path)
  }

  /** To be called when a line has run: keeps what it wrote. `find` gives the inode as it is now. */
  collect(find: (ino: number) => Inode | undefined): void {
    for (const [ino, { inode, path }] of this.#changed) this.#keep((find(ino) ?? inode).content, path)
    this.#changed.clear()
  }

  #keep(content: Content | undefined, path: string): void {
    if (!content || content.size === 0) return
    const mark = `${path}\0${content.size}\0${content.read(0, 64).toString('base64')}`
    if (this.#seen.has(mark) && content.size > 64 * 1024) return
    if (this.#seen.size < 1000) this.#seen.add(mark)
    this.#recorder.capture(content.read(0, LARGEST), { name: evidence(toBytes(path)), how: 'shell' })
  }
}
