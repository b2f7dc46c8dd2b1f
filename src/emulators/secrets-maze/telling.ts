import { evidence } from '../../events/bytes.ts'
import type { HoneytokenMint } from '../../host/honeytokens/mint.ts'
import { networkOf } from '../../sensor/address.ts'
import { type Document, drip } from './drip.ts'
import type { MazeVisit } from './events.ts'
import { FORMATS, formatOf } from './formats.ts'
import type { Holding } from './holding.ts'
import type { Patiences } from './patience.ts'
import { Secrets } from './secrets.ts'

/** Records of a document that ends at once. */
const LEAST_RECORDS = 6

/** What telling needs of the lure. */
export interface Teller {
  mint: HoneytokenMint
  patiences: Patiences
  holding: Holding
  /** Documents have no end. */
  endless: boolean
  /** Every path is a document. */
  all: boolean
  /** Secrets of one document that are minted for its reader. */
  minted: number
  /** Name and domain of the persona, whose secrets they would be. */
  owner: string
  domain: string
  /** Names of its staff. */
  people: readonly string[]
}

/** Who reads, and how: `GET`, `RETR`. */
export interface Reader {
  visit: MazeVisit
  verb: string
  path: string
  /** Name of its program as it gives it. */
  agent: string
}

/** The document of a path, with secrets for this reader. @returns undefined where no path promises one */
export function documentFor(
  reader: Reader,
  { mint, all, minted, owner, domain, people }: Teller,
): { name: string; document: Document } | undefined {
  const { path, verb, visit } = reader
  const found = formatOf(path) ?? (all && !path.endsWith('/') ? { name: 'json', format: FORMATS.json } : undefined)
  if (!found) return undefined
  const { format, name } = found
  const secrets = new Secrets(mint, {
    owner,
    domain,
    people,
    place: `${verb} ${path}`.slice(0, 200),
    source: visit.source.ip,
    most: minted,
  })
  const document = {
    head: format.head?.(secrets) ?? '',
    between: format.between ?? '',
    tail: format.tail ?? '',
    record: (n: number) => format.record(secrets, n),
    least: LEAST_RECORDS,
  }
  return { name, document }
}

/** The document on its way: held as long as this source bears, when there is a place. */
export async function* told(document: Document, format: string, reader: Reader, teller: Teller): AsyncGenerator<Buffer> {
  const { visit, path } = reader
  const { patiences, holding } = teller
  const source = keyOf(reader)
  const leave = holding.enter(networkOf(visit.source.ip))
  const isEndless = teller.endless && format !== 'index' && leave !== undefined
  const holdMs = leave === undefined ? 0 : isEndless ? Number.POSITIVE_INFINITY : patiences.next(source)
  yield* drip(document, visit, {
    holdMs,
    over: ({ complete, heldMs, seenMs, bytes, records }) => {
      leave?.()
      if (leave) complete ? patiences.stayed(source, holdMs) : patiences.left(source, seenMs)
      visit.record(
        'secrets-maze.held',
        {
          path: evidence(path.slice(0, 1024)),
          format,
          complete,
          ...(Number.isFinite(holdMs) ? { holdMs: Math.round(holdMs) } : {}),
          heldMs,
          bytes,
          records,
        },
        ['attack:T1552.001'],
      )
    },
  })
}

/** One client of a network: its timeout is its program's. */
export function keyOf({ visit, agent }: Pick<Reader, 'visit' | 'agent'>): string {
  return `${networkOf(visit.source.ip)} ${agent.slice(0, 80)}`
}
