import { pipeline } from 'node:stream'
import { constants, createGzip } from 'node:zlib'
import type { WebResponse } from '../response.ts'
import type { WebServer } from '../server.ts'

/**
 * A program's output as its server takes it up: what ends before the server stops holding back is a whole body with a length,
 * what is longer goes on as it comes.
 */
export async function heldBack(response: WebResponse, { dynamicLength }: Pick<WebServer, 'dynamicLength'>): Promise<WebResponse> {
  const { body } = response
  if (!response.heldBack || body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) return response
  const pieces = body[Symbol.asyncIterator]()
  const first: Buffer[] = []
  for (let bytes = 0; bytes <= dynamicLength; ) {
    const next = await pieces.next()
    if (next.done) return { ...response, body: Buffer.concat(first) }
    first.push(next.value)
    bytes += next.value.length
  }
  return { ...response, body: resumed(Buffer.concat(first), pieces) }
}

async function* resumed(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield first
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}

/** Compresses each piece so that it can be read as soon as it has come. */
export function gzipped(pieces: AsyncIterable<Buffer>, level: number): AsyncIterable<Buffer> {
  // An error of the pieces destroys the stream, and whoever reads it meets it there.
  return pipeline(pieces, createGzip({ level, flush: constants.Z_SYNC_FLUSH }), () => undefined)
}
