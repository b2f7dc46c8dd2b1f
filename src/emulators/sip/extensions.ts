import { randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { atMost } from '../../config/at-most.ts'
import type { Identity } from '../../config/identity.ts'
import { evidence } from '../../events/bytes.ts'
import { digestResponse, hashcatLine, parseDigest } from '../../sensor/digest.ts'
import type { LoginDesk } from '../../sensor/login-desk.ts'
import { header, type SipRequest } from './codec.ts'
import type { Line } from './line.ts'
import type { ServerTransaction } from './transaction.ts'

const NONCES = 20_000
const NONCE_MS = 5 * 60_000
const REGISTRATIONS = 1000

export type Verdict = 'missing' | 'stale' | 'wrong' | 'accepted'
export type Desk = () => LoginDesk

/** Where an extension can be reached, as it said itself. */
export interface Binding {
  contact: string
  /** Seconds. */
  expires: number
}

/** The PBX's extensions: which there are, their challenges, and who is registered as one. */
export class Extensions {
  readonly realm: string
  /** Extensions whose password is as weak as scanners hope. */
  readonly weak: readonly { user: string; password: string }[]
  readonly #numbers: ReadonlySet<string>
  /** Nonce → address that it was sent to. */
  readonly #nonces = new LRUCache<string, string>({ ...atMost(NONCES), ttl: NONCE_MS })
  /** Of each source for itself: nobody learns of another. */
  readonly #registered = new LRUCache<string, Binding>({ max: REGISTRATIONS })

  constructor(identity: Identity, realm: string) {
    this.realm = realm
    const first = identity.pick('sip/first-extension', [100, 200, 1000, 2000, 6000])
    const numbers = Array.from({ length: 14 }, (_, i) => String(first + i)).filter(
      (_, i) => i === 0 || identity.integer(`sip/gap/${i}`, 0, 4) > 0,
    )
    this.#numbers = new Set(numbers)
    const [one = '', two = ''] = [numbers[identity.integer('sip/weak/0', 0, 3)], numbers[identity.integer('sip/weak/1', 4, 6)]]
    this.weak = [
      { user: one, password: one },
      { user: two, password: identity.pick('sip/weak/password', ['1234', '123456', `${two}${two}`, 'password']) },
    ]
  }

  has(number: string): boolean {
    return this.#numbers.has(number)
  }

  get numbers(): readonly string[] {
    return [...this.#numbers]
  }

  /** A challenge for this source, as chan_sip makes it: eight hexadecimal digits. */
  challenge(line: Line, stale: boolean): string {
    const nonce = randomBytes(4).toString('hex')
    this.#nonces.set(nonce, line.source.ip)
    return `Digest algorithm=MD5, realm="${this.realm}", nonce="${nonce}"${stale ? ', stale=true' : ''}`
  }

  /** Judges the request's credentials, and writes them down. A source that echoes our nonce has received it. */
  verify(request: SipRequest, line: Line, desk: Desk): { verdict: Verdict; user: string } {
    const sent = header(request, 'authorization') ?? header(request, 'proxy-authorization')
    const answer = sent === undefined ? undefined : parseDigest(sent)
    if (!answer) return { verdict: 'missing', user: '' }
    const user = answer.username
    const hash = hashcatLine(answer, request.method, { server: line.own.ip, client: line.source.ip })
    if (this.#nonces.get(answer.nonce) !== line.source.ip || !hash) {
      line.login({ method: 'sip-digest', username: evidence(Buffer.from(user, 'latin1')), ...(hash && { hash }), accepted: false })
      return { verdict: 'stale', user }
    }
    line.prove()
    const proves = (password: string): boolean =>
      digestResponse({ ...answer, realm: this.realm }, request.method, password) === answer.response.toLowerCase()
    const isIn = desk().proof('sip-digest', Buffer.from(user, 'latin1'), hash, proves)
    return { verdict: isIn ? 'accepted' : 'wrong', user }
  }

  /**
   * Lets a request pass that has an extension's password.
   * @param as the extension that it must be; any when undefined
   * @returns what refuses it
   */
  demand(transaction: ServerTransaction, desk: Desk, as?: string): (() => number | undefined) | undefined {
    const { request, line } = transaction
    const { verdict, user } = this.verify(request, line, desk)
    if (verdict === 'accepted' && (as === undefined || user === as)) return undefined
    if (verdict === 'accepted' || verdict === 'wrong') return () => transaction.answer(403, 'Forbidden')
    const challenge = this.challenge(line, verdict === 'stale')
    return () => transaction.answer(401, 'Unauthorized', [['WWW-Authenticate', challenge]])
  }

  register(extension: string, ip: string, binding: Binding | undefined): void {
    const key = `${ip} ${extension}`
    if (binding) this.#registered.set(key, binding, { ttl: binding.expires * 1000 })
    else this.#registered.delete(key)
  }

  registered(extension: string, ip: string): Binding | undefined {
    return this.#registered.get(`${ip} ${extension}`)
  }
}
