import type { EventSchemas } from '../events/schema.ts'
import type { Visit } from '../sensor/visit.ts'
import { ja4h } from './ja4h.ts'
import type { WebRequest } from './request.ts'
import type { SessionLinks } from './session-links.ts'

/** The first request of a connection says whose it is: the visit joins that client's session. For `onFirst` of `serveHttp`. */
export function introduce(visit: Visit<EventSchemas>, request: WebRequest, links: SessionLinks): void {
  visit.join(links.of(request))
  visit.record('fingerprint', { kind: 'ja4h', ...ja4h(request) })
}
