import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import type { Socket } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { connect as connectTls } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Lure } from '../../src/sensor/lure.ts'
import { FakeHosts } from '../fake-hosts.ts'
import { connect, type Playing, type PlayOptions, play } from '../harness.ts'
import { generator, nextInput } from './mutation.ts'

export interface FuzzOptions {
  /** How many inputs. */
  inputs?: number
  /** The same seed gives the same inputs. Default: by the clock; the report says which. */
  seed?: number
  /** Told of each input before it is sent: the last ones are what to look at when the process dies. */
  trace?: (input: string) => void
  options?: Record<string, unknown>
  /** Index of the port declaration to attack. */
  port?: number
}

export interface FuzzReport {
  lure: string
  /** The port as the lure declares it, `tls 443`; the shell has none. */
  port?: string
  seed: number
  inputs: number
  seconds: number
  /** Faults of the lure: each is a bug. */
  faults: { message: string; stack: string; input: string }[]
  /** Inputs, in hex, of visits that had not ended some time after their client had gone. */
  hanging: string[]
  /** Longest time that the event loop stood still, our own sending included. */
  stallMs: number
  /** Growth of the heap from the first fifth of the inputs to the end. */
  growthMiB: number
  answeredBytes: number
  deadLetters: string[]
}

/** Connections at once. */
const LANES = 16
const CONNECT_TRIES = 5
/** How long a connection may stay open after its input; a tarpit would hold it for ever. */
const PATIENCE_MS = 150
/** Within this every visit ends after its client went. */
const HANGING_MS = 10_000

setFlagsFromString('--expose-gc')
export const collectGarbage = runInNewContext('gc') as () => void

/**
 * Sends random and mutated inputs over real loopback sockets to one lure. A lure passes when nothing faults, hangs or
 * grows.
 *
 * @param seeds whole conversations of the protocol, each as the bytes that a client sends
 */
export async function fuzzLure(lure: Lure, seeds: readonly Buffer[], given: FuzzOptions = {}): Promise<FuzzReport> {
  const { inputs = 500, seed = Date.now() % 2 ** 32, port = 0 } = given
  const playing = await play(lure, playOptions(lure, given))
  const watch = new Watch(playing)
  const delay = monitorEventLoopDelay({ resolution: 10 })
  const random = generator(seed)
  const { transport, port: declared, tls } = lure.ports[port] ?? { transport: 'tcp', port: 0 }
  const attack = transport === 'udp' ? new UdpAttack(playing.port(port)) : new TcpAttack(playing.port(port), tls)
  const startedAt = performance.now()
  try {
    delay.enable()
    const warmUp = Math.ceil(inputs / 5)
    const next = (): Buffer => {
      const input = nextInput(random, seeds)
      given.trace?.(input.toString('hex'))
      return input
    }
    await attack.send(warmUp, next, watch)
    const before = heapUsed()
    await attack.send(inputs - warmUp, next, watch)
    const hanging = await watch.hanging()
    return {
      lure: lure.name,
      port: `${tls ? 'tls' : transport} ${declared}`,
      seed,
      inputs,
      seconds: Number(((performance.now() - startedAt) / 1000).toFixed(1)),
      faults: watch.faults,
      hanging,
      stallMs: Math.round(delay.max / 1e6),
      growthMiB: Number(((heapUsed() - before) / 1024 / 1024).toFixed(1)),
      answeredBytes: attack.answeredBytes,
      deadLetters: watch.deadLetters,
    }
  } finally {
    delay.disable()
    attack.close()
    await playing.stop()
  }
}

function playOptions(lure: Lure, { options = {} }: FuzzOptions): PlayOptions {
  return {
    // One that takes its ports from its options needs one all the same.
    ...(lure.ports.length === 0 ? { ports: [0] } : {}),
    options,
    persona: 'plain',
    prompts: fileURLToPath(new URL('../fixtures/prompts', import.meta.url)),
    hosts: new FakeHosts(),
    settings: { limits: { connections: 10_000, connectionsPerSource: 10_000 } },
  }
}

export function heapUsed(): number {
  collectGarbage()
  collectGarbage()
  return process.memoryUsage().heapUsed
}

interface Attack {
  answeredBytes: number
  send(count: number, next: () => Buffer, watch: Watch): Promise<void>
  close(): void
}

/** Of the inputs to a TLS port one in so many goes to the handshake itself, the others inside. */
const PLAIN_INPUTS = 16

/** One connection an input, some at once; each input in one to three pieces, then FIN or RST. */
class TcpAttack implements Attack {
  readonly #port: number
  readonly #tls: boolean
  answeredBytes = 0

  constructor(port: number, tls = false) {
    this.#port = port
    this.#tls = tls
  }

  async send(count: number, next: () => Buffer, watch: Watch): Promise<void> {
    let left = count
    const lane = async (): Promise<void> => {
      while (left-- > 0) await this.#one(next(), left, watch)
    }
    await Promise.all(Array.from({ length: LANES }, lane))
  }

  async #one(input: Buffer, n: number, watch: Watch): Promise<void> {
    const plain = await reached(this.#port)
    watch.sent(plain.localPort ?? 0, input)
    const socket = this.#tls && n % PLAIN_INPUTS !== 0 ? await secured(plain) : plain
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    socket.on('error', () => undefined)
    socket.on('data', (bytes: Buffer) => {
      this.answeredBytes += bytes.length
    })
    for (const piece of pieces(input, n)) {
      socket.write(piece)
      await new Promise(setImmediate)
    }
    if (n % 8 === 0) plain.resetAndDestroy()
    else socket.end()
    await settled(socket, closed)
  }

  close(): void {}
}

/** A starved machine drops connections before anybody accepts them, which says nothing of the lure. */
async function reached(port: number): Promise<Socket> {
  for (let tries = 1; ; tries++) {
    try {
      return await connect(port)
    } catch (error) {
      if (tries === CONNECT_TRIES || (error as NodeJS.ErrnoException).code !== 'ETIMEDOUT') throw error
    }
  }
}

async function secured(socket: Socket): Promise<Socket> {
  const secure = connectTls({ socket, rejectUnauthorized: false })
  await new Promise<void>((resolve, reject) => {
    secure.once('secureConnect', () => resolve())
    secure.once('error', reject)
  })
  return secure
}

function pieces(input: Buffer, n: number): Buffer[] {
  if (n % 3 !== 0 || input.length < 3) return [input]
  const [a, b] = [Math.floor(input.length / 3), Math.floor((input.length * 2) / 3)]
  return [input.subarray(0, a), input.subarray(a, b), input.subarray(b)]
}

async function settled(socket: Socket, closed: Promise<void>): Promise<void> {
  const timer = setTimeout(() => socket.destroy(), PATIENCE_MS)
  await closed
  clearTimeout(timer)
}

/** Datagrams from one socket, a few in flight. */
class UdpAttack implements Attack {
  readonly #port: number
  readonly #socket: UdpSocket = createSocket('udp4')
  answeredBytes = 0

  constructor(port: number) {
    this.#port = port
    this.#socket.on('message', (bytes) => {
      this.answeredBytes += bytes.length
    })
  }

  async send(count: number, next: () => Buffer, watch: Watch): Promise<void> {
    for (let i = 0; i < count; i++) {
      const input = next()
      await new Promise<void>((resolve, reject) => {
        this.#socket.send(input, this.#port, '127.0.0.1', (error) => (error ? reject(error) : resolve()))
      })
      watch.sent(this.#socket.address().port, input)
      if (i % LANES === 0) await new Promise(setImmediate)
    }
    await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))
  }

  close(): void {
    this.#socket.close()
  }
}

/** Looks at what the lure writes down: faults, and which visits have ended. Keeps nothing else. */
export class Watch {
  readonly faults: FuzzReport['faults'] = []
  readonly deadLetters: string[] = []
  readonly #inputs = new Map<number, Buffer>()
  readonly #playing: Playing
  readonly #open = new Set<number>()

  constructor(playing: Playing) {
    this.#playing = playing
    playing.bus.subscribe((event) => {
      playing.events.length = 0
      if (event.transport === 'tcp' && event.type === 'session.open') this.#open.add(event.srcPort ?? 0)
      if (event.transport === 'tcp' && event.type === 'session.close') this.#open.delete(event.srcPort ?? 0)
      if (event.type !== 'lure.fault') return
      const { message, stack } = event.data as { message: string; stack?: string }
      const input = this.#inputs.get(event.srcPort ?? 0)?.toString('hex') ?? ''
      if (this.faults.length < 10) this.faults.push({ message, stack: stack ?? '', input })
    })
    playing.bus.onDeadLetter(({ event, reason }) => {
      if (this.deadLetters.length < 10) this.deadLetters.push(`${event.type}: ${reason}`)
    })
  }

  sent(port: number, input: Buffer): void {
    this.#inputs.set(port, input)
    if (this.#inputs.size < 1000) return
    for (const known of this.#inputs.keys()) {
      if (!this.#open.has(known)) this.#inputs.delete(known)
    }
  }

  async hanging(): Promise<string[]> {
    const deadline = performance.now() + HANGING_MS
    while (this.#open.size > 0 && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20))
    this.#playing.artifacts.kept.clear()
    return [...this.#open].map((port) => this.#inputs.get(port)?.toString('hex') ?? `port ${port}`)
  }
}
