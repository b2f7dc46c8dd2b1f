import { z } from 'zod'
import type { StixObject } from '../../outputs/iocs/stix.ts'

const MOST = 5_000

export const ObjectsQuery = z.object({
  added_after: z.iso.datetime().optional(),
  limit: z.coerce.number().int().min(1).max(MOST).default(1_000),
  next: z.string().max(200).optional(),
  'match[type]': z.string().max(500).optional(),
  'match[id]': z.string().max(5_000).optional(),
})
export type ObjectsQuery = z.infer<typeof ObjectsQuery>

/** Observables have no time of their own; they come with the first page. */
export function addedAt({ modified }: StixObject): string {
  return typeof modified === 'string' ? modified : new Date(0).toISOString()
}

/** TAXII 2.1 §3.4: in the order in which they were added. */
export function inOrder(objects: readonly StixObject[]): StixObject[] {
  return objects
    .map((object) => ({ object, place: placeOf(object) }))
    .sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0))
    .map(({ object }) => object)
}

/**
 * One page of objects in their order. `next` is the place of the last one, not a number of them: between two pages some are seen again and move to
 * the end, and those behind them would each move up by one.
 */
export function pageOf(objects: readonly StixObject[], query: ObjectsQuery): { page: StixObject[]; more: boolean; next?: string } {
  const { added_after, limit, next } = query
  const types = query['match[type]']?.split(',')
  const ids = query['match[id]']?.split(',')
  const found = objects.filter(
    (object) =>
      (next === undefined || placeOf(object) > next) &&
      (added_after === undefined || object.modified === undefined || Date.parse(addedAt(object)) > Date.parse(added_after)) &&
      (!types || types.includes(object.type)) &&
      (!ids || ids.includes(object.id)),
  )
  const page = found.slice(0, limit)
  const last = page.at(-1)
  return last && found.length > limit ? { page, more: true, next: placeOf(last) } : { page, more: false }
}

function placeOf(object: StixObject): string {
  return `${addedAt(object)} ${object.id}`
}
