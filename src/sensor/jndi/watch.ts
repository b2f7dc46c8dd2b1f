import { findJndiLookups, type JndiLookup } from './lookup.ts'

/** A lookup, and where in the event it stood: `username`, `header X-Api-Version`, `form user`. */
export interface Sighting {
  where: string
  lookup: JndiLookup
}

/** What an answer of ours says is no input, nor is what was found already. */
const NOT_INPUT: ReadonlySet<string> = new Set(['output', 'stderr', 'generation', 'resolved', 'raw'])
const UNWATCHED: ReadonlySet<string> = new Set(['jndi.lookup', 'indicator', 'lure.fault', 'session.close', 'limit', 'fingerprint'])
const MOST_TEXTS = 400
const DEEPEST = 6

/** Looks for JNDI lookups in everything that an event says of the attacker's input, whatever lure it comes from. */
export function jndiSightings(type: string, data: unknown): Sighting[] {
  if (UNWATCHED.has(type)) return []
  const sightings: Sighting[] = []
  let texts = 0
  const look = (value: unknown, where: string, depth: number): void => {
    if (texts >= MOST_TEXTS || depth > DEEPEST) return
    if (typeof value === 'string') {
      texts++
      for (const lookup of findJndiLookups(value)) sightings.push({ where, lookup })
    } else if (Array.isArray(value)) {
      if (isPair(value)) {
        look(value[0], `${where} name`, depth + 1)
        look(value[1], `${where} ${value[0].slice(0, 64)}`, depth + 1)
      } else for (const item of value) look(item, singular(where), depth + 1)
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) {
        if (NOT_INPUT.has(key)) continue
        // Bytes that are no UTF-8: lookups are ASCII, and every byte is a character of latin1.
        if (key === 'base64' && typeof item === 'string') look(Buffer.from(item, 'base64').toString('latin1'), where, depth + 1)
        else look(item, where === '' ? key : where, depth + 1)
      }
    }
  }
  look(data, '', 0)
  return sightings
}

function isPair(value: readonly unknown[]): value is [string, unknown] {
  return value.length === 2 && typeof value[0] === 'string' && (typeof value[1] === 'string' || typeof value[1] === 'object')
}

function singular(where: string): string {
  return where === 'headers' ? 'header' : where
}
