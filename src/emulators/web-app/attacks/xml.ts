import { evidence } from '../../../events/bytes.ts'
import type { ShopContext } from '../shop-context.ts'
import { filteredFile } from './include.ts'

const ENTITY =
  /<!ENTITY\s{1,20}(%\s{1,20})?([\w.-]{1,100})\s{1,20}(?:(?:SYSTEM|PUBLIC\s{1,20}"[^"]{0,500}")\s{1,20})?(?:"([^"]{0,2000})"|'([^']{0,2000})')/g
const EXTERNAL = /\b(SYSTEM|PUBLIC)\b/
const MOST_ENTITIES = 64
/** Entities of entities end here, as libxml2 ends them. */
const LONGEST = 128 * 1024
const DEEPEST = 8

/** The text of an XML document with its entities resolved as a parser does that may load them. Addresses are written down. */
export function resolvedXml(document: string, shop: ShopContext): string {
  const entities = new Map<string, string>()
  for (const match of [...document.matchAll(ENTITY)].slice(0, MOST_ENTITIES)) {
    const [all, , name = '', double, single] = match
    const value = double ?? single ?? ''
    entities.set(name, EXTERNAL.test(all) ? external(value, shop) : value)
  }
  const begin = document.lastIndexOf(']>')
  const content = document.slice(begin < 0 ? 0 : begin + 2)
  return expanded(content, entities, 0)
}

function external(uri: string, shop: ShopContext): string {
  if (/^(https?|ftp|gopher|jar):/i.test(uri)) {
    shop.visit.record('indicator', { kind: 'url', value: evidence(uri.slice(0, 2_048)), how: 'web-app.xml' }, ['attack:T1190'])
    return ''
  }
  return filteredFile(uri, shop) ?? ''
}

/** One budget of characters over all depths: a thousand laughs cost no more than one. */
function expanded(text: string, entities: ReadonlyMap<string, string>, depth: number, budget = { left: LONGEST }): string {
  return text.replace(/&([\w.-]{1,100});/g, (mark, name: string) => {
    const value = entities.get(name)
    if (value === undefined) return mark
    budget.left -= mark.length + value.length
    return depth >= DEEPEST || budget.left < 0 ? '' : expanded(value, entities, depth + 1, budget)
  })
}

/** The text of the first element of a name. */
export function elementText(document: string, name: string): string | undefined {
  const from = document.indexOf(`<${name}>`)
  const to = document.indexOf(`</${name}>`, from)
  return from < 0 || to < 0 ? undefined : document.slice(from + name.length + 2, to)
}
