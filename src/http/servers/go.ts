import type { PageFacts, WebServer } from '../server.ts'
import { applicationServer } from './application.ts'

export interface GoServerOptions {
  name: string
  /** A Content-Length above it is refused; undefined = any. */
  body?: number
}

/**
 * Go's net/http, as gin and others use it: lines of the handler in alphabetical order, then Date, Content-Length, Connection and
 * Transfer-Encoding (net/http/server.go, `extraHeader`); no Server line; a malformed request gets a bare text and the close.
 */
export function goServer({ name, body }: GoServerOptions): WebServer {
  return {
    ...applicationServer({
      name,
      // Access-Control-… and Allow are what applications add, and both sort before Content-Type.
      order: ['*', 'Content-Type', 'Vary', 'Date', 'Content-Length', 'Connection', 'Transfer-Encoding'],
      // DefaultMaxHeaderBytes is 1 MiB; nobody needs so much.
      limits: {
        requestLine: 64 * 1024,
        headerLine: 64 * 1024,
        head: 256 * 1024,
        requests: Number.POSITIVE_INFINITY,
        ...(body && { body }),
      },
      page: (status: number, _facts: PageFacts) => badRequest(status),
    }),
    serverWide: () => undefined,
    // The buffer of a response writer: what fits has its length, what does not goes out in chunks.
    dynamicLength: 2048,
  }
}

/** What `conn.serve` writes for what it cannot read: the phrase is header and body at once. */
function badRequest(status: number) {
  const reason =
    status === 431 || status === 414
      ? '431 Request Header Fields Too Large'
      : status === 505
        ? '505 HTTP Version Not Supported'
        : '400 Bad Request'
  const text = `HTTP/1.1 ${reason}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${reason}`
  return { status, raw: Buffer.from(text), close: true }
}
