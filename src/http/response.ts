import type { AnswerSource, EventSchemas, Generation } from '../events/schema.ts'
import type { Visit } from '../sensor/visit.ts'
import type { HeaderLine } from './headers.ts'

/**
 * What a site answers. The played server makes the wire of it: status line, Server, Date, lengths or chunks, keep-alive,
 * HEAD and 304 without a body, ranges, compression; in its own order and case. A site that sets one of these fields
 * itself (`Server`, `Date`, `Content-Type` …) overrides the server's value at the server's place.
 */
export interface WebResponse {
  status: number
  /** Reason phrase, when it is not the server's own for this status. */
  reason?: string
  headers?: readonly HeaderLine[]
  /** An iterable is sent as it comes: chunked to HTTP/1.1, until the close to older clients. */
  body?: Buffer | string | AsyncIterable<Buffer>
  /** This is a file of the site: the server adds its validators and honours conditions and ranges. */
  file?: {
    /** UTC milliseconds. */
    modified: number
    /** Below the document root, for its validator; absent = the path that was asked for. */
    path?: string
    /** The server gives it no validators and answers no conditions. */
    isUnvalidated?: boolean
  }
  /** The server holds the beginning back, as it does of a program's output: what ends soon enough goes out with its length. */
  heldBack?: boolean
  /** A program behind the server made it (PHP, a proxied application); the server frames those differently from its files. */
  dynamic?: boolean
  /** End the connection after this answer. */
  close?: boolean
  /** Sent as it is, with nothing added, and then the connection ends: for devices whose HTTP is broken. */
  raw?: Buffer
  /** Plays the rest of the connection once the head is out: WebSocket, CONNECT. Sent for status 101, or 200 to CONNECT. */
  takeOver?: (visit: Visit<EventSchemas>) => Promise<void>
  /** Where it came from; `static` unless said. */
  source?: AnswerSource
  generation?: Generation
  /** The same of a body that is still being made: known when it is whole. */
  origin?: Promise<Origin>
}

/** Where an answer came from, as its event tells. */
export type Origin = Pick<WebResponse, 'source' | 'generation'>

const HTML = 'text/html; charset=UTF-8'

export function html(body: string | Buffer, status = 200, headers: readonly HeaderLine[] = []): WebResponse {
  return { status, headers: [['Content-Type', HTML], ...headers], body, dynamic: true }
}

export function json(value: unknown, status = 200, headers: readonly HeaderLine[] = []): WebResponse {
  return { status, headers: [['Content-Type', 'application/json'], ...headers], body: JSON.stringify(value), dynamic: true }
}

export function text(body: string, status = 200, headers: readonly HeaderLine[] = []): WebResponse {
  return { status, headers: [['Content-Type', 'text/plain; charset=UTF-8'], ...headers], body, dynamic: true }
}

export function redirect(location: string, status: 301 | 302 | 303 | 307 | 308 = 302, headers: readonly HeaderLine[] = []): WebResponse {
  return { status, headers: [['Content-Type', HTML], ['Location', location], ...headers], body: '', dynamic: true }
}
