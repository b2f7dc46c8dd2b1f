import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Client } from 'ssh2'
import { Identity } from '../../src/config/identity.ts'
import { createHosts } from '../../src/host/hosts.ts'
import ssh from '../../src/ssh/index.ts'
import { type Playing, play } from '../harness.ts'
import { MemoryState, noModel } from '../host/harness.ts'
import { type FuzzOptions, type FuzzReport, heapUsed, Watch } from './fuzz-lure.ts'
import { shellLines } from './fuzz-shell.ts'
import { generator, nextInput } from './mutation.ts'
import { type Conversation, conversations } from './ssh-messages.ts'

/** Connections at once. */
const LANES = 8
/** How long a session goes on after its last message. */
const PATIENCE_MS = 100
/** Of the messages one in so many is mutated. */
const MUTATED = 3
/** Typed lines and executed commands come from the shell's cases, as they are or mutated, this often. */
const OTHER_LINE = 0.5

/** What of the client writes packets: ssh2 has no way to send a message that it did not make. */
interface Internals {
  _protocol: {
    _packetRW: { write: { alloc(length: number): Buffer; allocStart: number; finalize(packet: Buffer): Buffer } }
    _cipher: { encrypt(packet: Buffer): void }
  }
}

/**
 * Sessions of clients that have logged in: mutated channel requests, typed lines, SFTP packets, SCP, forwarding. The machine behind
 * is the real one. An input is one session.
 */
export async function fuzzSshSessions({ inputs = 500, seed = Date.now() % 2 ** 32, trace }: FuzzOptions = {}): Promise<FuzzReport> {
  const data = mkdtempSync(join(tmpdir(), 'sundew-fuzz-'))
  const identity = new Identity(Buffer.alloc(32, 5))
  const hosts = createHosts({ identity, engine: noModel, state: new MemoryState(), most: LANES })
  const playing = await play(ssh, {
    hosts,
    identity,
    persona: 'debian-web',
    options: { delays: false },
    settings: { data, limits: { connections: 10_000, connectionsPerSource: 10_000 } },
  })
  const attack = new SessionAttack(playing, seed, trace)
  const delay = monitorEventLoopDelay({ resolution: 10 })
  const startedAt = performance.now()
  try {
    delay.enable()
    const warmUp = Math.ceil(inputs / 5)
    await attack.send(warmUp)
    const before = heapUsed()
    await attack.send(inputs - warmUp)
    const hanging = await attack.watch.hanging()
    return {
      lure: 'ssh-sessions',
      seed,
      inputs,
      seconds: Number(((performance.now() - startedAt) / 1000).toFixed(1)),
      faults: attack.watch.faults,
      hanging,
      stallMs: Math.round(delay.max / 1e6),
      growthMiB: Number(((heapUsed() - before) / 1024 / 1024).toFixed(1)),
      answeredBytes: attack.answeredBytes,
      deadLetters: attack.watch.deadLetters,
    }
  } finally {
    delay.disable()
    await playing.stop()
    hosts.close()
    rmSync(data, { recursive: true, force: true })
  }
}

class SessionAttack {
  readonly watch: Watch
  answeredBytes = 0
  readonly #port: number
  readonly #seed: number
  readonly #trace: FuzzOptions['trace']
  readonly #messages = conversations.flat()
  readonly #lines = shellLines()
  #sent = 0

  constructor(playing: Playing, seed: number, trace: FuzzOptions['trace']) {
    this.watch = new Watch(playing)
    this.#port = playing.port()
    this.#seed = seed
    this.#trace = trace
  }

  async send(count: number): Promise<void> {
    let left = count
    const lane = async (): Promise<void> => {
      while (left-- > 0) await this.#session(generator(this.#seed + this.#sent++))
    }
    await Promise.all(Array.from({ length: LANES }, lane))
  }

  async #session(random: () => number): Promise<void> {
    const conversation = conversations[Math.floor(random() * conversations.length)] as Conversation
    const messages = conversation.map((message) => this.#next(message, random))
    this.#trace?.(messages.map((message) => message.toString('hex')).join(' '))
    const socket = createConnection({ host: '127.0.0.1', port: this.#port, noDelay: true })
    await once(socket, 'connect')
    this.watch.sent(socket.localPort ?? 0, Buffer.from(messages.map((message) => message.toString('hex')).join(' ')))
    socket.on('data', (bytes: Buffer) => {
      this.answeredBytes += bytes.length
    })
    const client = new Client()
    const over = new Promise<void>((resolve) => client.once('close', () => resolve()))
    const ready = new Promise<boolean>((resolve) => {
      client.once('ready', () => resolve(true))
      client.once('close', () => resolve(false))
    })
    client.on('error', () => undefined)
    client.connect({ sock: socket, username: 'root', password: 'x', readyTimeout: 60_000 })
    if (!(await ready)) return
    for (const message of messages) {
      if (socket.destroyed) break
      send(client, message)
      // Answers come between messages, as over a network.
      if (random() < 0.5) await new Promise(setImmediate)
    }
    const timer = setTimeout(() => socket.destroy(), PATIENCE_MS)
    await over
    clearTimeout(timer)
  }

  /** The next message: as it is, another, or a mutated one; in place of data perhaps a command line. */
  #next(message: Buffer, random: () => number): Buffer {
    const mutated = Math.floor(random() * MUTATED) === 0
    if (mutated) return nextInput(random, [message, ...this.#messages])
    const isTyped = message[0] === 94 && message.subarray(-1)[0] === 13 && random() < OTHER_LINE
    if (!isTyped) return message
    const line = Buffer.concat([nextInput(random, this.#lines), Buffer.from('\r')])
    const head = Buffer.from(message.subarray(0, 9))
    head.writeUInt32BE(line.length, 5)
    return Buffer.concat([head, line])
  }
}

function send(client: Client, payload: Buffer): void {
  const { _packetRW, _cipher } = (client as unknown as Internals)._protocol
  const packet = _packetRW.write.alloc(payload.length)
  packet.set(payload, _packetRW.write.allocStart)
  _cipher.encrypt(_packetRW.write.finalize(packet))
}
