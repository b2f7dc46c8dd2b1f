import { z } from 'zod'
import type { Identity } from './identity.ts'

/**
 * Words of a persona by their kind. Each install puts others of that kind in their place, wherever they stand in the persona's
 * folder: a name in a public repository would find every install of it by one search.
 */
export const PersonaNames = z.strictObject({
  /** Of towns, houses and firms: `tarnholt`. */
  place: z.array(z.string()).default([]),
  family: z.array(z.string()).default([]),
  /** Given names, and with them the logins that are made of them: `maris`. */
  given: z.array(z.string()).default([]),
  /** Two letters that stand for a firm: `tw` of `tw_portal`. */
  initials: z.array(z.string().regex(/^[a-z]{2}$/)).default([]),
  /** First two numbers of private addresses: `10.20`. */
  network: z.array(z.string().regex(/^10\.\d{1,3}$/)).default([]),
})
export type PersonaNames = z.infer<typeof PersonaNames>

/** Puts the names of an install into a text. */
export type Renaming = (text: string) => string

const GIVEN = words(
  `adela alba alden amos anika arvid astrid bela bryn cara celia clara corin dagny damon edith eliza elke elsa enid erik ester ewan fenna
  finn freda gemma gideon greta hanne hazel helga henny ilsa imke ingrid iris ivar jonas judith karin kirsten lars leif lena linus lotte
  magda malin mara marta matti merle milo mira nadia nels nora odin oskar petra rasmus rhona rolf runa selma signe silas stella sven tessa
  thea tilda tobin ulla vera viggo wanda wilma yvette`,
)
const FAMILY = words(
  `abbot aldous ashdown bancroft barlow beckett birkby blakely bowden bramall brook calder carver chilton cobb coldwell corbett crane
  dalby denholm draper elwood fairfax farley fenton garside gorton grange hadley halsey harker hartnell hewitt holroyd hurst ibbotson
  kendall kershaw lambert lingard lomax mallory marwood mercer midgley norcross oakley ogden parr paxton pickles quayle radley ramsden
  rigby rowntree sagar selwyn shaw stansfield sutcliffe thorley tindall ullman varley wadsworth whitaker winfield yardley`,
)
const PLACE_FIRST = words(
  'alder ash birk bram brook cold cran dun elm fal fern gar hazel hart holm ivel kel lang lin mar nor oak pen rook san',
)
const PLACE_LAST = words('beck bridge bury combe cote dale den field ford gate ham holt hurst ley mere port stead stoke ton ward well wick')
const LETTERS = 'abcdefghiklmnoprstvw'

const unchanged: Renaming = (text) => text

/** Names as they are written: no other. */
export const asWritten = (): Renaming => unchanged

/** The names that this install has in place of those that a persona is written with. */
export function drawNames(names: PersonaNames, persona: string, identity: Identity): Renaming {
  const drawn = new Map<string, string>()
  for (const [kind, written] of Object.entries(names) as [keyof PersonaNames, string[]][]) {
    const taken = new Set<string>()
    for (const word of written) {
      let name = ''
      // A pool is far larger than what a persona has of its kind.
      for (let turn = 0; name === '' || taken.has(name); turn++) {
        name = draw(kind, (label, choices) => identity.pick(`persona/${persona}/names/${kind}/${word}/${turn}/${label}`, choices))
      }
      taken.add(name)
      drawn.set(word.toLowerCase(), name)
    }
  }
  if (drawn.size === 0) return unchanged
  const any = [...drawn.keys()].map((word) => (word.includes('.') ? `(?<![\\d.])${word.replace('.', '\\.')}(?=\\.\\d)` : whole(word)))
  const pattern = new RegExp(any.join('|'), 'gi')
  return (text) => text.replace(pattern, (word) => inCaseOf(word, drawn.get(word.toLowerCase()) as string))
}

/** People of an install: given and family names, no two alike. @param label what they are to it, e.g. `ldap/colleagues` */
export function peopleFrom(identity: Identity, label: string, count: number): [given: string, family: string][] {
  const choose = (kind: 'given' | 'family', names: readonly string[]): string[] =>
    names
      .map((name) => ({ name, rank: identity.integer(`${label}/${kind}/${name}`, 0, 2 ** 40) }))
      .sort((a, b) => a.rank - b.rank)
      .slice(0, count)
      .map(({ name }) => capital(name))
  const families = choose('family', FAMILY)
  return choose('given', GIVEN).map((given, n) => [given, families[n] as string])
}

/** The same with other strings, however deep they lie; keys stay. */
export function renamed<T>(value: T, rename: Renaming): T {
  if (typeof value === 'string') return rename(value) as T
  if (Array.isArray(value)) return value.map((one) => renamed(one, rename)) as T
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, renamed(one, rename)])) as T
}

/** Not within another word: `tarnholt` of `tarnholt_portal`, and not of `Tarnholts`. */
function whole(word: string): string {
  return `(?<![A-Za-z])${word}(?![A-Za-z])`
}

function draw(kind: keyof PersonaNames, pick: <T>(label: string, choices: readonly T[]) => T): string {
  switch (kind) {
    case 'given':
      return pick('name', GIVEN)
    case 'family':
      return pick('name', FAMILY)
    case 'place':
      return pick('first', PLACE_FIRST) + pick('last', PLACE_LAST)
    case 'initials':
      return pick('first', [...LETTERS]) + pick('second', [...LETTERS])
    case 'network':
      return `10.${pick('number', SUBNETS)}`
  }
}

/** Those that no persona has, and none that home routers begin with. */
const SUBNETS = Array.from({ length: 240 }, (_, n) => n + 12)

function inCaseOf(word: string, name: string): string {
  if (word === word.toUpperCase() && word !== word.toLowerCase()) return name.toUpperCase()
  const [first = ''] = word
  return first === first.toUpperCase() ? capital(name) : name
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}

function words(text: string): string[] {
  return text.split(/\s+/).filter(Boolean)
}
