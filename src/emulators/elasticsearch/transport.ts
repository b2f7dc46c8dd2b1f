import { evidence } from '../../events/bytes.ts'
import type { Visit } from '../../sensor/visit.ts'
import type { ElasticEvents } from './events.ts'
import type { Release } from './release.ts'
import { actionOf, decodeFrame, frameLength, handshakeAnswer, PREFIX_BYTES, STATUS, TransportFormatError } from './transport-codec.ts'

const HTTP = /^(GET|POST|PUT|HEAD|DELETE|OPTIONS|PATCH|TRACE)\s?/

/**
 * The port of the nodes among each other: it answers the handshake with its version, and keeps what a stranger asks for.
 * Who speaks HTTP is told so in one line; anything else is dropped.
 */
export async function serveTransport(visit: Visit<ElasticEvents>, release: Release): Promise<void> {
  for (;;) {
    const start = await visit.peek(PREFIX_BYTES, { within: 30_000 })
    if (start.length === 0) return
    if (HTTP.test(start.toString('latin1'))) return refuseHttp(visit, release)
    if (start.length < PREFIX_BYTES) return
    try {
      const length = frameLength(await visit.exactly(PREFIX_BYTES))
      if (length >= 0) await answer(visit, await visit.exactly(length), release)
    } catch (error) {
      if (!(error instanceof TransportFormatError)) throw error
      visit.record('elasticsearch.transport', { kind: 'malformed' })
      return
    }
  }
}

async function refuseHttp(visit: Visit<ElasticEvents>, { major }: Release): Promise<void> {
  visit.record('elasticsearch.transport', { kind: 'http' })
  await visit.write(major >= 7 ? 'This is not an HTTP port' : 'This is not a HTTP port')
  await visit.end()
}

async function answer(visit: Visit<ElasticEvents>, bytes: Buffer, release: Release): Promise<void> {
  const frame = decodeFrame(bytes)
  const action = actionOf(frame)
  const isHandshake = (frame.status & STATUS.handshake) !== 0 || action === 'internal:tcp/handshake'
  visit.record('elasticsearch.transport', {
    kind: isHandshake ? 'handshake' : 'request',
    version: frame.version,
    ...(action ? { action: evidence(action) } : {}),
  })
  if (isHandshake && release.major >= 6) await visit.write(handshakeAnswer(frame, release.wireId))
}
