import { evidence } from '../../events/bytes.ts'
import { HostError } from '../../host/contract.ts'
import { accountFor } from '../../host/login-policy.ts'
import { toBytes } from '../../host/text.ts'
import { LoginDesk } from '../../sensor/login-desk.ts'
import type { VisitContext } from '../../sensor/lure.ts'
import { type Channel, LimitReached, type Passive, type Visit } from '../../sensor/visit.ts'
import type { FtpEvents } from './events.ts'
import type { FtpOptions, Room } from './options.ts'
import { fill, type Product, type Values } from './product.ts'
import { FileTree } from './tree.ts'

export type FtpContext = VisitContext<FtpOptions, Room>
export type FtpVisit = Visit<FtpEvents>

const ANONYMOUS_ROOT = '/srv/ftp'

/** One control connection: who is in, how transfers go, and the words of the product. */
export class FtpSession {
  readonly visit: FtpVisit
  readonly context: FtpContext
  readonly product: Product
  readonly desk: LoginDesk
  readonly clientsAtStart: number
  /** Name of USER, until PASS; one character a byte. */
  asked: string | undefined
  user: string | undefined
  #tree: FileTree | undefined
  refusals = 0
  isBinary = false
  isPrivate = false
  epsvOnly = false
  restart = 0
  renameFrom: string | undefined
  copyFrom: string | undefined
  passive: Passive | undefined
  /** Where PORT told us to connect to: a data connection that never comes. */
  active: number | undefined
  bytesUp = 0
  bytesDown = 0

  constructor(visit: FtpVisit, context: FtpContext) {
    this.visit = visit
    this.context = context
    this.product = context.room.product
    this.desk = new LoginDesk(visit, context)
    this.clientsAtStart = context.room.clients
  }

  get tree(): FileTree {
    return this.#tree as FileTree
  }

  get isIn(): boolean {
    return this.#tree !== undefined
  }

  get zone(): string {
    return this.product.zone === 'UTC' ? 'UTC' : this.context.persona.timezone
  }

  /** What every reply may mention. */
  values(more: Values = {}): Values {
    const { options, persona } = this.context
    return {
      version: this.context.options.product === 'proftpd' ? '1.3.8' : options.version,
      label: { debian: 'Debian', ubuntu: 'Ubuntu' }[persona.os.family as string] ?? persona.hostname,
      local: this.visit.local.ip,
      source: this.visit.source.ip,
      user: this.user === undefined ? (this.asked ?? '') : latin1(this.user),
      cwd: latin1(this.#tree?.cwd.replaceAll('"', '""') ?? '/'),
      mode: this.isBinary ? 'BINARY' : 'ASCII',
      type: this.isBinary ? '8-bit binary' : 'ASCII',
      control: this.visit.tls ? 'encrypted' : 'plain text',
      data: this.isPrivate ? 'encrypted' : 'plain text',
      ...more,
    }
  }

  /** The lines of a reply. A product that has none for this occasion takes the other. */
  say(key: string, values: Values = {}, otherwise = 'unknown'): string[] {
    const { replies } = this.product
    return fill(replies[key] ?? replies[otherwise] ?? [], this.values(values))
  }

  has(key: string): boolean {
    return this.product.replies[key] !== undefined
  }

  async reply(lines: readonly string[]): Promise<void> {
    if (lines.length) await this.visit.write(Buffer.from(lines.map((line) => `${line}\r\n`).join(''), 'latin1'))
  }

  /** Lets a user in whom the login desk has accepted. */
  async enter(user: string): Promise<void> {
    const { host, options } = this.context
    const { source: remote, local } = this.visit
    const account = await accountFor(host, user, { remote, local, via: options.product, recorder: this.visit })
    this.user = user
    this.asked = undefined
    this.#tree = new FileTree(host, account, { root: '', home: homeOf(host, account) })
  }

  /** Lets a stranger into the public folder, which is made when it is not there. */
  enterAnonymously(): void {
    const { host, options } = this.context
    const root = host.files('root')
    for (const folder of ['/srv', ANONYMOUS_ROOT]) {
      try {
        root.mkdir(folder, 0o755)
      } catch (error) {
        if (!(error instanceof HostError)) throw error
      }
    }
    root.chmod(ANONYMOUS_ROOT, options.anonymous === 'write' ? 0o777 : 0o755)
    this.user = 'ftp'
    this.asked = undefined
    this.#tree = new FileTree(host, 'ftp', { root: ANONYMOUS_ROOT, home: '/' })
  }

  get mayWrite(): boolean {
    return this.user !== 'ftp' || this.context.options.anonymous === 'write'
  }

  /** Says that the transfer begins, then secures its connection: clients wait for the one before they do the other. */
  async begin(channel: Channel, lines: readonly string[]): Promise<void> {
    await this.reply(lines)
    if (this.isPrivate) await channel.startTls()
  }

  get isDataPrepared(): boolean {
    return this.passive !== undefined || this.active !== undefined
  }

  /** The data connection that the client has prepared, or the reply that says why there is none. */
  async dataChannel(): Promise<Channel | string[]> {
    const { passive, active } = this
    this.passive = undefined
    this.active = undefined
    if (!passive) return active === undefined ? this.say('needData') : this.say('noConnection', { port: active })
    try {
      return await passive.accept({ within: 60_000 })
    } catch (error) {
      if (error instanceof LimitReached && error.limit === 'passive') return this.say('noConnection', { port: passive.port })
      throw error
    } finally {
      passive.close()
    }
  }
}

function homeOf(host: FtpContext['host'], account: string): string {
  try {
    const passwd = host
      .files('root')
      .read('/etc/passwd')
      .toString('latin1', 0, 64 * 1024)
    const line = passwd.split('\n').find((entry) => entry.startsWith(`${account}:`))
    return line?.split(':')[5] || '/'
  } catch (error) {
    if (error instanceof HostError) return '/'
    throw error
  }
}

/** Host text as it goes over the wire, one character a byte. */
export const latin1 = (text: string): string => toBytes(text).toString('latin1')

export const bytes = (text: string): ReturnType<typeof evidence> => evidence(Buffer.from(text.slice(0, 1024), 'latin1'))
