import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'

export const proxyEvents = {
  'http-proxy.request': z.object({
    product: z.enum(['squid', 'privoxy']),
    method: Evidence,
    target: Evidence,
    version: Evidence,
    /** In the order and case of the wire. */
    headers: z.array(z.tuple([Evidence, Evidence])),
    /** Where it was to go, when the request says so. */
    host: Evidence.optional(),
    port: z.number().optional(),
    /** What the proxy said; 0 = nothing. */
    status: z.number(),
    /** The lure that played the far end; its visit is a session of its own. */
    lure: z.string().optional(),
  }),
  /** What was sent through a tunnel of CONNECT; `data` is the first part of `bytes`. */
  'http-proxy.tunnel': z.object({ host: Evidence, port: z.number(), data: Evidence, bytes: z.number() }),
  'http-proxy.malformed': z.object({ message: z.string(), bytes: Evidence }),
}
export type ProxyEvents = typeof proxyEvents
