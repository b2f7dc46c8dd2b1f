/**
 * A web server whose folders never end, full of configuration files that never end, told as slowly as each client bears.
 *
 *   scanner: GET /.env                        us: APP_ENV=pro… du… ction … a secret minted for this source … → secrets-maze.held
 *   crawler: GET /backup/2023/                us: Index of /backup/2023/, with more folders
 *   anybody: Authorization: token ghp_…       a secret of an earlier document                                → honeytoken.returned
 *
 * formats.ts are the documents, maze.ts the folders, patience.ts how long a source is held, drip.ts the telling.
 */
import { z } from 'zod'
import { Evidence, evidence } from '../../events/bytes.ts'
import { HoneytokenMint } from '../../host/honeytokens/mint.ts'
import {
  introduce,
  nginx,
  pageFacts,
  SessionLinks,
  serveHttp,
  type WebRequest,
  type WebResponse,
  type WebServer,
  webEvents,
} from '../../http/index.ts'
import { networkOf } from '../../sensor/address.ts'
import { defineLure, type VisitContext } from '../../sensor/lure.ts'
import type { Visit } from '../../sensor/visit.ts'
import { type Document, drip } from './drip.ts'
import { FORMATS, formatOf } from './formats.ts'
import { Holding } from './holding.ts'
import { INDEX_TAIL, indexHead, indexLine, Maze } from './maze.ts'
import { Patiences } from './patience.ts'
import { Secrets } from './secrets.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Records of a document that ends at once. */
const LEAST_RECORDS = 6
/** A page that is not there is held no longer: its scanner would take the port for dead. */
const LONGEST_REFUSAL_MS = 5_000

const Options = z.strictObject({
  /** How long requests are held: the first `grace` of a source for `firstMs`, then as long as it bears, up to `maxMs`. */
  hold: z
    .strictObject({
      firstMs: z.number().int().min(0).max(60_000).default(100),
      grace: z.number().int().min(0).max(100).default(3),
      maxMs: z.number().int().min(0).max(DAY_MS).default(HOUR_MS),
    })
    .prefault({}),
  /** Documents are never brought to their end; only a client that goes away ends them. */
  endless: z.boolean().default(false),
  /** `secrets`: files whose names promise some, and the folders that lead there; `all`: every path is a document. */
  exists: z.enum(['secrets', 'all']).default('secrets'),
  /** Secrets of one document that are minted for its reader; those behind are nobody's. */
  minted: z.number().int().min(0).max(200).default(24),
  /** Clients held at once, in all and of one network; those above get short documents at once. */
  held: z.strictObject({ total: z.number().int().min(1).default(2_000), perNetwork: z.number().int().min(1).default(50) }).prefault({}),
  /** The Server line. */
  server: z
    .string()
    .regex(/^nginx(?:\/[\d.]{1,12})?$/, 'nginx, with a version or without')
    .default('nginx/1.22.1'),
})

const events = {
  ...webEvents('secrets-maze'),
  /** A document was told: for how long, and whether the client stayed to its end. */
  'secrets-maze.held': z.object({
    path: Evidence,
    /** Name of the format; `index` for a folder. */
    format: z.string(),
    complete: z.boolean(),
    /** What it was meant to take, milliseconds; absent = without an end. */
    holdMs: z.number().optional(),
    heldMs: z.number(),
    bytes: z.number(),
    records: z.number(),
  }),
}

interface Room {
  server: WebServer
  maze: Maze
  mint: HoneytokenMint
  patiences: Patiences
  holding: Holding
  links: SessionLinks
}

type Context = VisitContext<z.output<typeof Options>, Room>
type MazeVisit = Visit<typeof events>

export default defineLure({
  name: 'secrets-maze',
  standsFor: ['Go-pot'],
  about: 'endless configuration files and folders, told as slowly as each client bears',
  profiles: ['tarpit'],
  ports: [{ transport: 'tcp', port: 8080, alternate: 18080 }],
  options: Options,
  events,
  joinsSessions: true,
  // Holding is the purpose: a day rather than the hour of other visits.
  limits: { visitMs: DAY_MS },

  start: ({ options, identity, state }): Room => ({
    server: nginx({ header: options.server, gzip: false, maxBody: 64 * 2 ** 20 }),
    maze: new Maze(identity),
    mint: HoneytokenMint.of({ identity, state }),
    patiences: new Patiences(options.hold),
    holding: new Holding(options.held),
    links: new SessionLinks(),
  }),

  async serve(visit, context) {
    await serveHttp(visit, {
      name: 'secrets-maze',
      server: context.room.server,
      site: (request) => answer(request, visit, context),
      onFirst: (request) => introduce(visit, request, context.room.links),
      keepBody: 64 * 1024,
    })
  },
})

/** Answers whatever the method is: who sends a POST to a configuration file is held as well. */
async function answer(request: WebRequest, visit: MazeVisit, context: Context): Promise<WebResponse> {
  const { room, options } = context
  const { path } = request
  if (path === '/robots.txt') return robots(room.maze)
  const found = formatOf(path) ?? (options.exists === 'all' && !path.endsWith('/') ? { name: 'json', format: FORMATS.json } : undefined)
  if (found) {
    const secrets = secretsFor(request, context)
    const { format, name } = found
    const document: Document = {
      head: format.head?.(secrets) ?? '',
      between: format.between ?? '',
      tail: format.tail ?? '',
      record: (n) => format.record(secrets, n),
      least: LEAST_RECORDS,
    }
    const type = name === 'json' || name === 'tfstate' ? 'application/json' : (room.server.contentType(path) ?? 'application/octet-stream')
    return { status: 200, headers: [['Content-Type', type]], dynamic: true, body: told(document, name, request, visit, context) }
  }
  if (path.endsWith('/') && room.maze.hasFolder(path)) return folder(request, visit, context)
  if (room.maze.hasFolder(`${path}/`)) return room.server.toFolder(`${encodeURI(path)}/`, pageFacts(request))
  await refuseSlowly(request, visit, room)
  return room.server.page(404, pageFacts(request))
}

function folder(request: WebRequest, visit: MazeVisit, context: Context): WebResponse {
  const entries = context.room.maze.list(request.path)
  const document: Document = {
    head: indexHead(request.path),
    between: '',
    tail: INDEX_TAIL,
    record: (n) => (entries[n] ? indexLine(entries[n]) : undefined),
    least: entries.length,
  }
  return { status: 200, headers: [['Content-Type', 'text/html']], dynamic: true, body: told(document, 'index', request, visit, context) }
}

/** The document on its way: held as long as this source bears, when there is a place. */
async function* told(
  document: Document,
  format: string,
  request: WebRequest,
  visit: MazeVisit,
  { room, options }: Context,
): AsyncGenerator<Buffer> {
  const { patiences, holding } = room
  const source = keyOf(request)
  const leave = holding.enter(networkOf(request.source.ip))
  const isEndless = options.endless && format !== 'index' && leave !== undefined
  const holdMs = leave === undefined ? 0 : isEndless ? Number.POSITIVE_INFINITY : patiences.next(source)
  yield* drip(document, visit, {
    holdMs,
    over: ({ complete, heldMs, seenMs, bytes, records }) => {
      leave?.()
      if (leave) complete ? patiences.stayed(source, holdMs) : patiences.left(source, seenMs)
      visit.record(
        'secrets-maze.held',
        {
          path: evidence(request.path.slice(0, 1024)),
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

/** What is not there takes its time too: a scanner of ten thousand names has ten thousand of them. */
async function refuseSlowly(request: WebRequest, visit: MazeVisit, { patiences, holding }: Room): Promise<void> {
  const leave = holding.enter(networkOf(request.source.ip))
  if (!leave) return
  const source = keyOf(request)
  const holdMs = Math.min(patiences.next(source), LONGEST_REFUSAL_MS)
  const startedAt = performance.now()
  let complete = false
  try {
    await visit.pause(holdMs)
    complete = true
  } finally {
    leave()
    if (complete) patiences.stayed(source, holdMs)
    else patiences.left(source, performance.now() - startedAt)
  }
}

function secretsFor(request: WebRequest, { persona, room, options }: Context): Secrets {
  const { domain, name: owner } = persona
  return new Secrets(room.mint, {
    owner,
    domain,
    place: `GET ${request.path}`.slice(0, 200),
    source: request.source.ip,
    most: options.minted,
  })
}

/** One client of a network: its timeout is its program's. */
function keyOf(request: WebRequest): string {
  return `${networkOf(request.source.ip)} ${(request.header('user-agent') ?? '').slice(0, 80)}`
}

/** The way in for those who look where they are asked not to. */
function robots(maze: Maze): WebResponse {
  const lines = maze
    .list('/')
    .filter(({ isFolder }) => isFolder)
    .map(({ name }) => `Disallow: /${name}/`)
  return { status: 200, headers: [['Content-Type', 'text/plain']], body: `User-agent: *\n${lines.join('\n')}\n` }
}
