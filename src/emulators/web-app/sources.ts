import { readdirSync, readFileSync } from 'node:fs'
import { SHOP_ROOT } from './shop-context.ts'

const folder = new URL('php/', import.meta.url)
const sources = new Map(readdirSync(folder).map((name) => [`${SHOP_ROOT}/${name}`, readFileSync(new URL(name, folder), 'utf8')]))

/** The source of one of the shop's scripts, as who reads it past PHP sees it. */
export function sourceOf(path: string): string | undefined {
  return sources.get(path)
}
