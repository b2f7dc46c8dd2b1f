import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'
import { webEvents } from '../../http/index.ts'

/** What the wordpress lure writes down besides the sensor's own events. */
export const wordpressEvents = {
  ...webEvents('wordpress'),
  /** Somebody looked whether this is here: a plug-in, a theme, a user, a file that should not lie about. */
  'wordpress.probe': z.object({ kind: z.enum(['plugin', 'theme', 'user', 'file', 'timthumb']), name: Evidence, found: z.boolean() }),
  'wordpress.xmlrpc': z.object({ method: Evidence, calls: z.number() }),
  /** A request that uses a known hole; `detail` is what it brought. */
  'wordpress.exploit': z.object({ name: z.string(), detail: Evidence, worked: z.boolean() }),
  /** A file that was put into the site. */
  'wordpress.upload': z.object({ path: Evidence, by: z.string(), sha256: z.string() }),
  /** Somebody who has signed in looked at, or used, a page of the dashboard. */
  'wordpress.admin': z.object({ user: z.string(), page: Evidence }),
}
export type WordPressEvents = typeof wordpressEvents
