import type { ServerResponse } from 'node:http'
import { z } from 'zod'
import type { SundewEvent } from '../../../events/schema.ts'
import { gistOf } from '../../../store/gist.ts'
import { mayStill } from '../access.ts'
import type { Routes } from '../app.ts'
import type { Services } from '../services.ts'
import type { LiveEvent } from '../shapes.ts'

const STREAMS = 32
const BEAT_MS = 15_000
const GIST = 300
/** Bytes that may wait for a slow browser; beyond, events are left out and counted. */
const WAITING = 512 * 1024

/** Events as they happen, as server-sent events: `event: seen` with a {@link LiveEvent}, `event: missed` with a number. */
export const liveRoutes: Routes = (app, services) => {
  const open = new Set<ServerResponse>()
  app.addHook('preClose', () => {
    for (const response of open) response.end()
  })
  app.get(
    '/live',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Events as they happen',
        querystring: z.object({ lure: z.string().max(40).optional() }),
        produces: ['text/event-stream'],
      },
    },
    (request, reply) => {
      if (open.size >= STREAMS) return reply.code(503).send({ message: `there are ${STREAMS} live views open already` })
      reply.hijack()
      const response = reply.raw
      for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) response.setHeader(name, value)
      response.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
      open.add(response)
      const { lure } = request.query
      const stop = stream(response, services, {
        isWanted: (event) => lure === undefined || event.lure === lure,
        mayStill: () => mayStill(request, services.accounts, 'viewer'),
      })
      response.once('close', () => {
        stop()
        open.delete(response)
      })
      return reply
    },
  )
}

interface Listening {
  isWanted(event: SundewEvent): boolean
  /** Whoever is logged out hears no more, at the next beat. */
  mayStill(): boolean
}

function stream(response: ServerResponse, services: Services, { isWanted, mayStill }: Listening): () => void {
  let missed = 0
  response.write('retry: 3000\n\n')
  const beat = setInterval(() => (mayStill() ? response.write(': still here\n\n') : response.end()), BEAT_MS)
  const unsubscribe = services.feed.subscribe((event) => {
    if (!isWanted(event)) return
    if (response.writableLength > WAITING) {
      missed++
      return
    }
    if (missed > 0) response.write(`event: missed\ndata: ${missed}\n\n`)
    missed = 0
    // JSON has no line ends outside of strings, and writes those in them as \n: an attacker cannot end the message.
    response.write(`event: seen\ndata: ${JSON.stringify(liveEvent(event, services))}\n\n`)
  })
  return () => {
    clearInterval(beat)
    unsubscribe()
  }
}

function liveEvent(event: SundewEvent, { geo }: Services): LiveEvent {
  const { id, time, type, lure, session, srcIp, dstPort, tags } = event
  const country = srcIp === undefined ? undefined : geo.locate(srcIp).country
  return { id, time, type, lure, session, srcIp, dstPort, country, tags, gist: gistOf(event).slice(0, GIST) }
}
