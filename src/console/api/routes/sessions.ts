import { z } from 'zod'
import { techniques } from '../../../analysis/attack/rules.ts'
import { printable } from '../../../events/printable.ts'
import type { SundewEvent } from '../../../events/schema.ts'
import { COUNTED_SESSIONS, type EventReader, type FacetField, type SessionSummary } from '../../../store/contract.ts'
import type { Query } from '../../../store/query/query.ts'
import { readTranscript, stepOf, type Turn } from '../../../store/transcript.ts'
import type { Routes } from '../app.ts'
import { castOf, readRecording } from '../cast.ts'
import { NotFound } from '../not-found.ts'
import { artifactRow, sessionRow } from '../rows.ts'
import type { Services } from '../services.ts'
import { SessionsQuery, sessionQuery } from '../session-query.ts'
import { Facet, SessionDetail, SessionRow, Step } from '../shapes.ts'

const FACETS = ['lure', 'persona', 'source', 'country', 'port', 'tag', 'src_ip'] as const satisfies readonly FacetField[]
const SIMILAR = 12
/** Events of one download; a session that has more is exported by `sundew show --json`. */
const EXPORTED = 100_000

export const Id = z.object({ id: z.string().regex(/^[0-9a-f-]{4,36}$/) })

export const sessionRoutes: Routes = (app, services) => {
  app.get(
    '/sessions',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Sessions that a query finds, newest first',
        querystring: SessionsQuery.extend({
          limit: z.coerce.number().int().min(1).max(500).default(100),
          offset: z.coerce.number().int().min(0).max(10_000_000).default(0),
        }),
        response: { 200: z.object({ sessions: z.array(SessionRow) }) },
      },
    },
    async ({ query }) => {
      const found = await services.store().sessions({ ...sessionQuery(query), limit: query.limit, offset: query.offset })
      return { sessions: found.map((session) => sessionRow(session, services)) }
    },
  )

  app.get(
    '/sessions/facets',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'How many sessions a query finds, and what they have in common',
        querystring: SessionsQuery,
        response: { 200: z.object({ total: z.number(), atLeast: z.boolean(), facets: z.record(z.string(), z.array(Facet)) }) },
      },
    },
    async ({ query }) => {
      const wanted = sessionQuery(query)
      const store = services.store()
      const total = await store.countSessions(wanted)
      return { total, atLeast: wanted.where !== undefined && total === COUNTED_SESSIONS, facets: await store.facets(wanted, FACETS) }
    },
  )

  app.get(
    '/sessions/:id',
    {
      config: { role: 'viewer' },
      schema: { summary: 'One session with what it is related to', params: Id, response: { 200: SessionDetail } },
    },
    async ({ params }) => detailOf(await sessionOf(params.id, services.store()), services),
  )

  app.get(
    '/sessions/:id/steps',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Its events in order, as steps; page with the event of the last one',
        params: Id,
        querystring: z.object({ after: z.uuid().optional(), limit: z.coerce.number().int().min(1).max(1000).default(500) }),
        response: { 200: z.object({ steps: z.array(Step), more: z.boolean() }) },
      },
    },
    async ({ params, query: { after, limit } }) => {
      const store = services.store()
      const { session } = await sessionOf(params.id, store)
      const events = await store.events({ session, limit, ...(after ? { after } : {}) })
      return { steps: events.map(stepOf), more: events.length === limit }
    },
  )

  app.get(
    '/sessions/:id/cast',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Recording of a terminal as asciicast, or its turns made into one',
        params: Id,
        querystring: z.object({ recording: z.coerce.number().int().min(0).default(0) }),
        produces: ['application/x-asciicast'],
      },
    },
    async ({ params, query }, reply) => {
      const store = services.store()
      const session = await sessionOf(params.id, store)
      const [recorded] = (await recordingsOf(session, store)).slice(query.recording)
      const bytes = recorded && (await readRecording(services.settings.data, recorded, 'cast'))
      const cast = bytes ?? castOf(await readTranscript(store, session.session), `${session.lure} ${session.srcIp}`)
      return reply.type('application/x-asciicast').header('content-disposition', attachment(session, 'cast')).send(cast)
    },
  )

  app.get(
    '/sessions/:id/ttylog',
    {
      config: { role: 'viewer' },
      schema: { summary: "Recording of a terminal as Cowrie's playlog reads it", params: Id, produces: ['application/octet-stream'] },
    },
    async ({ params }, reply) => {
      const store = services.store()
      const session = await sessionOf(params.id, store)
      const [recorded] = await recordingsOf(session, store)
      const bytes = recorded && (await readRecording(services.settings.data, recorded, 'ttylog'))
      if (!bytes) throw new NotFound('recording of this session')
      return reply.type('application/octet-stream').header('content-disposition', attachment(session, 'ttylog')).send(bytes)
    },
  )

  app.get(
    '/sessions/:id/json',
    { config: { role: 'viewer' }, schema: { summary: 'The session and all its events', params: Id, produces: ['application/json'] } },
    async ({ params }, reply) => {
      const store = services.store()
      const session = await sessionOf(params.id, store)
      const events = await store.events({ session: session.session, limit: EXPORTED })
      const text = JSON.stringify({ ...session, events }, undefined, 2)
      return reply.type('application/json').header('content-disposition', attachment(session, 'json')).send(text)
    },
  )

  app.get(
    '/sessions/:id/txt',
    { config: { role: 'viewer' }, schema: { summary: 'The transcript as text', params: Id, produces: ['text/plain'] } },
    async ({ params }, reply) => {
      const store = services.store()
      const session = await sessionOf(params.id, store)
      const turns = await readTranscript(store, session.session)
      const text = turns.map(turnText).join('')
      return reply.type('text/plain; charset=utf-8').header('content-disposition', attachment(session, 'txt')).send(text)
    },
  )
}

export async function sessionOf(id: string, store: EventReader): Promise<SessionSummary> {
  const session = await store.session(id)
  if (!session) throw new NotFound(`session ${id}`)
  return session
}

async function detailOf(session: SessionSummary, services: Services): Promise<SessionDetail> {
  const store = services.store()
  const facts = await store.sessionFacts(session.session)
  const recordings = await recordingsOf(session, store)
  const files = facts.filter(({ field }) => field === 'artifact')
  const fileRow = (sha256: string, count: number) =>
    artifactRow({ value: sha256, count, firstSeen: session.startedAt, lastSeen: session.endedAt ?? session.startedAt }, services)
  const campaigns = await services.campaigns()
  return {
    session: sessionRow(session, services),
    facts,
    recordings: recordings.map(({ data }) => ({ durationMs: Number(data.durationMs), outputBytes: Number(data.outputBytes) })),
    similar: await similarTo(session, facts, services),
    files: files.map(({ value, count }) => fileRow(value, count)),
    techniques: session.tags.flatMap((tag) => techniques.get(tag.replace('attack:', '')) ?? []),
    campaign: campaigns.find(({ signatures, sessions }) => sessions > 1 && session.signature && signatures.includes(session.signature))?.id,
  }
}

/** Others that typed the same, left the same file, or came with the same client; those that share most first. */
async function similarTo(session: SessionSummary, facts: SessionDetail['facts'], services: Services): Promise<SessionDetail['similar']> {
  const store = services.store()
  const valuesOf = (field: string): string[] => facts.flatMap((fact) => (fact.field === field ? [fact.value] : []))
  const keys: ['inputs' | 'fingerprint' | 'file', Query][] = []
  if (session.signature) keys.push(['inputs', { kind: 'is', field: 'signature', value: session.signature }])
  for (const value of valuesOf('artifact').slice(0, 3)) keys.push(['file', { kind: 'is', field: 'artifact', value }])
  for (const value of valuesOf('hassh')) keys.push(['fingerprint', { kind: 'is', field: 'hassh', value }])
  const found = new Map<string, SessionDetail['similar'][number]>()
  for (const [share, where] of keys) {
    for (const other of await store.sessions({ where, limit: SIMILAR * 2 })) {
      if (other.session === session.session) continue
      const row = found.get(other.session) ?? { ...sessionRow(other, services), shares: [] }
      if (!row.shares.includes(share)) row.shares.push(share)
      found.set(other.session, row)
    }
  }
  return [...found.values()].sort((a, b) => b.shares.length - a.shares.length || b.startedAt - a.startedAt).slice(0, SIMILAR)
}

function recordingsOf({ session }: SessionSummary, store: EventReader): Promise<SundewEvent[]> {
  return store.events({ session, type: 'ssh.terminal', limit: 100 })
}

export function attachment({ lure, session }: SessionSummary, extension: string): string {
  return `attachment; filename="sundew-${lure.replace(/[^a-z0-9-]/g, '')}-${session}.${extension}"`
}

function turnText({ time, input, output, stderr, source, generation }: Turn): string {
  const by = [source, generation?.model, generation?.promptVersion].filter(Boolean).join(' ')
  const answer = [output, stderr ?? ''].map((text) => printable(text).trimEnd()).filter(Boolean)
  return [`[${new Date(time).toISOString()}${by ? ` ${by}` : ''}]`, `> ${printable(input).trimEnd()}`, ...answer, '', ''].join('\n')
}
