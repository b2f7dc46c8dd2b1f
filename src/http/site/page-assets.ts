import { z } from 'zod'
import type { StateStore } from '../../store/contract.ts'
import { gif } from '../images/gif.ts'
import { jpeg } from '../images/jpeg.ts'
import { ico, png } from '../images/png.ts'
import { shadesOf } from '../images/shades.ts'
import type { FileTree } from './static-files.ts'

/** What a page of the model names and nobody has made. */
const Asset = z.object({ width: z.number(), height: z.number(), since: z.number() })

const KINDS = /^\/[\w./-]{1,200}\.(png|jpe?g|gif|ico|svg|css|js)$/i
const TAG = /<(?:img|link|script)\b[^>]{1,600}>/gi
/** Assets of one page, and pixels of one side. */
const MOST = 16
const LARGEST = 1_600
const USUAL = { width: 320, height: 200 }

/**
 * Files that pages of the model name: a browser that loads such a page finds its style sheet, its script, and pictures of the
 * size that the page says. What no page has named is not there.
 */
export class PageAssets implements FileTree {
  readonly #state: StateStore
  readonly #scope: string

  constructor(state: StateStore, persona: string) {
    this.#state = state
    this.#scope = `http.assets.${persona}`
  }

  /** Notes what a page names. @param exists whether the site has the path anyway */
  note(html: string, exists: (path: string) => boolean, now = Date.now()): void {
    for (const [path, size] of assetsIn(html)) {
      if (!exists(path) && !this.#state.get(this.#scope, path)) this.#state.set(this.#scope, path, JSON.stringify({ ...size, since: now }))
    }
  }

  isFolder(): boolean {
    return false
  }

  file(path: string): { bytes: Buffer; modified: number } | undefined {
    const kept = KINDS.test(path) ? this.#state.get(this.#scope, path) : undefined
    if (!kept) return undefined
    const { width, height, since } = Asset.parse(JSON.parse(kept.toString('utf8')))
    return { bytes: makeAsset(path, width, height), modified: since }
  }
}

/** Paths of this site in a page, with the size in pixels that it gives them. */
export function assetsIn(html: string): Map<string, { width: number; height: number }> {
  const found = new Map<string, { width: number; height: number }>()
  for (const [tag] of html.matchAll(TAG)) {
    if (found.size >= MOST) break
    const [, link = ''] = /\b(?:src|href)\s{0,4}=\s{0,4}["']?([^"'\s>]{1,300})/i.exec(tag) ?? []
    const path = link.split(/[?#]/)[0] as string
    if (!KINDS.test(path) || /\/\.|\/\//.test(path) || found.has(path)) continue
    const width = sideIn(tag, 'width')
    const height = sideIn(tag, 'height')
    found.set(path, {
      width: width ?? (height === undefined ? USUAL.width : Math.round(height * 1.6)),
      height: height ?? (width === undefined ? USUAL.height : Math.round(width / 1.6)),
    })
  }
  return found
}

function sideIn(tag: string, side: 'width' | 'height'): number | undefined {
  const [, digits] = new RegExp(`\\b${side}\\s{0,4}[=:]\\s{0,4}["']?(\\d{1,4})`, 'i').exec(tag) ?? []
  return digits === undefined ? undefined : Math.min(LARGEST, Math.max(1, Number(digits)))
}

/** The bytes that stand for an asset: always the same for its path. */
export function makeAsset(path: string, width: number, height: number): Buffer {
  switch (path.slice(path.lastIndexOf('.') + 1).toLowerCase()) {
    case 'png':
      return png(path, width, height)
    case 'jpg':
    case 'jpeg':
      return jpeg(path, width, height)
    case 'gif':
      return gif(path, Math.min(width, 400), Math.min(height, 400))
    case 'ico':
      return ico(path, 32)
    case 'svg':
      return Buffer.from(svg(path, width, height))
    case 'css':
      return Buffer.from(styleSheet(path))
    default:
      return Buffer.from("document.documentElement.classList.add('js');\n")
  }
}

function svg(path: string, width: number, height: number): string {
  const [top, bottom] = [hex(path, 0), hex(path, 63)]
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><defs><linearGradient id="a" x2="0" y2="1"><stop stop-color="${top}"/><stop offset="1" stop-color="${bottom}"/></linearGradient></defs><rect width="${width}" height="${height}" rx="4" fill="url(#a)"/></svg>\n`
}

function styleSheet(path: string): string {
  const accent = hex(path, 50)
  return `*{box-sizing:border-box}\nbody{margin:0 auto;max-width:62rem;padding:1rem;font:16px/1.5 system-ui,sans-serif;color:#222}\na{color:${accent}}\nh1,h2,h3{line-height:1.2;color:${accent}}\ntable{border-collapse:collapse}\ntd,th{border:1px solid #ccc;padding:.3rem .6rem;text-align:left}\ninput,select,textarea,button{font:inherit;padding:.3rem .5rem}\nbutton{background:${accent};color:#fff;border:0;border-radius:3px}\n`
}

function hex(path: string, step: number): string {
  return `#${Buffer.from([...(shadesOf(path)[step] ?? [0, 0, 0])]).toString('hex')}`
}
