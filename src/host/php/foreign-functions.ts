import { NATIVE } from './functions/index.ts'
import type { Statement } from './syntax.ts'

/** What the functions of an extension are called. */
const PREFIXES: readonly (readonly [extension: string, names: RegExp])[] = [
  ['curl', /^curl_/],
  ['mysqli', /^mysqli_/],
  ['mbstring', /^mb_/],
  ['gd', /^(?:image|gd_)/],
  ['SimpleXML', /^simplexml_/],
  ['xml', /^xml_/],
  ['pgsql', /^pg_/],
  ['bcmath', /^bc(?:add|sub|mul|div|mod|pow|sqrt|comp|scale)/],
  ['gmp', /^gmp_/],
  ['openssl', /^openssl_/],
  ['sodium', /^sodium_/],
  ['ftp', /^ftp_/],
  ['intl', /^(?:grapheme|idn|intl)_/],
]

/** Functions that a script calls, that PHP has with these modules, and that this evaluator does not play. */
export function foreignFunctions(statements: readonly Statement[], modules: readonly string[]): string[] {
  const found = new Set<string>()
  const look = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    if ('is' in node && node.is === 'call' && 'name' in node && typeof node.name === 'string') {
      const name = node.name.toLowerCase()
      const isForeign = PREFIXES.some(([extension, names]) => names.test(name) && modules.includes(extension))
      if (isForeign && !Object.hasOwn(NATIVE, name)) found.add(name)
    }
    Object.values(node).forEach(look)
  }
  look(statements)
  return [...found]
}
