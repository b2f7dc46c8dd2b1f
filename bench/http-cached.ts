import { createConnection, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { Identity } from '../src/config/identity.ts'
import { createHosts } from '../src/host/hosts.ts'
import http from '../src/http/lure.ts'
import type { GeneratedPage } from '../src/http/site/page.ts'
import type { Answer, Engine, Question } from '../src/llm/question.ts'
import { MemoryState, noEngine, type Playing, play } from '../test/harness.ts'
import { percentile } from './bench.ts'

const REQUESTS = 3_000
const CONNECTIONS = 20

/** Writes each page at once; pages that were made before are kept by the lure, which is what is measured. */
const writer: Engine = {
  async ask<A>(question: Question<A>): Promise<Answer<A>> {
    const page: GeneratedPage = {
      status: 200,
      headers: [{ name: 'Content-Type', value: 'text/html; charset=UTF-8' }],
      body: '<p>x</p>\n'.repeat(200),
    }
    return { value: question.kept ?? (page as A), source: question.kept === undefined ? 'llm' : 'cache', generation: {} }
  },
  state: noEngine.state,
}

/**
 * Answers of the http lure over real sockets, each recorded: a file of the site, a page that was generated before, and the
 * 404 of the server. Answers a second over 20 kept connections, and the time from request to first byte of one alone.
 */
export async function run(): Promise<Record<string, unknown>> {
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  const hosts = createHosts({ identity, engine: writer, state })
  const playing = await play(http, { persona: 'debian-web', hosts, state, identity, engine: writer })
  try {
    const rows = []
    for (const [what, target] of [
      ['file', '/news/'],
      ['kept page', '/api/orders'],
      ['404', '/phpmyadmin/index.php'],
    ] as const) {
      rows.push({ what, ...(await measure(playing, target)) })
    }
    console.table(rows)
    return { rows }
  } finally {
    await playing.stop()
  }
}

async function measure(playing: Playing, target: string): Promise<Record<string, number>> {
  const request = `GET ${target} HTTP/1.1\r\nHost: bench\r\n\r\n`
  const alone = await Client.open(playing.port())
  const firstBytes: number[] = []
  for (let i = 0; i < 300; i++) firstBytes.push(await alone.ask(request))
  alone.close()
  const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => Client.open(playing.port())))
  const started = performance.now()
  let left = REQUESTS
  await Promise.all(
    clients.map(async (client) => {
      while (left-- > 0) await client.ask(request)
    }),
  )
  const perSecond = Math.round(REQUESTS / ((performance.now() - started) / 1000))
  for (const client of clients) client.close()
  // What was recorded is not what is measured.
  playing.events.length = 0
  const rounded = (p: number): number => Number(percentile(firstBytes, p).toFixed(2))
  return { perSecond, firstByteP50Ms: rounded(50), firstByteP99Ms: rounded(99) }
}

/** One kept connection; an answer has come when its last byte has. */
class Client {
  readonly #socket: Socket
  #text = ''
  #first: number | undefined
  #done: (() => void) | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      this.#first ??= performance.now()
      this.#text += chunk
      if (isWhole(this.#text)) this.#done?.()
    })
  }

  static open(port: number): Promise<Client> {
    return new Promise((resolve, reject) => {
      const socket = createConnection({ port, host: '127.0.0.1', noDelay: true }, () => resolve(new Client(socket)))
      socket.once('error', reject)
    })
  }

  /** @returns milliseconds to the first byte */
  async ask(request: string): Promise<number> {
    this.#text = ''
    this.#first = undefined
    const sent = performance.now()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#done = resolve
    this.#socket.write(request)
    await promise
    return (this.#first ?? sent) - sent
  }

  close(): void {
    this.#socket.destroy()
  }
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return false
  const [, length] = /Content-Length: (\d+)/.exec(text.slice(0, end)) ?? []
  return length === undefined ? text.endsWith('\r\n0\r\n\r\n') : text.length >= end + 4 + Number(length)
}
