import { endOfHead, type HeaderLine, httpDate, parseRequestHead } from '../../http/index.ts'
import type { Door } from '../../sensor/lure.ts'
import { InnerClient } from '../../sensor/tunnel.ts'
import { LimitReached, type Visit } from '../../sensor/visit.ts'
import { HOP_BY_HOP, headText } from './squid.ts'

const LARGEST_HEAD = 64 * 1024
/** Until an origin that says nothing is given up. */
const ORIGIN_MS = 60_000
/** A chunk of a body that is passed on at once. */
const PIECE = 64 * 1024

export interface Fetched {
  status: number
  /** The head as the client got it. */
  head: string
  bytes: number
  keepAlive: boolean
}

/**
 * Fetches from the lure that plays the origin, and passes the answer on as it comes.
 * @param head of the request as the proxy sends it on
 * @param added header lines that the proxy puts behind those of the origin
 * @returns undefined when no answer came; nothing was written then
 */
export async function fetchThrough(
  visit: Pick<Visit, 'source' | 'local' | 'read' | 'exactly' | 'line' | 'write' | 'signal'>,
  door: Door,
  port: number,
  request: { head: string; method: string; headers: readonly HeaderLine[] },
  added: (kept: readonly HeaderLine[], keepAlive: boolean) => HeaderLine[],
  wantsMore: boolean,
): Promise<Fetched | undefined> {
  const client = new InnerClient(door, visit.source, { ip: visit.local.ip, port })
  const hangUp = (): void => client.close()
  visit.signal.addEventListener('abort', hangUp, { once: true })
  try {
    await client.send(Buffer.from(request.head, 'latin1'))
    await sendBody(visit, client, request.headers)
    let came = Buffer.alloc(0)
    for (let end = -1; end < 0; end = endOfHead(came)) {
      const bytes = await client.read(ORIGIN_MS)
      if (!bytes || came.length > LARGEST_HEAD) return undefined
      came = Buffer.concat([came, bytes])
    }
    const end = endOfHead(came)
    const { line, headers } = parseRequestHead(came.subarray(0, end))
    const status = `${line.target.split(' ')[0] ?? ''} ${line.raw.toString('latin1').split(' ').slice(2).join(' ')}`
    const kept = headers.filter(([name]) => !HOP_BY_HOP.has(name.toLowerCase()))
    const isFramed =
      request.method === 'HEAD' || /^(204|304)/.test(status) || kept.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name))
    const keepAlive = wantsMore && isFramed
    const dated = kept.some(([name]) => name.toLowerCase() === 'date') ? kept : [...kept, ['Date', httpDate(Date.now())] as const]
    const head = headText(status, added(dated, keepAlive))
    await visit.write(Buffer.from(head, 'latin1'))
    let bytes = 0
    for (let piece: Buffer | undefined = came.subarray(end); piece; piece = await client.read(ORIGIN_MS)) {
      bytes += piece.length
      if (piece.length) await visit.write(piece)
    }
    return { status: Number(status.slice(0, 3)), head, bytes, keepAlive }
  } finally {
    visit.signal.removeEventListener('abort', hangUp)
    client.close()
  }
}

/** Passes on the body of a request: as long as it says, or chunk by chunk. */
async function sendBody(visit: Pick<Visit, 'exactly' | 'line'>, client: InnerClient, headers: readonly HeaderLine[]): Promise<void> {
  const value = (name: string): string => headers.find(([n]) => n.toLowerCase() === name)?.[1] ?? ''
  if (/chunked/i.test(value('transfer-encoding'))) {
    for (;;) {
      const line = (await visit.line(256)).toString('latin1')
      const size = Number.parseInt(line, 16)
      if (!(size >= 0)) throw new LimitReached('chunk')
      await client.send(Buffer.from(`${line}\r\n`, 'latin1'))
      await pass(visit, client, size)
      await client.send(Buffer.concat([await visit.line(2), Buffer.from('\r\n')]))
      if (size === 0) return
    }
  }
  const length = /^\d{1,15}$/.test(value('content-length')) ? Number(value('content-length')) : 0
  await pass(visit, client, length)
}

async function pass(visit: Pick<Visit, 'exactly'>, client: InnerClient, length: number): Promise<void> {
  for (let left = length; left > 0; left -= Math.min(left, PIECE))
    await client.send(Buffer.from(await visit.exactly(Math.min(left, PIECE))))
}
