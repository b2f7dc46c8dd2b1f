import { z } from 'zod'
import { Evidence, evidence } from '../../events/bytes.ts'
import type { WebRequest } from '../request.ts'
import type { Captures } from './condition.ts'
import type { Product, Trap } from './schema.ts'

/** A request that met a trap: which, how bad it would have been, and what the request brought. */
export const TrapHit = z.object({
  trap: z.string(),
  about: z.string(),
  product: z.string(),
  version: z.string(),
  cves: z.array(z.string()),
  /** CVSS base score, 0 to 10. */
  risk: z.number(),
  /** Values of the trap's named groups: commands, paths, users. */
  values: z.record(z.string(), Evidence),
  target: Evidence,
})
export type TrapHit = z.infer<typeof TrapHit>

/** Event types of a lure that has traps, besides those of `webEvents`. */
export function trapEvents<N extends string>(lure: N): Record<`${N}.hit`, typeof TrapHit> {
  return { [`${lure}.hit`]: TrapHit } as Record<`${N}.hit`, typeof TrapHit>
}

/** Bodies up to this size stand in the web core's event alone; larger and binary ones it keeps as artifacts by itself. */
const SMALL_BODY = 16 * 1024
const LONGEST_VALUE = 4_096

/** Writes down a hit, and keeps the payload whole. */
export function recordHit(request: WebRequest, lure: string, trap: Trap, product: Product, captures: Captures): void {
  const { visit, body } = request
  const cves = trap.cve === undefined ? [] : [trap.cve].flat()
  visit.record(
    `${lure}.hit`,
    {
      trap: trap.id,
      about: trap.about,
      product: product.product,
      version: product.version,
      cves,
      risk: trap.risk,
      values: Object.fromEntries([...captures].map(([name, value]) => [name, evidence(value.slice(0, LONGEST_VALUE))])),
      target: evidence(Buffer.from(request.target.slice(0, LONGEST_VALUE), 'latin1')),
    },
    [...cves.map((cve) => `cve:${cve}`), ...trap.attack.map((technique) => `attack:${technique}`)],
  )
  const isKeptByCore = body.length > SMALL_BODY || body.includes(0)
  if (body.length > 0 && (!isKeptByCore || request.multipart().length > 0))
    visit.capture(body, { how: `${lure}.payload`, name: trap.id, url: request.target.slice(0, 2048) })
}
