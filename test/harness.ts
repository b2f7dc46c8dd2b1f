import { createHash } from 'node:crypto'
import { createConnection, type Socket } from 'node:net'
import { pino } from 'pino'
import { Identity } from '../src/config/identity.ts'
import type { Persona } from '../src/config/persona.ts'
import { loadPersona } from '../src/config/personas.ts'
import { planPorts } from '../src/config/ports.ts'
import { Settings } from '../src/config/schema.ts'
import { type DeadLetter, EventBus } from '../src/events/bus.ts'
import type { SundewEvent } from '../src/events/schema.ts'
import type { Hosts } from '../src/host/contract.ts'
import { HoneytokenMint } from '../src/host/honeytokens/mint.ts'
import { watchHoneytokens } from '../src/host/honeytokens/watch.ts'
import type { Answer, Engine, Question } from '../src/llm/question.ts'
import type { Lure } from '../src/sensor/lure.ts'
import { Sensor } from '../src/sensor/sensor.ts'
import type { ArtifactStore, StateStore } from '../src/store/contract.ts'

/** The engine when there is no model: every answer is the fallback. */
export const noEngine: Engine = {
  async ask<A>(question: Question<A>): Promise<Answer<A>> {
    return { value: question.fallback(), source: 'fallback', generation: {} }
  },
  state: () => ({
    enabled: false,
    backends: [],
    asked: 0,
    cacheHits: 0,
    shared: 0,
    generated: 0,
    fallbacks: 0,
    queued: 0,
    budget: { hourTokens: 0, totalTokens: 0, hourSpend: 0, totalSpend: 0, refused: {} },
  }),
}

const noHosts: Hosts = {
  of: () => {
    throw new Error('this test has no simulated hosts: pass `hosts` to play()')
  },
  close: () => undefined,
}

/** A StateStore that lives as long as the test. */
export class MemoryState implements StateStore {
  readonly #scopes = new Map<string, Map<string, { value: Buffer; updatedAt: number }>>()

  get(scope: string, key: string): Buffer | undefined {
    return this.#scopes.get(scope)?.get(key)?.value
  }

  set(scope: string, key: string, value: Uint8Array | string): void {
    const entries = this.#scopes.get(scope) ?? new Map()
    this.#scopes.set(scope, entries)
    entries.set(key, { value: Buffer.from(value as Uint8Array), updatedAt: Date.now() })
  }

  delete(scope: string, key: string): void {
    this.#scopes.get(scope)?.delete(key)
  }

  clear(scope: string): void {
    this.#scopes.delete(scope)
  }

  *entries(scope: string): Iterable<{ key: string; value: Buffer; updatedAt: number }> {
    for (const [key, entry] of this.#scopes.get(scope) ?? []) yield { key, ...entry }
  }
}

/** Keeps artifacts in a map by SHA-256. */
export class MemoryArtifacts implements ArtifactStore {
  readonly kept = new Map<string, Buffer>()

  put(bytes: Uint8Array): ReturnType<ArtifactStore['put']> {
    const artifact = this.describe(bytes)
    this.kept.set(artifact.sha256, Buffer.from(bytes))
    return artifact
  }

  describe(bytes: Uint8Array): ReturnType<ArtifactStore['put']> {
    const hash = (name: string): string => createHash(name).update(bytes).digest('hex')
    return { sha256: hash('sha256'), sha1: hash('sha1'), md5: hash('md5'), size: bytes.length, truncated: false, magic: 'data' }
  }

  get(sha256: string): Buffer | undefined {
    return this.kept.get(sha256)
  }

  list(): never[] {
    return []
  }
}

export interface PlayOptions {
  options?: Record<string, unknown>
  /** Fixed ports of the lure instead of free ones, where one port tells of another. */
  ports?: readonly number[]
  /** Lures that play beside it in the same sensor. */
  beside?: readonly Lure[]
  /** Changes to the settings of sundew.yaml. */
  settings?: Record<string, unknown>
  persona?: string
  /** Folder of personas; `test/fixtures/prompts` has one that is only `plain`. */
  prompts?: string
  hosts?: Hosts
  engine?: Engine
  state?: StateStore
  identity?: Identity
}

/** A lure that plays on loopback, and all it wrote down. */
export class Playing {
  readonly events: SundewEvent[]
  readonly deadLetters: DeadLetter[]
  readonly artifacts: MemoryArtifacts
  readonly sensor: Sensor
  readonly bus: EventBus

  constructor(sensor: Sensor, bus: EventBus, events: SundewEvent[], deadLetters: DeadLetter[], artifacts: MemoryArtifacts) {
    this.sensor = sensor
    this.bus = bus
    this.events = events
    this.deadLetters = deadLetters
    this.artifacts = artifacts
  }

  /** The port of the lure's nth port declaration. */
  port(index = 0): number {
    return this.sensor.ports()[index]!.port
  }

  /** Data of all events of a type so far. */
  data<T = Record<string, unknown>>(type: string): T[] {
    return this.events.filter((e) => e.type === type).map((e) => e.data as T)
  }

  /** Waits for the nth event of a type. */
  async seen(type: string, n = 1, withinMs = 5_000): Promise<SundewEvent> {
    const find = (): SundewEvent | undefined => this.events.filter((e) => e.type === type)[n - 1]
    const known = find()
    if (known) return known
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        stop()
        const types = this.events.map((e) => e.type).join(', ')
        const dead = this.deadLetters.map((d) => `${d.event.type}: ${d.reason}`).join('; ')
        reject(new Error(`no ${type} #${n} within ${withinMs} ms; seen: ${types}${dead ? `; dead letters: ${dead}` : ''}`))
      }, withinMs)
      const stop = this.bus.subscribe(() => {
        const event = find()
        if (!event) return
        clearTimeout(timer)
        stop()
        resolve(event)
      })
    })
  }

  /** Sends bytes over TCP, half-closes, and gives all that comes back until the server closes or is quiet for `quietMs`. */
  async exchange(bytes: Uint8Array | string, { port = this.port(), quietMs = 400, end = false } = {}): Promise<Buffer> {
    const socket = await connect(port)
    socket.write(bytes)
    if (end) socket.end()
    return collect(socket, quietMs)
  }

  async stop(): Promise<void> {
    await this.sensor.stop()
  }
}

/** Plays one lure on ephemeral loopback ports. Stop it in `afterAll`/`afterEach`. */
export async function play(lure: Lure, given: PlayOptions = {}): Promise<Playing> {
  const settings = Settings.parse({ listen: { offset: 0 }, ...given.settings })
  const all = [lure, ...(given.beside ?? [])]
  settings.lures = all.map((one) => ({
    lure: one.name,
    enabled: true,
    ports: one === lure && given.ports ? [...given.ports] : one.ports.map(() => 0),
    options: one === lure ? (given.options ?? {}) : {},
    ...(given.persona ? { persona: given.persona } : {}),
  }))
  settings.profile = 'mini'
  const identity = given.identity ?? new Identity(Buffer.alloc(32, 7))
  const bus = new EventBus('test')
  const events: SundewEvent[] = []
  const deadLetters: DeadLetter[] = []
  bus.subscribe((event) => events.push(event))
  bus.onDeadLetter((letter) => deadLetters.push(letter))
  const state = given.state ?? new MemoryState()
  watchHoneytokens(bus, HoneytokenMint.of({ identity, state }))
  const artifacts = new MemoryArtifacts()
  const personas = new Map<string, Persona>()
  const sensor = new Sensor(planPorts(settings, all), {
    settings,
    identity,
    bus,
    artifacts,
    state,
    engine: given.engine ?? noEngine,
    hosts: given.hosts ?? noHosts,
    persona: (name) => {
      const known = personas.get(name) ?? loadPersona(given.prompts ?? 'prompts', name, identity)
      personas.set(name, known)
      return known
    },
    log: pino({ level: 'silent' }),
  })
  await sensor.start()
  return new Playing(sensor, bus, events, deadLetters, artifacts)
}

export async function connect(port: number, host = '127.0.0.1'): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ port, host }, () => resolve(socket))
    socket.once('error', reject)
  })
}

/** All bytes until the peer closes, or until nothing came for `quietMs`. */
export async function collect(socket: Socket, quietMs = 400): Promise<Buffer> {
  const chunks: Buffer[] = []
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(Buffer.concat(chunks))
    }
    let timer = setTimeout(done, quietMs)
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      clearTimeout(timer)
      timer = setTimeout(done, quietMs)
    })
    socket.once('close', done)
    socket.once('error', done)
  })
}
