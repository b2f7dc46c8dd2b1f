import type { Identity } from '../../config/identity.ts'
import { escapeHtml } from '../../http/index.ts'
import words from './facts/words.json' with { type: 'json' }

/** Deeper than this there is nothing more: a crawler's queue of paths stays ours to bound. */
const DEEPEST = 16
const LONGEST = 1_024

export interface Entry {
  name: string
  isFolder: boolean
  /** UTC milliseconds. */
  modified: number
  /** Bytes; of a file. */
  size: number
}

/** Folders without an end, the same for everybody and after every restart. */
export class Maze {
  readonly #identity: Identity

  constructor(identity: Identity) {
    this.#identity = identity
  }

  /** Whether a folder is there: every step of its way is listed by the one before. @param path begins and ends with `/` */
  hasFolder(path: string): boolean {
    if (path.length > LONGEST) return false
    const steps = path.split('/').slice(1, -1)
    if (steps.length > DEEPEST) return false
    let at = '/'
    for (const step of steps) {
      if (!this.list(at).some(({ name, isFolder }) => isFolder && name === step)) return false
      at += `${step}/`
    }
    return true
  }

  /** What lies in a folder: sub-folders, then files. */
  list(path: string): Entry[] {
    const draw = this.#identity.random(`secrets-maze${path}`)
    const below = (n: number): number => Math.floor(draw() * n)
    const depth = path.split('/').length - 2
    const modified = (): number => Date.UTC(2022, 0, 1) + below(3 * 365 * 86_400) * 1000
    const folders =
      depth >= DEEPEST
        ? []
        : some(words.folders, 3 + below(6), below).map((name): Entry => ({ name, isFolder: true, modified: modified(), size: 0 }))
    const files = some(words.files, 3 + below(8), below).map(
      (name): Entry => ({ name, isFolder: false, modified: modified(), size: 400 + below(90_000) }),
    )
    return [...folders, ...files]
  }
}

function some(from: readonly string[], count: number, below: (n: number) => number): string[] {
  const rest = [...from]
  return Array.from({ length: count }, () => rest.splice(below(rest.length), 1)[0] as string).sort()
}

/** Head of a page of nginx's autoindex (ngx_http_autoindex_module.c). */
export function indexHead(path: string): string {
  const shown = escapeHtml(path)
  return `<html>\r\n<head><title>Index of ${shown}</title></head>\r\n<body>\r\n<h1>Index of ${shown}</h1><hr><pre><a href="../">../</a>\r\n`
}

/** One line of it: the name, cut at 50 characters, time and size in columns. */
export function indexLine({ name, isFolder, modified, size }: Entry): string {
  const shown = isFolder ? `${name}/` : name
  const [, day = '', month = '', year = '', time = ''] = new Date(modified).toUTCString().split(' ')
  return `<a href="${encodeURI(shown)}">${escapeHtml(shown)}</a>${' '.repeat(Math.max(1, 51 - shown.length))}${day}-${month}-${year} ${time.slice(0, 5)}${(isFolder ? '-' : String(size)).padStart(20)}\r\n`
}

export const INDEX_TAIL = '</pre><hr></body>\r\n</html>\r\n'
