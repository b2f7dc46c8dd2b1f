import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import type { OutputOf } from '../../config/outputs.ts'
import { Egress } from '../egress.ts'
import { secretOf } from '../secret.ts'
import { Refused, type Sink } from '../sink.ts'

const Op = { ERROR: 0, INFO: 1, AUTH: 2, PUBLISH: 3 } as const
/** Longest message of a broker that is read; INFO and ERROR are short. */
const LONGEST = 64 * 1024
/** A broker ends the connection of who sends more at once. */
const LARGEST = 1024 * 1024
/** A broker that dislikes our name or a message says so at once; after this much silence it is content. */
const OBJECTION_MS = 150

/** Publishes to an HPFeeds broker (hpfeeds protocol, port 10000). The protocol acknowledges nothing: what a broker loses is lost. */
export function openHpfeeds({ host, port, ident, secret, channel, useTls, tls }: OutputOf<'hpfeeds'>): Sink {
  const egress = new Egress([`${host}:${port}`], tls)
  const key = secretOf(secret, 'outputs.hpfeeds.secret')
  let link: Link | undefined
  return {
    async send(events, signal) {
      if (!link?.isOpen) {
        link = new Link(await egress.tcp(host, port, { tls: useTls, signal }))
        const nonce = await link.nonce(signal)
        link.write(message(Op.AUTH, short(ident), createHash('sha1').update(nonce).update(key).digest()))
      }
      const about = Buffer.concat([short(ident), short(channel)])
      const messages = events.map((event) => ({ event, bytes: message(Op.PUBLISH, about, Buffer.from(JSON.stringify(event))) }))
      const fitting = messages.filter(({ bytes }) => bytes.length <= LARGEST)
      await link.flush(Buffer.concat(fitting.map(({ bytes }) => bytes)), signal)
      if (fitting.length === messages.length) return
      const tooLarge = messages.filter(({ bytes }) => bytes.length > LARGEST)
      throw new Refused(
        'too large',
        new Map(tooLarge.map(({ event }) => [event.id, `larger than a message of HPFeeds (${LARGEST} bytes)`])),
      )
    },
    close() {
      link?.end()
      egress.close()
    },
  }
}

/** `length (of all, 4 bytes) | opcode | payload`. */
export function message(op: number, ...parts: readonly Uint8Array[]): Buffer {
  const payload = Buffer.concat(parts)
  const head = Buffer.alloc(5)
  head.writeUInt32BE(payload.length + 5)
  head[4] = op
  return Buffer.concat([head, payload])
}

/** A string with its length in one byte. */
function short(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.of(bytes.length), bytes])
}

class Link {
  readonly #socket: Socket
  #unread = Buffer.alloc(0)
  #nonce: Buffer | undefined
  #trouble: Error | undefined
  #changed: (() => void) | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (data: Buffer) => this.#read(data))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the broker closed the connection')))
  }

  get isOpen(): boolean {
    return this.#trouble === undefined
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes)
  }

  end(): void {
    this.#socket.destroy()
  }

  /** What the broker greets with. */
  async nonce(signal: AbortSignal): Promise<Buffer> {
    while (this.#nonce === undefined) await this.#wait(signal)
    return this.#nonce
  }

  /** Resolves when the system has taken the bytes and the broker has not objected. */
  async flush(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    if (this.#trouble) throw this.#trouble
    let isWritten = false
    this.#socket.write(bytes, () => {
      isWritten = true
      this.#changed?.()
    })
    while (!isWritten) await this.#wait(signal)
    const silence = AbortSignal.timeout(OBJECTION_MS)
    try {
      while (!silence.aborted) await this.#wait(AbortSignal.any([silence, signal]))
    } catch (error) {
      if (!silence.aborted) throw error
    }
  }

  #wait(signal: AbortSignal): Promise<void> {
    if (this.#trouble) return Promise.reject(this.#trouble)
    return new Promise((resolve, reject) => {
      const settle = (error?: Error): void => {
        this.#changed = undefined
        signal.removeEventListener('abort', aborted)
        if (error) reject(error)
        else resolve()
      }
      const aborted = (): void => settle(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
      if (signal.aborted) {
        aborted()
        return
      }
      signal.addEventListener('abort', aborted)
      this.#changed = () => settle(this.#trouble)
    })
  }

  #read(data: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, data])
    while (this.#unread.length >= 5) {
      const length = this.#unread.readUInt32BE()
      if (length < 5 || length > LONGEST) {
        this.#fail(new Error(`the broker sent a message of ${length} bytes`))
        return
      }
      if (this.#unread.length < length) return
      const payload = this.#unread.subarray(5, length)
      const op = this.#unread[4]
      this.#unread = this.#unread.subarray(length)
      if (op === Op.ERROR) this.#fail(new Error(`the broker said: ${payload.toString('utf8').slice(0, 200)}`))
      if (op === Op.INFO) {
        this.#nonce = payload.subarray(1 + (payload[0] ?? 0))
        this.#changed?.()
      }
    }
  }

  #fail(error: Error): void {
    this.#trouble ??= error
    this.#socket.destroy()
    this.#changed?.()
  }
}
