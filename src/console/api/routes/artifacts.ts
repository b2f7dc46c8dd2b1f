import { z } from 'zod'
import { virusTotal } from '../../../analysis/virus-total.ts'
import { Evidence, evidenceText } from '../../../events/bytes.ts'
import { Artifact } from '../../../events/schema.ts'
import { whoCalls } from '../access.ts'
import type { Routes } from '../app.ts'
import { encryptedZip } from '../encrypted-zip.ts'
import { NotFound } from '../not-found.ts'
import { PeriodQuery, periodOf } from '../period.ts'
import { artifactRow, sessionRow } from '../rows.ts'
import { ArtifactRow, Problem, SessionRow, VerdictShape } from '../shapes.ts'

/** The password that everybody expects on an archive of malware. */
const PASSWORD = 'infected'
const SESSIONS = 50
/** Sessions that are searched for the names of a file. */
const NAMED = 10

const Sha256 = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) })

/** Captured files. Their bytes leave only inside an encrypted archive, so that nothing runs or scans them on the way. */
export const artifactRoutes: Routes = (app, services) => {
  const { artifacts, accounts } = services

  app.get(
    '/artifacts',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Captured files, by how often they came',
        querystring: PeriodQuery.extend({ limit: z.coerce.number().int().min(1).max(1000).default(300) }),
        response: { 200: z.object({ values: z.number(), artifacts: z.array(ArtifactRow) }) },
      },
    },
    async ({ query }) => {
      const period = periodOf(query)
      const store = services.store()
      const facts = await store.facts({ field: 'artifact', period, limit: query.limit })
      return { values: (await store.factTotals('artifact', period)).values, artifacts: facts.map((fact) => artifactRow(fact, services)) }
    },
  )

  app.get(
    '/artifacts/hashes',
    {
      config: { role: 'viewer' },
      schema: { summary: 'Their hashes as sha256sum prints them', querystring: PeriodQuery, produces: ['text/plain'] },
    },
    async ({ query }, reply) => {
      const facts = await services.store().facts({ field: 'artifact', period: periodOf(query), limit: 100_000 })
      const lines = facts.map(({ value }) => `${value}  ${value}\n`)
      return reply.type('text/plain').header('content-disposition', 'attachment; filename="sundew-sha256.txt"').send(lines.join(''))
    },
  )

  app.get(
    '/artifacts/:sha256',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'A captured file: names it came under, and the sessions that brought it',
        params: Sha256,
        response: {
          200: z.object({
            artifact: ArtifactRow,
            names: z.array(z.string()),
            urls: z.array(z.string()),
            how: z.array(z.string()),
            sessions: z.array(SessionRow),
          }),
        },
      },
    },
    async ({ params: { sha256 } }) => {
      const store = services.store()
      const sessions = await store.sessions({ where: { kind: 'is', field: 'artifact', value: sha256 }, limit: SESSIONS })
      const events = await Promise.all(
        sessions.slice(0, NAMED).map(({ session }) => store.events({ session, type: 'artifact', limit: 200 })),
      )
      const found = events.flat().filter(({ data }) => data.sha256 === sha256)
      if (found.length === 0 && !artifacts.find(sha256)) throw new NotFound('such file')
      const texts = (key: string): string[] => [...new Set(found.flatMap(({ data }) => textOf(data[key])))]
      const times = sessions.map(({ startedAt }) => startedAt)
      const fact = { value: sha256, count: sessions.length, firstSeen: Math.min(...times), lastSeen: Math.max(...times) }
      return {
        // What an event tells is enough where the file itself is gone, or lies at another sensor.
        artifact: {
          ...Artifact.safeParse(found[0]?.data).data,
          ...artifactRow(times.length > 0 ? fact : { ...fact, firstSeen: 0, lastSeen: 0 }, services),
        },
        names: texts('name'),
        urls: texts('url'),
        how: texts('how'),
        sessions: sessions.map((session) => sessionRow(session, services)),
      }
    },
  )

  app.post(
    '/artifacts/:sha256/lookup',
    {
      config: { role: 'analyst' },
      schema: {
        summary: 'What VirusTotal knows of its hash; only the hash leaves, and only with a key in the settings',
        params: Sha256,
        response: { 200: VerdictShape, 409: Problem, 502: Problem },
      },
    },
    async (request, reply) => {
      const { sha256 } = request.params
      const access = services.settings.lookups.virusTotal
      if (!access.key) return reply.code(409).send({ message: 'set lookups.virusTotal.key (or SUNDEW_VIRUSTOTAL_KEY) to ask VirusTotal' })
      accounts.audit({ account: whoCalls(request).account, address: request.ip, action: 'hash looked up', detail: sha256 })
      try {
        return await virusTotal(sha256, access)
      } catch (error) {
        return reply.code(502).send({ message: error instanceof Error ? error.message : 'VirusTotal could not be asked' })
      }
    },
  )

  app.get(
    '/artifacts/:sha256/zip',
    {
      config: { role: 'analyst' },
      schema: { summary: `Its bytes in a zip archive with the password "${PASSWORD}"`, params: Sha256, produces: ['application/zip'] },
    },
    (request, reply) => {
      const { sha256 } = request.params
      const bytes = artifacts.get(sha256)
      if (!bytes) throw new NotFound('content of this file here')
      accounts.audit({ account: whoCalls(request).account, address: request.ip, action: 'file downloaded', detail: sha256 })
      const zip = encryptedZip(`${sha256}.bin`, bytes, PASSWORD, new Date(artifacts.find(sha256)?.firstSeen ?? 0))
      return reply.type('application/zip').header('content-disposition', `attachment; filename="${sha256}.zip"`).send(zip)
    },
  )
}

function textOf(value: unknown): string[] {
  const evidence = Evidence.safeParse(value).data
  return evidence === undefined ? [] : [evidenceText(evidence)]
}
