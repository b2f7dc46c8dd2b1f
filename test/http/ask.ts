import type { Playing } from '../harness.ts'
import { isFound, type Probe, type ProbeReply, probeRequest, probes } from './probes.ts'

export interface Reply {
  status: number
  /** Status line and header lines. */
  head: string
  body: string
  bytes: Buffer
  header(name: string): string | undefined
}

export interface Asking {
  headers?: Record<string, string>
  body?: string | Buffer
  /** Number of the lure's port declaration. */
  port?: number
  version?: '1.0' | '1.1'
}

/** Every probe asks for the end of its connection, which a busy machine reaches late, and some for a pause before it. */
const PATIENCE_MS = 8_000

/** One request on a connection of its own, with its target exactly as given. */
export async function ask(
  playing: Playing,
  method: string,
  target: string,
  { headers = {}, body = '', port = 0, version = '1.1' }: Asking = {},
): Promise<Reply> {
  const lines = {
    Host: 'www.test.lan',
    Connection: 'close',
    ...headers,
    ...(body.length > 0 ? { 'Content-Length': String(Buffer.byteLength(body)) } : {}),
  }
  const head = `${method} ${target} HTTP/${version}\r\n${Object.entries(lines)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`
  const bytes = await playing.exchange(Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)]), {
    port: playing.port(port),
    quietMs: 2_000,
  })
  return readReply(bytes)
}

export function readReply(bytes: Buffer): Reply {
  const end = bytes.indexOf('\r\n\r\n')
  const head = bytes.subarray(0, end < 0 ? bytes.length : end).toString('latin1')
  const header = (name: string): string | undefined => new RegExp(`\\r\\n${name}: ?([^\\r]*)`, 'i').exec(head)?.[1]
  const raw = bytes.subarray(end < 0 ? bytes.length : end + 4)
  const body = /chunked/i.test(header('transfer-encoding') ?? '') ? unchunked(raw) : raw
  return { status: Number(head.slice(9, 12)), head, body: body.toString('utf8'), bytes: body, header }
}

function unchunked(raw: Buffer): Buffer {
  const chunks: Buffer[] = []
  for (let at = 0; ; ) {
    const end = raw.indexOf('\r\n', at)
    const size = Number.parseInt(raw.subarray(at, end).toString('latin1'), 16)
    if (end < 0 || !(size > 0)) return Buffer.concat(chunks)
    chunks.push(raw.subarray(end + 2, end + 2 + size))
    at = end + 2 + size + 2
  }
}

/**
 * Sends every recorded probe, the steps of one after another.
 * @returns names of those that find something; of alternatives and steps (`[1/3]`) the name without its number
 */
export async function findsOf(playing: Playing, port = 0): Promise<string[]> {
  return (await scan(playing, port)).finds
}

/** As `findsOf`, with what each probe got. */
export async function scan(playing: Playing, port = 0): Promise<{ finds: string[]; replies: { probe: Probe; reply: Reply }[] }> {
  const found = new Set<string>()
  const all: { probe: Probe; reply: Reply }[] = []
  const groups = [...Map.groupBy(probes(), ({ name, chain }) => (chain ? plainName(name) : name)).values()]
  for (let at = 0; at < groups.length; at += 20) {
    await Promise.all(
      groups.slice(at, at + 20).map(async (steps) => {
        const replies: ProbeReply[] = []
        for (const probe of steps.sort((a, b) => (a.chain?.step ?? 0) - (b.chain?.step ?? 0))) {
          const startedAt = performance.now()
          const request = probeRequest({ ...probe, headers: expanded(probe.headers) })
          const bytes = await playing.exchange(request, { port: playing.port(port), quietMs: PATIENCE_MS })
          const seconds = (performance.now() - startedAt) / 1000
          const reply = readReply(bytes)
          all.push({ probe, reply })
          replies.push({ text: `${reply.head}\r\n\r\n${reply.body}`, seconds, ...(probe.chain ? { step: probe.chain.step } : {}) })
        }
        const [{ name }] = steps as [Probe]
        if (steps.some((probe, i) => isFound(probe, replies.slice(0, i + 1)))) found.add(plainName(name))
      }),
    )
  }
  return { finds: [...found].sort(), replies: all }
}

function plainName(name: string): string {
  return name.replace(/ \[\d\/\d\]$/, '')
}

/** `A*12700` in a recorded header stands for so many letters. */
function expanded(headers: Readonly<Record<string, string>>): Record<string, string> {
  const one = (value: string): string => {
    const [, letter, count] = /^(.)\*(\d{3,6})$/.exec(value) ?? []
    return letter === undefined ? value : letter.repeat(Number(count))
  }
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, one(value)]))
}
