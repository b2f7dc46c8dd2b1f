import { applicationServer, type HeaderLine, type Outgoing, REASONS, type WebResponse, type WebServer } from '../../http/index.ts'

const BAD_REQUEST =
  'HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\nInvalid HTTP request received.'

/**
 * uvicorn with h11 under Starlette: its own lines first, names small but for what h11 adds. The order of the others depends on
 * which kind of answer the application made (recorded of uvicorn 0.54 with mcp 1.30).
 */
export function uvicornServer(): WebServer {
  const malformed = (status: number): WebResponse => ({ status, raw: Buffer.from(BAD_REQUEST), close: true })
  return {
    ...applicationServer({
      name: 'uvicorn',
      order: [],
      page: malformed,
      limits: { requestLine: 64 * 1024, headerLine: 64 * 1024, head: 64 * 1024, requests: Number.POSITIVE_INFINITY },
    }),
    serverWide: () => undefined,
    head(out: Outgoing): string {
      const lines = [['date', out.date], ['server', 'uvicorn'], ...linesOf(out), ...(out.keepAlive ? [] : [['connection', 'close']])]
      const text = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
      return `HTTP/1.1 ${out.status} ${REASONS[out.status] ?? ''}\r\n${text}\r\n`
    },
  }
}

function linesOf({ headers, contentType, length, chunked }: Outgoing): HeaderLine[] {
  const lengthLine: HeaderLine[] = length === undefined ? [] : [['content-length', String(length)]]
  const typeLine: HeaderLine[] = contentType === undefined ? [] : [['content-type', contentType]]
  if (chunked || contentType === 'text/event-stream') {
    const stream: HeaderLine[] = [['cache-control', 'no-cache, no-transform'], ['connection', 'keep-alive'], ...typeLine, ...headers]
    return [...stream, ['x-accel-buffering', 'no'], ...(chunked ? ([['Transfer-Encoding', 'chunked']] as const) : lengthLine)]
  }
  // An answer of a session gives its lines whole, one without lets Starlette add them.
  const isOfSession = headers.some(([name]) => name === 'mcp-session-id')
  return isOfSession ? [...typeLine, ...headers, ...lengthLine] : [...lengthLine, ...headers, ...typeLine]
}
