import type { Annotator } from '../store/facts.ts'
import type { Geo } from './geo.ts'
import { shapeOf } from './shape.ts'

/** What a store asks of analysis while it stores. */
export function annotatorOf(geo: Geo): Annotator {
  return { locate: (ip) => geo.locate(ip), shape: shapeOf }
}
