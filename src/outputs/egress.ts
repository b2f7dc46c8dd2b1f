import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import type { TlsSettings } from '../config/outputs.ts'
import { VERSION } from '../version.ts'

/** Bytes of an answer that are read, unless a caller says another bound. */
const ANSWER_BYTES = 4 * 1024 * 1024

/** Datagrams that are sent without a pause, and the pause: the buffer of a receiver holds some hundred, and drops what comes too fast. */
const BURST = 50
const BREATH_MS = 10

/** A connection that was forgotten on the way without a word (a firewall, a receiver without power) is found dead after a minute or two. */
const KEEP_ALIVE_MS = 60_000

export interface HttpAnswer {
  status: number
  headers: IncomingMessage['headers']
  body: string
  /** The answer went on beyond what is read of it. */
  isCut: boolean
}

/**
 * The only way out for outputs, and the egress policy: a connection goes to a destination that the operator has written into
 * sundew.yaml and to no other. Redirects are not followed, and nothing of an event ever becomes an address.
 */
export class Egress {
  readonly #allowed: ReadonlySet<string>
  readonly #tls: ConnectionOptions
  readonly #http = new HttpAgent({ keepAlive: true, maxSockets: 1 })
  readonly #https: HttpsAgent

  /** @param destinations origins (`https://siem.example:8088`) and `host:port`s of one output */
  constructor(destinations: readonly string[], tls?: TlsSettings) {
    this.#allowed = new Set(destinations.map(destinationOf))
    this.#tls = tlsOptions(tls)
    this.#https = new HttpsAgent({ ...this.#tls, keepAlive: true, maxSockets: 1 })
  }

  /** TLS options as Node takes them, for clients of libraries. */
  get tls(): ConnectionOptions {
    return this.#tls
  }

  /** @throws when the destination is none of this output's, on a broken connection, and when the signal aborts */
  http(
    method: 'POST' | 'PUT' | 'GET',
    url: string,
    {
      headers,
      body,
      signal,
      mostBytes = ANSWER_BYTES,
    }: { headers?: Record<string, string>; body?: string | Uint8Array; signal: AbortSignal; mostBytes?: number },
  ): Promise<HttpAnswer> {
    this.#demand(url)
    const isTls = new URL(url).protocol === 'https:'
    const ask = isTls ? httpsRequest : httpRequest
    return new Promise((resolve, reject) => {
      const request: ClientRequest = ask(
        url,
        {
          method,
          agent: isTls ? this.#https : this.#http,
          signal,
          headers: {
            'user-agent': `sundew/${VERSION}`,
            ...headers,
            ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
          },
        },
        (response) => void readAnswer(response, mostBytes).then(resolve, reject),
      )
      request.on('error', reject)
      request.end(body)
    })
  }

  tcp(host: string, port: number, { tls, signal }: { tls: boolean; signal: AbortSignal }): Promise<Socket> {
    this.#demand(`${host}:${port}`)
    return new Promise((resolve, reject) => {
      const servername = /^[\d.]+$|:/.test(host) ? {} : { servername: host }
      const socket = tls ? connectTls({ host, port, ...servername, ...this.#tls }) : connect({ host, port })
      const fail = (error: unknown): void => {
        socket.destroy()
        reject(error instanceof Error ? error : new Error(String(error)))
      }
      const aborted = (): void => fail(signal.reason)
      socket.once('error', fail)
      signal.addEventListener('abort', aborted, { once: true })
      socket.once(tls ? 'secureConnect' : 'connect', () => {
        signal.removeEventListener('abort', aborted)
        socket.off('error', fail)
        socket.setKeepAlive(true, KEEP_ALIVE_MS)
        resolve(socket)
      })
    })
  }

  udp(host: string, port: number, messages: readonly Uint8Array[], signal: AbortSignal): Promise<void> {
    this.#demand(`${host}:${port}`)
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    const send = (message: Uint8Array): Promise<void> =>
      new Promise((resolve, reject) => socket.send(message, port, host, (error) => (error ? reject(error) : resolve())))
    return (async () => {
      try {
        for (const [i, message] of messages.entries()) {
          if (i > 0 && i % BURST === 0) await sleep(BREATH_MS, undefined, { signal })
          await send(message)
        }
      } finally {
        socket.close()
      }
    })()
  }

  close(): void {
    this.#http.destroy()
    this.#https.destroy()
  }

  #demand(destination: string): void {
    const wanted = destinationOf(destination)
    if (!this.#allowed.has(wanted)) throw new Error(`${wanted} is no destination of this output`)
  }
}

function destinationOf(text: string): string {
  return /^https?:\/\//.test(text) ? new URL(text).origin : text
}

function tlsOptions(tls: TlsSettings | undefined): ConnectionOptions {
  if (!tls) return {}
  return {
    ...(tls.ca ? { ca: readFileSync(tls.ca) } : {}),
    ...(tls.cert ? { cert: readFileSync(tls.cert) } : {}),
    ...(tls.key ? { key: readFileSync(tls.key) } : {}),
    ...(tls.insecure ? { rejectUnauthorized: false } : {}),
  }
}

/** Hangs up on an answer that is longer than is read. */
async function readAnswer(response: IncomingMessage, mostBytes: number): Promise<HttpAnswer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > mostBytes) break
    chunks.push(chunk)
  }
  const { statusCode = 0, headers } = response
  return { status: statusCode, headers, body: Buffer.concat(chunks).toString('utf8'), isCut: size > mostBytes }
}
