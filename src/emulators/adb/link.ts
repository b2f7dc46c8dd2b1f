import { randomBytes } from 'node:crypto'
import { evidence } from '../../events/bytes.ts'
import { LimitReached, type Visit, VisitEnded } from '../../sensor/visit.ts'
import { AUTH_PUBLIC_KEY, AUTH_SIGNATURE, AUTH_TOKEN, parsePublicKey, TOKEN_BYTES } from './auth.ts'
import {
  AdbError,
  decodeHeader,
  encode,
  HEADER_BYTES,
  MAX_PAYLOAD,
  MAX_PAYLOAD_V1,
  type Packet,
  parseBanner,
  textOf,
  VERSION_MIN,
  VERSION_SKIP_CHECKSUM,
} from './codec.ts'
import type { AdbEvents } from './events.ts'
import { AdbStream, StreamClosed, type StreamLink } from './stream.ts'

const MOST_STREAMS = 64
/** What a person takes to allow a key on the screen. */
const PERSON_ANSWERS_MS = 2500

export interface LinkSetup {
  visit: Visit<AdbEvents>
  /** `device::ro.product.name=…;features=…` */
  banner: string
  authentication: 'none' | 'accept' | 'refuse'
  nextId: () => number
  /** Starts a service on a new stream; undefined when there is no such service. */
  open(service: Buffer): ((stream: AdbStream) => Promise<void>) | undefined
}

/** One transport of adbd: handshake, streams, flow control. */
export class AdbLink implements StreamLink {
  readonly #setup: LinkSetup
  readonly #streams = new Map<number, AdbStream>()
  /** Until both sides have said CNXN payloads are small, as in adb's first version. */
  maxPayload = MAX_PAYLOAD_V1
  #version = VERSION_MIN
  #isOnline = false
  #fault: (error: unknown) => void = () => undefined

  constructor(setup: LinkSetup) {
    this.#setup = setup
  }

  async send(packet: Packet): Promise<void> {
    await this.#setup.visit.write(encode(packet, this.#version < VERSION_SKIP_CHECKSUM))
  }

  /** Runs until the client has gone. @throws AdbError */
  async run(): Promise<void> {
    const faulted = new Promise<never>((_, reject) => {
      this.#fault = reject
    })
    try {
      await Promise.race([this.#readPackets(), faulted])
    } finally {
      for (const stream of this.#streams.values()) stream.closed()
      this.#streams.clear()
    }
  }

  /** Drops the link, as adbd does when it starts again. */
  async drop(): Promise<void> {
    await this.#setup.visit.end()
  }

  async #readPackets(): Promise<void> {
    const { visit } = this.#setup
    for (;;) {
      const head = await visit.peek(HEADER_BYTES)
      if (head.length === 0) return
      if (head.length < HEADER_BYTES) throw new AdbError(`ends after ${head.length} bytes of a header`)
      const { command, arg0, arg1, length } = decodeHeader(head, this.#isOnline ? this.maxPayload : MAX_PAYLOAD)
      await visit.exactly(HEADER_BYTES)
      const payload = await visit.exactly(length)
      await this.#handle({ command, arg0, arg1, payload })
    }
  }

  async #handle(packet: Packet): Promise<void> {
    if (packet.command === 'CNXN') return this.#connect(packet)
    if (packet.command === 'AUTH') return this.#authenticate(packet)
    if (!this.#isOnline) return
    switch (packet.command) {
      case 'OPEN':
        return this.#open(packet)
      case 'OKAY':
        this.#streams.get(packet.arg1)?.acknowledge()
        return
      case 'WRTE': {
        const stream = this.#streams.get(packet.arg1)
        if (stream && !(await stream.received(packet.payload))) throw new AdbError('a WRTE before the OKAY of the last one')
        return
      }
      case 'CLSE':
        return this.#close(packet)
      default:
        // adbd says in its own log that it does not know what this is, and nothing to the client.
        return
    }
  }

  async #connect({ arg0: version, arg1: maxPayload, payload }: Packet): Promise<void> {
    const { visit, authentication } = this.#setup
    const banner = textOf(payload)
    const { features } = parseBanner(banner.toString('latin1', 0, 2048))
    visit.record('adb.connect', { version, maxPayload, banner: evidence(banner.subarray(0, 1024)), features: features.slice(0, 64) })
    // An old client gets the old protocol; so does nmap, whose probe is one.
    const isOld = version < VERSION_SKIP_CHECKSUM
    this.maxPayload = Math.max(1, Math.min(maxPayload, isOld ? MAX_PAYLOAD_V1 : MAX_PAYLOAD))
    if (authentication === 'none') return this.#goOnline(isOld ? VERSION_MIN : VERSION_SKIP_CHECKSUM)
    this.#wanted = isOld ? VERSION_MIN : VERSION_SKIP_CHECKSUM
    await this.#challenge()
  }
  #wanted = VERSION_MIN

  async #goOnline(version: number): Promise<void> {
    const banner = Buffer.from(this.#setup.banner)
    this.#isOnline = true
    await this.send({ command: 'CNXN', arg0: version, arg1: version === VERSION_MIN ? MAX_PAYLOAD_V1 : MAX_PAYLOAD, payload: banner })
    this.#version = version
  }

  async #challenge(): Promise<void> {
    await this.send({ command: 'AUTH', arg0: AUTH_TOKEN, arg1: 0, payload: randomBytes(TOKEN_BYTES) })
  }

  /** Signatures prove keys that nobody has allowed; the client then offers its public key, which a person may allow. */
  async #authenticate({ arg0, payload }: Packet): Promise<void> {
    const { visit, authentication } = this.#setup
    if (authentication === 'none' || this.#isOnline) return
    if (arg0 === AUTH_SIGNATURE) {
      visit.record('adb.signature', { bytes: payload.length })
      return this.#challenge()
    }
    if (arg0 !== AUTH_PUBLIC_KEY) return
    const offered = parsePublicKey(payload)
    const key = evidence(textOf(payload).subarray(0, 4096))
    visit.record('adb.key', {
      key,
      ...(offered && { fingerprint: offered.fingerprint, comment: evidence(offered.comment.subarray(0, 256)) }),
    })
    const accepted = authentication === 'accept' && offered !== undefined
    if (offered)
      visit.login({
        method: 'publickey',
        username: evidence(offered.comment.subarray(0, 256)),
        fingerprint: offered.fingerprint,
        accepted,
      })
    if (!accepted) return
    await visit.pause(PERSON_ANSWERS_MS)
    await this.#goOnline(this.#wanted)
  }

  async #open({ arg0: remoteId, payload }: Packet): Promise<void> {
    const { visit, open, nextId } = this.#setup
    const service = textOf(payload)
    if (remoteId === 0) return
    const serve = this.#streams.size < MOST_STREAMS ? open(service) : undefined
    visit.record('adb.open', { service: evidence(service.subarray(0, 4096)), served: serve !== undefined })
    if (!serve) return this.send({ command: 'CLSE', arg0: 0, arg1: remoteId, payload: Buffer.alloc(0) })
    const stream = new AdbStream(nextId(), remoteId, this)
    this.#streams.set(stream.localId, stream)
    await this.send({ command: 'OKAY', arg0: stream.localId, arg1: remoteId, payload: Buffer.alloc(0) })
    void this.#serve(stream, serve)
  }

  async #serve(stream: AdbStream, serve: (stream: AdbStream) => Promise<void>): Promise<void> {
    try {
      await serve(stream)
      await stream.close()
    } catch (error) {
      // Who has gone is met by the reading side, which ends the visit.
      if (error instanceof StreamClosed || error instanceof VisitEnded || error instanceof LimitReached) return
      this.#fault(error)
    } finally {
      this.#streams.delete(stream.localId)
    }
  }

  async #close({ arg0: remoteId, arg1: localId }: Packet): Promise<void> {
    const stream = this.#streams.get(localId)
    if (!stream || (remoteId !== 0 && stream.remoteId !== remoteId)) return
    this.#streams.delete(localId)
    // What we closed ourselves is only confirmed.
    if (stream.isClosed) return
    stream.closed()
    await this.send({ command: 'CLSE', arg0: localId, arg1: stream.remoteId, payload: Buffer.alloc(0) })
  }
}
