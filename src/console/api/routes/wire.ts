import { z } from 'zod'
import { Evidence, fromEvidence } from '../../../events/bytes.ts'
import type { SundewEvent } from '../../../events/schema.ts'
import type { EventReader } from '../../../store/contract.ts'
import { VERSION } from '../../../version.ts'
import type { Routes } from '../app.ts'
import { captureOf } from '../capture.ts'
import { NotFound } from '../not-found.ts'
import { PICTURE_POLICY, pictureOf } from '../picture.ts'
import { attachment, Id, sessionOf } from './sessions.ts'

const PAGE = 5_000
/** Of one capture; a session that has more is cut there. */
const MOST_EVENTS = 100_000

/** What went over the wire: as a capture file, and a web page as the attacker's browser would have drawn it. */
export const wireRoutes: Routes = (app, services) => {
  app.get(
    '/sessions/:id/pcapng',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'A capture file made from what was recorded: real addresses, times and contents (inside of TLS or SSH), made-up packets',
        params: Id,
        produces: ['application/x-pcapng'],
      },
    },
    async ({ params }, reply) => {
      const store = services.store()
      const session = await sessionOf(params.id, store)
      const capture = captureOf(await eventsOf(session.session, store), `Sundew ${VERSION}: put together from events, not captured`)
      return reply.type('application/x-pcapng').header('content-disposition', attachment(session, 'pcapng')).send(capture)
    },
  )

  app.get(
    '/sessions/:id/pictures/:event',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'The page of a web answer, to be framed: its policy lets it do nothing',
        params: Id.extend({ event: z.uuid() }),
        produces: ['text/html'],
      },
    },
    async ({ params: { id, event } }, reply) => {
      const store = services.store()
      const { session } = await sessionOf(id, store)
      const [turn] = await store.events({ session, after: justBefore(event), limit: 1 })
      const answer = turn?.id === event ? Evidence.safeParse(turn.data.output).data : undefined
      if (answer === undefined) throw new NotFound('answer of this turn')
      const picture = pictureOf(fromEvidence(answer)) ?? { html: Buffer.from('This answer has no page.'), charset: 'utf-8' }
      return reply
        .header('content-security-policy', PICTURE_POLICY)
        .header('x-dns-prefetch-control', 'off')
        .type(`text/html; charset=${picture.charset}`)
        .send(picture.html)
    },
  )
}

async function eventsOf(session: string, store: EventReader): Promise<SundewEvent[]> {
  const events: SundewEvent[] = []
  while (events.length < MOST_EVENTS) {
    const after = events.at(-1)?.id
    const page = await store.events({ session, limit: PAGE, ...(after !== undefined && { after }) })
    events.push(...page)
    if (page.length < PAGE) break
  }
  return events
}

/** The UUID that is one less: events are asked for by the one they come after. */
function justBefore(id: string): string {
  const digits = (BigInt(`0x${id.replaceAll('-', '')}`) - 1n).toString(16).padStart(32, '0')
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
