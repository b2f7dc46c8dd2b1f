import { HeaderList } from '../headers.ts'
import { WebRequest } from '../request.ts'
import { parseRequestHead } from '../wire/request-head.ts'
import { readTarget } from '../wire/target.ts'
import { TARGET_RULES } from './product-server.ts'
import type { Trap } from './schema.ts'

export interface TrapExample {
  /** To the byte, with Host and Content-Length. */
  bytes: Buffer
  expect: readonly string[]
  after: readonly string[]
}

/** The example requests of a trap as they go over the wire. */
export function examplesOf({ examples, match }: Trap): TrapExample[] {
  const given = examples.length > 0 || typeof match !== 'string' ? examples : [match]
  return given.map((example) =>
    typeof example === 'string'
      ? { bytes: requestBytes(example), expect: [], after: [] }
      : { bytes: requestBytes(example.send), expect: example.expect, after: example.after },
  )
}

/** A request written as text: Host, Connection and Content-Length are added, line ends of the head become CRLF. */
function requestBytes(text: string): Buffer {
  const end = text.indexOf('\n\n')
  const [line = '', ...headers] = (end < 0 ? text.trimEnd() : text.slice(0, end)).split('\n')
  const body = Buffer.from(end < 0 ? '' : text.slice(end + 2).replace(/\n$/, ''))
  const isMultipart = headers.some((header) => /^content-type: *multipart/i.test(header))
  const sent = isMultipart ? Buffer.from(body.toString('utf8').replaceAll(/\r?\n/g, '\r\n')) : body
  const has = (name: string): boolean => headers.some((header) => header.toLowerCase().startsWith(`${name}:`))
  const lines = [
    `${line} HTTP/1.1`,
    ...(has('host') ? [] : ['Host: www.test.lan']),
    ...headers,
    ...(sent.length > 0 ? [`Content-Length: ${sent.length}`] : []),
    'Connection: close',
  ]
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), sent])
}

const LOOPBACK = { ip: '127.0.0.1', port: 0 }

/** A request as the engine sees it, of bytes that came from nobody. */
export function requestOf(bytes: Buffer): WebRequest {
  const end = bytes.indexOf('\r\n\r\n') + 4
  const head = parseRequestHead(bytes.subarray(0, end))
  const place = readTarget(head.line.target.replaceAll('%00', ''), TARGET_RULES)
  const request = new WebRequest({
    head,
    headers: new HeaderList(head.headers),
    ...('problem' in place ? { path: '/', search: '', authority: undefined } : place),
    minor: 1,
    simple: false,
    scheme: 'http',
    visit: { source: LOOPBACK, local: LOOPBACK } as WebRequest['visit'],
  })
  request.setBody(bytes.subarray(end), bytes.length - end)
  return request
}
