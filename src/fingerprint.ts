import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import { connect as connectTls, type PeerCertificate } from 'node:tls'
import { parse } from 'yaml'
import { z } from 'zod'
import type { Finding } from './llm/diagnose.ts'
import type { PortRow } from './sensor/sensor.ts'

/** How long an answer is waited for, and how long none must have come until the next step, ms. */
const ANSWER_MS = 3_000
const QUIET_MS = 350
const MOST_BYTES = 256 * 1024
/** How often a question is asked again that got no answer. */
const REPEATS = 2

/** What a published detector asks, and what it recognises a honeypot by. */
const Signature = z.strictObject({
  id: z.string(),
  /** The honeypot that is recognised. */
  of: z.string(),
  /** The detector that publishes it. */
  by: z.string().optional(),
  lures: z.array(z.string()).min(1),
  transport: z.enum(['tcp', 'udp']).default('tcp'),
  tls: z.boolean().default(false),
  /** Which of a lure's ports of that kind is asked, in the order of its declaration. */
  nth: z.number().int().min(0).default(0),
  /** What is looked at is whom the certificate names, not what comes back. */
  certificate: z.boolean().default(false),
  /** Texts, or bytes after `hex:`; an empty one waits for the greeting. */
  send: z.array(z.string()).min(1),
  /** Must not be in what comes back. */
  never: z.array(z.string()).min(1),
  /** Must be in what comes back. */
  must: z.array(z.string()).default([]),
  /** Must not be all that comes back. */
  whole: z.array(z.string()).default([]),
  /** No answer at all is right. */
  quiet: z.boolean().default(false),
})
export type Signature = z.infer<typeof Signature>

export const SIGNATURES: readonly Signature[] = z
  .array(Signature)
  .parse(parse(readFileSync(new URL('./fingerprints.yaml', import.meta.url), 'utf8')))

/**
 * Asks running lures what published honeypot detectors ask.
 * @param rows ports that are open, as `sundew ports` shows them
 */
export async function fingerprint(rows: readonly PortRow[], signatures: readonly Signature[] = SIGNATURES): Promise<Finding[]> {
  const names = new Set(signatures.flatMap(({ lures }) => lures))
  // Lures side by side, the questions to one after the other.
  const found = await Promise.all([...names].map((lure) => fingerprintOf(lure, rows, signatures)))
  return found.flat()
}

async function fingerprintOf(lure: string, rows: readonly PortRow[], signatures: readonly Signature[]): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const signature of signatures.filter(({ lures }) => lures.includes(lure))) {
    const row = rows.filter((one) => one.lure === lure && one.transport === signature.transport && one.tls === signature.tls)[signature.nth]
    if (row) findings.push(await judge(signature, row))
  }
  return findings
}

async function judge(signature: Signature, row: PortRow): Promise<Finding> {
  const where = `${row.lure} on ${row.transport} ${row.port}`
  let answer = await ask(signature, row).catch((error: Error) => error)
  // A busy sensor may have kept the first answer until it was not waited for any more.
  for (let again = 0; again < REPEATS && !(answer instanceof Error) && answer.length === 0 && !signature.quiet; again++) {
    answer = await ask(signature, row).catch((error: Error) => error)
  }
  if (answer instanceof Error) return bad(`${where}: ${answer.message}`, 'see sundew ports, and what the log says')
  const seen =
    signature.never.find((mark) => answer.includes(bytesOf(mark))) ??
    signature.whole.find((mark) => answer.equals(bytesOf(mark))) ??
    signature.must.filter((mark) => !answer.includes(bytesOf(mark))).map((mark) => `no ${mark}`)[0]
  if (seen !== undefined)
    return bad(`${where} answers as ${signature.of} does (${signature.id}): ${seen}`, 'report it: nobody should know us by this')
  if (answer.length === 0 && !signature.quiet)
    return bad(`${where} did not answer ${signature.id}, so nothing is shown`, 'try again when the sensor is less busy')
  return { ok: true, what: `${where} is not ${signature.of} to ${signature.id}`, cure: '' }
}

function bad(what: string, cure: string): Finding {
  return { ok: false, what, cure }
}

function reachable(host: string): string {
  return host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
}

function ask(signature: Signature, row: PortRow): Promise<Buffer> {
  const host = reachable(row.host)
  const steps = signature.send.map(bytesOf)
  if (signature.certificate) return certificateOf(host, row.port)
  return signature.transport === 'udp' ? askUdp(host, row.port, steps) : askTcp(host, row, steps)
}

/** SHA-256 of the certificate that each port with TLS shows, by `host:port`; of one that shows none, nothing. */
export async function certificatesOf(rows: readonly PortRow[]): Promise<Map<string, string>> {
  const seen = new Map<string, string>()
  for (const row of rows.filter(({ tls }) => tls)) {
    const peer = await peerOf(reachable(row.host), row.port).catch(() => undefined)
    if (peer) seen.set(`${row.host}:${row.port}`, peer.fingerprint256)
  }
  return seen
}

/** Subject and issuer, `CN=example.com`, a field a line. */
async function certificateOf(host: string, port: number): Promise<Buffer> {
  const { subject, issuer } = await peerOf(host, port)
  const fields = [subject, issuer].flatMap((name) => Object.entries(name ?? {}))
  return Buffer.from(fields.map(([field, value]) => `${field}=${String(value)}`).join('\n'), 'latin1')
}

async function peerOf(host: string, port: number): Promise<PeerCertificate> {
  const socket = connectTls({ host, port, rejectUnauthorized: false })
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', () => resolve())
      socket.once('error', reject)
    })
    return socket.getPeerCertificate()
  } finally {
    socket.destroy()
  }
}

async function askTcp(host: string, { port, tls }: PortRow, steps: readonly Buffer[]): Promise<Buffer> {
  // The certificate is the played product's own: nobody signed it.
  const socket: Socket = tls ? connectTls({ host, port, rejectUnauthorized: false }) : createConnection({ host, port })
  const answer = new Answer()
  socket.on('data', (bytes: Buffer) => answer.add(bytes))
  socket.on('close', () => answer.end())
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once(tls ? 'secureConnect' : 'connect', () => resolve())
      socket.once('error', reject)
    })
    socket.on('error', () => answer.end())
    for (const step of steps) {
      if (step.length) socket.write(step)
      await answer.settled()
    }
    return answer.bytes
  } finally {
    socket.destroy()
  }
}

async function askUdp(host: string, port: number, steps: readonly Buffer[]): Promise<Buffer> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  const answer = new Answer()
  socket.on('message', (bytes) => answer.add(bytes))
  try {
    for (const step of steps) {
      socket.send(step, port, host)
      await answer.settled()
    }
    return answer.bytes
  } finally {
    socket.close()
  }
}

/** What came back so far, and when it seems to be all. */
class Answer {
  readonly #parts: Buffer[] = []
  #length = 0
  #lastAt = 0
  #ended = false

  get bytes(): Buffer {
    return Buffer.concat(this.#parts)
  }

  add(bytes: Buffer): void {
    this.#lastAt = performance.now()
    if (this.#length < MOST_BYTES) this.#parts.push(bytes)
    this.#length += bytes.length
  }

  end(): void {
    this.#ended = true
  }

  /** Until it was quiet for a while after an answer, or none came in time. */
  async settled(): Promise<void> {
    const askedAt = performance.now()
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 25))
      const now = performance.now()
      const hasAnswered = this.#lastAt >= askedAt
      if (this.#ended || now - askedAt > ANSWER_MS || (hasAnswered && now - this.#lastAt > QUIET_MS)) return
    }
  }
}

function bytesOf(text: string): Buffer {
  return text.startsWith('hex:') ? Buffer.from(text.slice(4), 'hex') : Buffer.from(text, 'latin1')
}
