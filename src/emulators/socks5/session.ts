import type { Persona } from '../../config/persona.ts'
import { evidence } from '../../events/bytes.ts'
import type { LoginDesk } from '../../sensor/login-desk.ts'
import type { Door } from '../../sensor/lure.ts'
import { type Reach, reach } from '../../sensor/reach.ts'
import { type Carried, silentTunnel, tunnelTo } from '../../sensor/tunnel.ts'
import type { Visit } from '../../sensor/visit.ts'
import {
  ADDRESS_TYPE,
  addressLength,
  COMMAND,
  commandName,
  encodeReply,
  encodeReply4,
  METHOD,
  REPLY,
  REPLY4,
  readAddress,
  type SocksAddress,
  SocksError,
} from './codec.ts'
import type { SocksEvents } from './index.ts'

export interface SessionSetup {
  visit: Visit<SocksEvents>
  /** Methods of RFC 1928 §3 in the order of preference. */
  methods: readonly number[]
  desk: LoginDesk
  persona: Persona
  door: (port: number) => Door | undefined
  /** Milliseconds that each read of the negotiation may take. */
  deadline: number
}

/** A request of either version, and how its answer is written. */
interface Asked {
  version: number
  command: number
  target: SocksAddress
  user?: Buffer
  granted(bound: SocksAddress): Buffer
  failed(reply: number, address: SocksAddress): Buffer
}

const LONGEST_USER4 = 255
/** What each far end is to Dante, and whether it tells the address that it dialled from, or the one that was asked for. */
const FAILURES: Record<'refused' | 'unreachable' | 'unknown-name', { reply: number; tells: 'bound' | 'target' }> = {
  refused: { reply: REPLY.REFUSED, tells: 'bound' },
  unreachable: { reply: REPLY.FAILURE, tells: 'bound' },
  'unknown-name': { reply: REPLY.HOST_UNREACHABLE, tells: 'target' },
}

/** One client of Dante, from its greeting to the end of its tunnel. */
export class SocksSession {
  readonly #setup: SessionSetup
  /** The bytes of the negotiation so far. */
  taken = Buffer.alloc(0)

  constructor(setup: SessionSetup) {
    this.#setup = setup
  }

  /** @throws SocksError when what comes is no SOCKS; Dante hangs up then */
  async run(): Promise<void> {
    const [version = 0] = await this.#take(1)
    if (version === 5) return this.#run5()
    if (version === 4) return this.#run4()
    throw new SocksError(`version ${version}`)
  }

  async #take(n: number): Promise<Buffer> {
    const bytes = await this.#setup.visit.exactly(n, { within: this.#setup.deadline })
    this.taken = Buffer.concat([this.taken, bytes])
    return bytes
  }

  async #run5(): Promise<void> {
    const { visit, methods } = this.#setup
    const [count = 0] = await this.#take(1)
    const offered = [...(await this.#take(count))]
    const chosen = methods.find((method) => offered.includes(method)) ?? METHOD.NO_ACCEPTABLE
    visit.record('socks5.methods', { offered, chosen })
    await visit.write(Buffer.of(5, chosen))
    if (chosen === METHOD.NO_ACCEPTABLE) return
    if (chosen === METHOD.USERNAME && !(await this.#login())) return
    const [version = 0, command = 0, , type = 0] = await this.#take(4)
    // Dante waits on for a version that it knows.
    if (version !== 5) return void (await visit.read({ within: this.#setup.deadline }))
    const [nameLength = 0] = type === ADDRESS_TYPE.NAME ? await this.#take(1) : []
    const target = readAddress(type, await this.#take(addressLength(type, nameLength) + 2))
    await this.#answer({
      version,
      command,
      target,
      granted: (bound) => encodeReply(REPLY.SUCCEEDED, bound),
      failed: (reply, address) => encodeReply(reply, address),
    })
  }

  /** RFC 1929. */
  async #login(): Promise<boolean> {
    const { visit, desk } = this.#setup
    const [version = 0, userLength = 0] = await this.#take(2)
    if (version !== 1) throw new SocksError(`login of version ${version}`)
    const user = await this.#take(userLength)
    const [length = 0] = await this.#take(1)
    const password = await this.#take(length)
    const isRight = desk.password('socks5', user, password)
    await visit.write(Buffer.of(1, isRight ? 0 : 1))
    return isRight
  }

  async #run4(): Promise<void> {
    const head = await this.#take(7)
    const port = head.readUInt16BE(1)
    const address = head.subarray(3)
    const user = await this.#untilNul()
    // 4A: an address 0.0.0.x means that a name follows.
    const isNamed = address.readUInt32BE() < 0x100 && address[3] !== 0
    const host = isNamed ? (await this.#untilNul()).toString('latin1') : address.join('.')
    const target = { type: isNamed ? ADDRESS_TYPE.NAME : ADDRESS_TYPE.IPV4, host, port }
    const asked: Asked = {
      version: 4,
      command: head[0] ?? 0,
      target,
      user,
      granted: (bound) => encodeReply4(REPLY4.GRANTED, bound.host, bound.port),
      failed: (_reply, where) => encodeReply4(REPLY4.REJECTED, where.host, where.port),
    }
    if (this.#setup.methods.includes(METHOD.NONE)) return this.#answer(asked)
    // Version 4 has no password, so who must log in is not let through.
    this.#record(asked, 'denied')
    await this.#setup.visit.write(asked.failed(REPLY.NOT_ALLOWED, target))
  }

  async #untilNul(): Promise<Buffer> {
    const bytes = await this.#setup.visit.until(Buffer.of(0), LONGEST_USER4 + 1, { within: this.#setup.deadline })
    this.taken = Buffer.concat([this.taken, bytes])
    return bytes.subarray(0, -1)
  }

  async #answer(asked: Asked): Promise<void> {
    const { visit } = this.#setup
    const { command, target } = asked
    const bound = this.#bound()
    if (command === COMMAND.CONNECT) return this.#connect(asked, bound)
    if (command !== COMMAND.BIND && !(command === COMMAND.UDP_ASSOCIATE && asked.version === 5)) {
      this.#record(asked, 'unsupported')
      throw new SocksError(`command ${command} for ${target.host}`)
    }
    this.#record(asked, 'held')
    await visit.write(asked.granted(bound))
    // Nobody will come to that port: it is not open.
    while (await visit.read());
  }

  async #connect(asked: Asked, bound: SocksAddress): Promise<void> {
    const { visit, persona, door } = this.#setup
    const { target } = asked
    // Dante has an IPv4 address outside, and no port 0.
    if (target.type === ADDRESS_TYPE.IPV6 || target.port === 0) {
      this.#record(asked, 'unreachable')
      return visit.write(asked.failed(REPLY.ADDRESS_TYPE, target))
    }
    const found = reach(target.host, target.port, persona, door)
    this.#record(asked, found.kind, found.kind === 'lure' ? found.door.lure : undefined)
    if (found.kind === 'lure' || found.kind === 'silent') {
      await visit.write(asked.granted(bound))
      return this.#carry(found, target)
    }
    const { reply, tells } = FAILURES[found.kind]
    await visit.write(asked.failed(reply, tells === 'bound' ? bound : target))
  }

  async #carry(found: Extract<Reach, { kind: 'lure' | 'silent' }>, target: SocksAddress): Promise<void> {
    const { visit } = this.#setup
    const over = (carried: Carried): void => {
      if (carried.bytes) visit.record('socks5.tunnel', { host: name(target), port: target.port, ...carried }, ['attack:T1090'])
    }
    if (found.kind === 'silent') return silentTunnel(visit, over)
    over(await tunnelTo(found.door, visit, { ip: visit.local.ip, port: target.port }))
  }

  /** The address that Dante dials from. */
  #bound(): SocksAddress {
    const { ip } = this.#setup.visit.local
    const port = 32768 + Math.floor(Math.random() * 28232)
    return { type: ip.includes(':') ? ADDRESS_TYPE.IPV6 : ADDRESS_TYPE.IPV4, host: ip, port }
  }

  #record({ version, command, target, user }: Asked, answer: Reach['kind'] | 'held' | 'denied' | 'unsupported', lure?: string): void {
    const { visit } = this.#setup
    const request = { version, command: commandName(command), host: name(target), port: target.port }
    visit.record('socks5.request', { ...request, ...(user?.length && { user: evidence(user) }), answer, ...(lure && { lure }) })
    const kind = target.type === ADDRESS_TYPE.NAME ? 'host' : 'address'
    if (target.host !== '') visit.record('indicator', { kind, value: name(target), how: `socks5 ${commandName(command)}` })
  }
}

function name(target: SocksAddress): ReturnType<typeof evidence> {
  return evidence(Buffer.from(target.host, 'latin1'))
}
