import { z } from 'zod'
import type { FacetField } from '../../../store/contract.ts'
import type { Routes } from '../app.ts'
import { NotFound } from '../not-found.ts'
import { sessionRow } from '../rows.ts'
import { SourceDetail } from '../shapes.ts'

/** Sessions that a source's history is made from, the newest. */
const SESSIONS = 2_000
const SHOWN = 50
const FACETS = ['lure', 'port', 'persona', 'source', 'hassh', 'tag'] as const satisfies readonly FacetField[]

/** One address: when it came, to what, with what. */
export const sourceRoutes: Routes = (app, services) => {
  app.get(
    '/sources/:ip',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'History of one address',
        params: z.object({ ip: z.string().regex(/^[0-9a-fA-F.:]{2,45}$/) }),
        response: { 200: SourceDetail },
      },
    },
    async ({ params: { ip } }) => {
      const store = services.store()
      const sessions = await store.sessions({ srcIp: ip, limit: SESSIONS })
      const [newest] = sessions
      const oldest = sessions.at(-1)
      if (!newest || !oldest) throw new NotFound(`session from ${ip}`)
      const hours = Array<number>(24).fill(0)
      for (const { startedAt } of sessions) {
        const hour = new Date(startedAt).getUTCHours()
        hours[hour] = (hours[hour] ?? 0) + 1
      }
      return {
        ip,
        ...services.geo.locate(ip),
        firstSeen: oldest.startedAt,
        lastSeen: newest.endedAt ?? newest.startedAt,
        sessions: await store.countSessions({ srcIp: ip }),
        hours,
        facets: await store.facets({ srcIp: ip }, FACETS),
        credentials: [...new Set(sessions.flatMap(({ credential }) => credential ?? []))].slice(0, SHOWN),
        latest: sessions.slice(0, SHOWN).map((session) => sessionRow(session, services)),
      }
    },
  )
}
