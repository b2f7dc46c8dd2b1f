import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { techniques } from '../../../analysis/attack/rules.ts'
import { findingsOf } from '../../../outputs/iocs/findings.ts'
import { SafeNetworks } from '../../../outputs/iocs/safe-networks.ts'
import { type StixObject, stixObjects } from '../../../outputs/iocs/stix.ts'
import { uuid5 } from '../../../outputs/iocs/uuid5.ts'
import type { Routes } from '../app.ts'
import { NotFound } from '../not-found.ts'
import type { Services } from '../services.ts'
import { addedAt, inOrder, ObjectsQuery, pageOf } from '../taxii-pages.ts'

const MEDIA_TYPE = 'application/taxii+json;version=2.1'
const STIX_MEDIA_TYPE = 'application/stix+json;version=2.1'
const NAMESPACE = '6f1c0a52-3d1b-5c8e-9a57-2f4f3c0d9b11'
/** Objects are made from what happened in this time before now, or since `added_after` when that is longer ago. */
const DAYS = 7
const DAY_MS = 86_400_000
const MADE_ANEW_MS = 60_000

/** TAXII 2.1, for reading: one collection with what `sundew export iocs --format stix` would say. Clients name themselves by an API token, as bearer or as password. */
export const taxiiRoutes: Routes = (app, services) => {
  const collection = uuid5(NAMESPACE, `collection ${services.settings.sensor}`)
  const objects = cached(services)
  const about = {
    id: collection,
    title: `Attacks on ${services.settings.sensor}`,
    description: 'Sources, files and addresses of attackers, as indicators with sightings',
    can_read: true,
    can_write: false,
    media_types: [STIX_MEDIA_TYPE],
  }
  const route = (summary: string) => ({ config: { role: 'viewer' as const }, schema: { summary, tags: ['taxii'] } })
  const Params = z.object({ id: z.string().max(64) })
  const demand = (id: string): void => {
    if (id !== collection) throw new NotFound(`collection ${id}`)
  }

  app.get('/taxii2/', route('TAXII discovery'), (_, reply) =>
    say(reply, { title: 'Sundew', default: '/api/v1/taxii2/root/', api_roots: ['/api/v1/taxii2/root/'] }),
  )
  app.get('/taxii2/root/', route('TAXII API root'), (_, reply) =>
    say(reply, { title: 'Sundew', versions: [MEDIA_TYPE], max_content_length: 1 }),
  )
  app.get('/taxii2/root/collections/', route('TAXII collections'), (_, reply) => say(reply, { collections: [about] }))
  app.get('/taxii2/root/collections/:id/', { ...route('A TAXII collection'), schema: { params: Params } }, ({ params }, reply) => {
    demand(params.id)
    return say(reply, about)
  })
  app.get(
    '/taxii2/root/collections/:id/objects/',
    { ...route('STIX objects'), schema: { params: Params, querystring: ObjectsQuery } },
    async ({ params, query }, reply) => {
      demand(params.id)
      const { page, more, next } = pageOf(await objects(query), query)
      datesOf(page, reply)
      return say(reply, { more, ...(next === undefined ? {} : { next }), objects: page })
    },
  )
  const ObjectParams = Params.extend({ object: z.string().max(200) })
  const objectSchema = { params: ObjectParams, querystring: ObjectsQuery }
  const oneOf = async ({ object }: z.infer<typeof ObjectParams>, query: ObjectsQuery): Promise<StixObject[]> => {
    const found = (await objects(query)).filter(({ id }) => id === object)
    if (found.length === 0) throw new NotFound(`object ${object}`)
    return found
  }
  app.get(
    '/taxii2/root/collections/:id/objects/:object/',
    { ...route('A STIX object'), schema: objectSchema },
    async ({ params, query }, reply) => {
      demand(params.id)
      const { page } = pageOf(await oneOf(params, query), query)
      datesOf(page, reply)
      return say(reply, { more: false, objects: page })
    },
  )
  app.get(
    '/taxii2/root/collections/:id/objects/:object/versions/',
    { ...route('Versions of a STIX object'), schema: objectSchema },
    async ({ params, query }, reply) => {
      demand(params.id)
      const { page } = pageOf(await oneOf(params, query), query)
      datesOf(page, reply)
      return say(reply, { more: false, versions: page.map(addedAt) })
    },
  )
  app.get(
    '/taxii2/root/collections/:id/manifest/',
    { ...route('Manifest of the STIX objects'), schema: { params: Params, querystring: ObjectsQuery } },
    async ({ params, query }, reply) => {
      demand(params.id)
      const { page, more, next } = pageOf(await objects(query), query)
      datesOf(page, reply)
      const entries = page.map((object) => ({
        id: object.id,
        date_added: addedAt(object),
        version: addedAt(object),
        media_type: STIX_MEDIA_TYPE,
      }))
      return say(reply, { more, ...(next === undefined ? {} : { next }), objects: entries })
    },
  )
}

/** The objects of a period, made once a minute. */
function cached(services: Services): (query: ObjectsQuery) => Promise<readonly StixObject[]> {
  let made: { since: number; at: number; objects: Promise<readonly StixObject[]> } | undefined
  return ({ added_after }) => {
    const wanted = added_after === undefined ? Number.POSITIVE_INFINITY : Date.parse(added_after)
    const now = Date.now()
    // Whole days, so that a client that asks often is answered from what was made for another.
    const since = Math.floor(Math.min(wanted, now - DAYS * DAY_MS) / DAY_MS) * DAY_MS
    if (!made || made.since !== since || now - made.at > MADE_ANEW_MS) made = { since, at: now, objects: make(services, since, now) }
    return made.objects
  }
}

async function make(services: Services, since: number, until: number): Promise<readonly StixObject[]> {
  const { sensor } = services.settings
  const all = stixObjects(await findingsOf(services.store(), { sensor, since, until, safe: new SafeNetworks() }), techniques)
  return inOrder(all)
}

function datesOf(page: readonly StixObject[], reply: FastifyReply): void {
  const [first, last] = [page[0], page.at(-1)]
  if (first) reply.header('x-taxii-date-added-first', addedAt(first))
  if (last) reply.header('x-taxii-date-added-last', addedAt(last))
}

function say(reply: FastifyReply, body: unknown): FastifyReply {
  return reply
    .type(MEDIA_TYPE)
    .serializer((value: unknown) => JSON.stringify(value))
    .send(body)
}
