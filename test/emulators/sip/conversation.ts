import { createSocket, type Socket } from 'node:dgram'
import { Identity } from '../../../src/config/identity.ts'
import { DialPlan } from '../../../src/emulators/sip/dial-plan.ts'
import sip from '../../../src/emulators/sip/index.ts'
import { createHosts } from '../../../src/host/hosts.ts'
import { type DigestAnswer, digestResponse } from '../../../src/sensor/digest.ts'
import { MemoryState, noEngine, type Playing, play } from '../../harness.ts'

export const identity = new Identity(Buffer.alloc(32, 7))

/** What has to be dialled before an international number. */
export const OUT = `${new DialPlan(identity, () => false).outsideLine}00`

export async function serve(options: Record<string, unknown> = {}, settings: Record<string, unknown> = {}): Promise<Playing> {
  const state = new MemoryState()
  return play(sip, {
    options: { login: { policy: 'list' }, ...options },
    settings,
    identity,
    state,
    hosts: createHosts({ identity, engine: noEngine, state }),
  })
}

export interface RequestParts {
  method: string
  to?: string
  from?: string
  callId?: string
  cseq?: number
  branch?: string
  headers?: string[]
  body?: string
  toTag?: string
}

let counter = 0

/** A request as a softphone writes it. */
export function request({ method, to = '100', from = '1', headers = [], body = '', toTag, ...parts }: RequestParts): string {
  counter++
  const { callId = `call-${counter}`, cseq = 1, branch = `z9hG4bK${counter}` } = parts
  return [
    `${method} sip:${to}@192.0.2.5 SIP/2.0`,
    `Via: SIP/2.0/UDP 198.51.100.7:5062;branch=${branch};rport`,
    'Max-Forwards: 70',
    `From: "${from}" <sip:${from}@192.0.2.5>;tag=f${callId}`,
    `To: <sip:${to}@192.0.2.5>${toTag ? `;tag=${toTag}` : ''}`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq} ${method}`,
    `Contact: <sip:${from}@198.51.100.7:5062>`,
    'User-Agent: friendly-scanner',
    ...headers,
    ...(body ? ['Content-Type: application/sdp'] : []),
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n')
}

export const OFFER = [
  'v=0',
  'o=- 1 1 IN IP4 198.51.100.7',
  's=-',
  'c=IN IP4 198.51.100.7',
  't=0 0',
  'm=audio 40000 RTP/AVP 8 0 101',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-15',
  'a=sendrecv',
  'a=ptime:20',
  '',
].join('\r\n')

/** The answer to a challenge. */
export function authorization(challenge: string, method: string, user: string, password: string): string {
  const field = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? ''
  const answer: Omit<DigestAnswer, 'response'> = {
    username: user,
    realm: field('realm'),
    nonce: field('nonce'),
    uri: 'sip:192.0.2.5',
    algorithm: 'MD5',
    cnonce: '',
    nc: '',
    qop: '',
  }
  const response = digestResponse(answer, method, password)
  return `Authorization: Digest username="${user}", realm="${answer.realm}", nonce="${answer.nonce}", uri="${answer.uri}", response="${response}", algorithm=MD5`
}

/** A telephone over UDP that waits for each answer. */
export class Telephone {
  readonly #socket: Socket
  readonly #port: number
  readonly #received: string[] = []
  bytesIn = 0
  bytesOut = 0
  #wake: () => void = () => undefined

  private constructor(socket: Socket, port: number) {
    this.#socket = socket
    this.#port = port
    socket.on('message', (bytes) => {
      this.bytesIn += bytes.length
      this.#received.push(bytes.toString('latin1'))
      this.#wake()
    })
  }

  static async to(playing: Playing): Promise<Telephone> {
    const socket = createSocket('udp4')
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
    return new Telephone(socket, playing.port(0))
  }

  send(text: string | Buffer): void {
    this.bytesOut += Buffer.byteLength(text as string)
    this.#socket.send(text, this.#port, '127.0.0.1')
  }

  async next(withinMs = 8000): Promise<string> {
    const text = await this.maybe(withinMs)
    if (text === undefined) throw new Error('no answer came')
    return text
  }

  async maybe(withinMs: number): Promise<string | undefined> {
    const known = this.#received.shift()
    if (known !== undefined) return known
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(undefined), withinMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve(this.#received.shift())
      }
    })
  }

  async ask(text: string): Promise<string> {
    this.send(text)
    return this.next()
  }

  close(): void {
    this.#socket.close()
  }
}

export function statusOf(answer: string): number {
  return Number(answer.slice(8, 11))
}

export function headerOf(answer: string, name: string): string {
  return new RegExp(`^${name}: (.*)$`, 'im').exec(answer)?.[1]?.trim() ?? ''
}
