import { fillHoneytokens, hasHoneytokens } from '../../host/honeytokens/marked-seed.ts'
import { HoneytokenMint } from '../../host/honeytokens/mint.ts'
import type { SiteContext } from './site-context.ts'

/** A file of the site with the secrets that are this visitor's own. */
export function shownTo({ lure, visit }: Pick<SiteContext, 'lure' | 'visit'>, bytes: Buffer, place: string): Buffer {
  if (!hasHoneytokens(bytes)) return bytes
  return fillHoneytokens(bytes, HoneytokenMint.of(lure), { owner: lure.persona.name, place, source: visit.source.ip })
}
