import { createHash } from 'node:crypto'
import { Generation } from '../../../events/schema.ts'
import { type Fields, isoTime, jsonSystem, unnamed } from '../system.ts'
import { exchangeOf, headerFields } from '../web.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

export const galah = jsonSystem({
  system: 'Galah',
  folder: 'galah',
  file: 'log/galah.json',
  base: (event) => ({
    timestamp: isoTime(event),
    level: 'info',
    src_ip: event.srcIp,
    src_port: event.srcPort === undefined ? undefined : String(event.srcPort),
    dest_port: event.dstPort === undefined ? undefined : String(event.dstPort),
    sensorName: event.sensor,
    session: event.session,
    tags: (event.tags ?? []).join(','),
  }),
  events: {
    // The turn of the same request tells more.
    '*.request': () => undefined,
    'turn.web': (event) => {
      const { request, answer } = exchangeOf(event)
      const generation = Generation.safeParse(event.data.generation).data
      const sorted = request.headers
        .map(([name]) => name)
        .sort()
        .join(',')
      const fields: Fields = {
        msg: 'successfulResponse',
        'request.method': request.method,
        'request.protocol': request.protocol,
        'request.requestURI': request.target,
        'request.userAgent': request.header('user-agent') ?? '',
        'request.body': request.body,
        'request.bodySha256': sha256(request.body),
        'request.headers.sorted': sorted,
        'request.headers.sortedSha256': sha256(sorted),
        'response.body': answer.body,
        'response.status': request.status,
        'response.metadata.generationSource': event.data.source,
        'response.metadata.provider': generation?.backend,
        'response.metadata.model': generation?.model,
        'response.metadata.promptVersion': generation?.promptVersion,
      }
      for (const [name, value] of Object.entries(headerFields(request.headers))) fields[`request.headers.${name}`] = value
      for (const [name, value] of Object.entries(headerFields(answer.headers))) fields[`response.headers.${name}`] = value
      return fields
    },
  },
  rest: (event) => ({ msg: `sundew.${event.type}`, ...unnamed(event) }),
})
