import { errno } from './errno.ts'
import type { SyntheticFiles, SyntheticNode, Viewer } from './synthetic.ts'

/** The computed trees of a host by mount point. */
export class Mounts {
  readonly #byPath = new Map<string, SyntheticFiles>()

  add(path: string, files: SyntheticFiles): void {
    this.#byPath.set(path, files)
  }

  at(path: string): SyntheticFiles | undefined {
    return this.#byPath.get(path)
  }

  /** The mount points, for names that must show in the directory above. */
  get paths(): Iterable<string> {
    return this.#byPath.keys()
  }
}

export function lookup(files: SyntheticFiles, path: string, viewer: Viewer): SyntheticNode {
  const node = files.lookup(path, viewer)
  if (!node) throw errno('ENOENT')
  return node
}
