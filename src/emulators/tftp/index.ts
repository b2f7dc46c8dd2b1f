/**
 * tftpd-hpa that lends out and takes files.
 *
 *   client: RRQ running-config octet, to port 69        us: DATA 1, from a port drawn for this transfer       → tftp.request
 *   client: ACK 1, to that port                         us: DATA 2 … until a short block                      → tftp.read
 *   client: WRQ mips octet                              us: ACK 0, from a new port                            → tftp.request
 *   client: DATA 1 … DATA n                             us: ACK 1 … ACK n                                     → tftp.write, artifact
 *
 * A request proves nothing about who sent it, and its answer is larger than it is: so it gets one packet, under the
 * governor. The first ACK or DATA that comes to the port of the transfer proves that its source hears us (RFC 1350 §4).
 */
import { z } from 'zod'
import { Evidence, evidence } from '../../events/bytes.ts'
import { HostError, type HostFiles } from '../../host/contract.ts'
import { toText } from '../../host/text.ts'
import { defineLure, type VisitContext } from '../../sensor/lure.ts'
import type { Datagram } from '../../sensor/visit.ts'
import { decodeTftp, fromNetascii, TftpFormatError, type TftpPacket, toNetascii } from './codec.ts'
import { type Negotiated, negotiate } from './negotiation.ts'
import { exists, pathOf, ROOT, tftpRoot } from './root.ts'
import { receiveFile, refusal, sendFile } from './transfer.ts'

const TftpOptions = z.strictObject({
  /** Whether files may be written; Debian's tftpd-hpa comes without. */
  write: z.boolean().default(true),
  /** Bytes of one file that are kept. */
  writeBytes: z
    .number()
    .int()
    .min(1024)
    .max(64 * 1024 * 1024)
    .default(10 * 1024 * 1024),
})
type TftpOptions = z.output<typeof TftpOptions>

const tftpEvents = {
  'tftp.request': z.object({
    op: z.enum(['RRQ', 'WRQ']),
    filename: Evidence,
    mode: Evidence,
    options: z.array(z.object({ name: Evidence, value: Evidence })),
    /** In the server's words; absent when the transfer began. */
    refused: z.string().optional(),
  }),
  'tftp.read': z.object({ filename: Evidence, size: z.number(), complete: z.boolean(), clientError: Evidence.optional() }),
  'tftp.write': z.object({
    filename: Evidence,
    size: z.number(),
    sha256: z.string(),
    complete: z.boolean(),
    clientError: Evidence.optional(),
  }),
}

type TftpDatagram = Datagram<typeof tftpEvents>
type Context = VisitContext<TftpOptions, undefined>
type Request = Extract<TftpPacket, { op: 'RRQ' | 'WRQ' }>

export default defineLure({
  name: 'tftp',
  standsFor: ['Dionaea', 'Honeypots'],
  about: 'tftpd-hpa with a boot menu and a switch configuration; takes files too',
  profiles: ['standard', 'mini'],
  ports: [{ transport: 'udp', port: 69, alternate: 6969 }],
  options: TftpOptions,
  events: tftpEvents,

  answer(datagram, context) {
    // Of a flood nothing is answered: it would only grow.
    const request = datagram.fresh ? decode(datagram) : undefined
    if (request?.op !== 'RRQ' && request?.op !== 'WRQ') return undefined
    try {
      const talk = request.op === 'RRQ' ? read(datagram, request, context) : write(datagram, request, context)
      note(datagram, request)
      datagram.converse(talk)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      note(datagram, request, error.message)
      say(datagram, refusal(error.code, error.message))
    }
    return undefined
  },
})

/** What is no packet is met with silence, or the words of tftpd-hpa. */
function decode(datagram: TftpDatagram): TftpPacket | undefined {
  try {
    return decodeTftp(datagram.bytes)
  } catch (error) {
    if (!(error instanceof TftpFormatError)) throw error
    if (error.reply) say(datagram, refusal('illegal', error.reply))
    return undefined
  }
}

/** tftpd-hpa answers from a new port even when it refuses. */
function say(datagram: TftpDatagram, bytes: Buffer): void {
  datagram.converse(async (dialogue) => void dialogue.send(bytes))
}

/** A request that is not granted, in the words of tftpd-hpa. */
class Refusal extends Error {
  readonly code: Parameters<typeof refusal>[0]

  constructor(code: Parameters<typeof refusal>[0], message: string) {
    super(message)
    this.code = code
  }
}

function note(datagram: TftpDatagram, { op, filename, mode, options }: Request, refused?: string): void {
  const text = (value: string): ReturnType<typeof evidence> => evidence(Buffer.from(value.slice(0, 512), 'latin1'))
  datagram.record('tftp.request', {
    op,
    filename: evidence(filename.subarray(0, 512)),
    mode: text(mode),
    options: options.map(([name, value]) => ({ name: text(name), value: text(value) })),
    ...(refused === undefined ? {} : { refused }),
  })
}

type Talk = Parameters<TftpDatagram['converse']>[0]

/** @throws Refusal */
function read(datagram: TftpDatagram, { filename, mode, options }: Request, { host, persona, identity }: Context): Talk {
  const isNetascii = checkMode(mode)
  const found = fileAt(tftpRoot(host, persona, identity), pathOf(toText(filename)))
  const content = isNetascii ? toNetascii(found) : found
  const agreed = negotiated(negotiate(options, true, content.length))
  return async (dialogue) => {
    const { complete, error } = await sendFile(dialogue, content, agreed)
    datagram.record('tftp.read', { filename: evidence(filename), size: content.length, complete, ...clientError(error) })
  }
}

function fileAt(files: HostFiles, path: string): Buffer {
  try {
    if (files.stat(path).type === 'file') return files.read(path)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    if (error.code !== 'EACCES') throw new Refusal('notFound', 'File not found')
  }
  throw new Refusal('access', 'Access violation')
}

/** @throws Refusal */
function write(datagram: TftpDatagram, { filename, mode, options: asked }: Request, { host, persona, identity, options }: Context): Talk {
  const isNetascii = checkMode(mode)
  const files = tftpRoot(host, persona, identity)
  const path = pathOf(toText(filename))
  if (!options.write || path === `${ROOT}/` || !exists(files, path.replace(/\/[^/]*$/, ''))) throw new Refusal('notFound', 'File not found')
  const agreed = negotiated(negotiate(asked, false, 0))
  return async (dialogue) => {
    const { content, size, complete, error } = await receiveFile(dialogue, agreed, options.writeBytes)
    if (size === 0 && !complete) return
    const plain = isNetascii ? fromNetascii(content) : content
    keep(files, path, plain)
    const { sha256 } = datagram.capture(plain, { how: 'tftp.write', name: evidence(filename) })
    datagram.record('tftp.write', { filename: evidence(filename), size, sha256, complete, ...clientError(error) }, ['attack:T1105'])
  }
}

function keep(files: HostFiles, path: string, content: Buffer): void {
  try {
    files.write(path, content, 0o666)
  } catch (error) {
    // The simulated disk may be full; the bytes are kept as artifact in any case.
    if (!(error instanceof HostError)) throw error
  }
}

/** Whether it is netascii. @throws Refusal for a mode that is neither */
function checkMode(mode: string): boolean {
  if (mode !== 'octet' && mode !== 'netascii') throw new Refusal('illegal', 'Unknown mode')
  return mode === 'netascii'
}

function negotiated(agreed: Negotiated | undefined): Negotiated {
  if (!agreed) throw new Refusal('options', 'Unsupported option(s) requested')
  return agreed
}

function clientError(error: { code: number; message: string } | undefined): { clientError?: ReturnType<typeof evidence> } {
  return error ? { clientError: evidence(Buffer.from(`${error.code} ${error.message}`, 'latin1')) } : {}
}
