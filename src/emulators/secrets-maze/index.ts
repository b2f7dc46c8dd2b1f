/**
 * A web server whose folders never end, full of configuration files that never end, told as slowly as each client bears.
 *
 *   scanner: GET /.env                        us: APP_ENV=pro… du… ction … a secret minted for this source … → secrets-maze.held
 *   crawler: GET /backup/2023/                us: Index of /backup/2023/, with more folders
 *   anybody: Authorization: token ghp_…       a secret of an earlier document                                → honeytoken.returned
 *
 * formats.ts are the documents, maze.ts the folders, patience.ts how long a source is held, drip.ts and telling.ts the telling;
 * ftp.ts is the same maze over FTP.
 */
import { z } from 'zod'
import { peopleFrom } from '../../config/drawn-names.ts'
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
} from '../../http/index.ts'
import { networkOf } from '../../sensor/address.ts'
import { defineLure, type VisitContext } from '../../sensor/lure.ts'
import type { Document } from './drip.ts'
import { type MazeVisit, mazeEvents } from './events.ts'
import { serveFtp } from './ftp.ts'
import { Holding } from './holding.ts'
import { INDEX_TAIL, indexHead, indexLine, Maze } from './maze.ts'
import { Patiences } from './patience.ts'
import { documentFor, keyOf, type Reader, type Teller, told } from './telling.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
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

interface Room {
  server: WebServer
  maze: Maze
  teller: Teller
  links: SessionLinks
}

type Context = VisitContext<z.output<typeof Options>, Room>

/** People whose secrets the documents tell. */
const STAFF = 16

export default defineLure({
  name: 'secrets-maze',
  standsFor: ['Go-pot'],
  about: 'endless configuration files and folders, told as slowly as each client bears',
  profiles: ['tarpit'],
  ports: [
    { transport: 'tcp', port: 8080, alternate: 18080 },
    { transport: 'tcp', port: 8443, tls: true, alternate: 18444 },
    { transport: 'tcp', port: 2121, alternate: 12121, role: 'ftp' },
  ],
  options: Options,
  events: mazeEvents,
  joinsSessions: true,
  // Holding is the purpose: a day rather than the hour of other visits.
  limits: { visitMs: DAY_MS },

  start: ({ options, identity, persona, state }): Room => ({
    server: nginx({ header: options.server, gzip: false, maxBody: 64 * 2 ** 20 }),
    maze: new Maze(identity),
    teller: {
      mint: HoneytokenMint.of({ identity, state }),
      patiences: new Patiences(options.hold),
      holding: new Holding(options.held),
      endless: options.endless,
      all: options.exists === 'all',
      minted: options.minted,
      owner: persona.name,
      people: peopleFrom(identity, 'secrets-maze/people', STAFF).map((names) => names.join(' ')),
      domain: persona.domain,
    },
    links: new SessionLinks(),
  }),

  async serve(visit, context) {
    if (context.port.declared.role === 'ftp') return serveFtp(visit, context.room.maze, context.room.teller)
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
  const { room } = context
  const { path } = request
  if (path === '/robots.txt') return robots(room.maze)
  const reader = readerOf(request, visit)
  const found = documentFor(reader, room.teller)
  if (found) {
    const { name, document } = found
    const type = name === 'json' || name === 'tfstate' ? 'application/json' : (room.server.contentType(path) ?? 'application/octet-stream')
    return { status: 200, headers: [['Content-Type', type]], dynamic: true, body: told(document, name, reader, room.teller) }
  }
  if (path.endsWith('/') && room.maze.hasFolder(path)) return folder(reader, room)
  if (room.maze.hasFolder(`${path}/`)) return room.server.toFolder(`${encodeURI(path)}/`, pageFacts(request))
  await refuseSlowly(reader, room.teller)
  return room.server.page(404, pageFacts(request))
}

function folder(reader: Reader, { maze, teller }: Room): WebResponse {
  const entries = maze.list(reader.path)
  const document: Document = {
    head: indexHead(reader.path),
    between: '',
    tail: INDEX_TAIL,
    record: (n) => (entries[n] ? indexLine(entries[n]) : undefined),
    least: entries.length,
  }
  return { status: 200, headers: [['Content-Type', 'text/html']], dynamic: true, body: told(document, 'index', reader, teller) }
}

/** What is not there takes its time too: a scanner of ten thousand names has ten thousand of them. */
async function refuseSlowly(reader: Reader, { patiences, holding }: Teller): Promise<void> {
  const leave = holding.enter(networkOf(reader.visit.source.ip))
  if (!leave) return
  const source = keyOf(reader)
  const holdMs = Math.min(patiences.next(source), LONGEST_REFUSAL_MS)
  const startedAt = performance.now()
  let complete = false
  try {
    await reader.visit.pause(holdMs)
    complete = true
  } finally {
    leave()
    if (complete) patiences.stayed(source, holdMs)
    else patiences.left(source, performance.now() - startedAt)
  }
}

function readerOf(request: WebRequest, visit: MazeVisit): Reader {
  return { visit, verb: 'GET', path: request.path, agent: request.header('user-agent') ?? '' }
}

/** The way in for those who look where they are asked not to. */
function robots(maze: Maze): WebResponse {
  const lines = maze
    .list('/')
    .filter(({ isFolder }) => isFolder)
    .map(({ name }) => `Disallow: /${name}/`)
  return { status: 200, headers: [['Content-Type', 'text/plain']], body: `User-agent: *\n${lines.join('\n')}\n` }
}
