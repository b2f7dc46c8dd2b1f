import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { AgentWatch } from './analysis/agent-score.ts'
import { annotatorOf } from './analysis/annotator.ts'
import { attackTags } from './analysis/attack/tag.ts'
import { Geo } from './analysis/geo.ts'
import { Identity } from './config/identity.ts'
import type { Loaded } from './config/load.ts'
import { readMembership } from './config/membership.ts'
import { PersonaRegistry } from './config/persona-registry.ts'
import { type PlannedUse, planPorts } from './config/ports.ts'
import { ConfigProblem } from './config/problem.ts'
import type { Settings } from './config/schema.ts'
import type { Console } from './console/console.ts'
import { EventBus } from './events/bus.ts'
import { continueAfter } from './events/uuid7.ts'
import type { HiveLink } from './hive/link.ts'
import { HoneytokenMint } from './host/honeytokens/mint.ts'
import { watchHoneytokens } from './host/honeytokens/watch.ts'
import { createHosts } from './host/hosts.ts'
import { AskingAhead } from './lab/asking-ahead.ts'
import { Lab } from './lab/lab.ts'
import { PromptDeck } from './lab/prompts/deck.ts'
import { PromptLibrary } from './lab/prompts/library.ts'
import { createEngine } from './llm/engine.ts'
import type { Engine } from './llm/question.ts'
import { lures } from './lures.ts'
import { SourceLists } from './outputs/alerts/ignore.ts'
import { Messenger } from './outputs/alerts/messenger.ts'
import { AlertWatch } from './outputs/alerts/watch.ts'
import { openJsonl } from './outputs/jsonl.ts'
import { openMetrics } from './outputs/metrics-port.ts'
import { Outputs } from './outputs/outputs.ts'
import { RunningFile } from './running-file.ts'
import { isLoopbackAddress } from './sensor/address.ts'
import type { Lure } from './sensor/lure.ts'
import { type PortRow, portRow, Sensor } from './sensor/sensor.ts'
import { openStores, type Stores } from './store/open.ts'
import { parseQuery } from './store/query/parse.ts'
import { StoreError } from './store/trouble.ts'
import { VERSION } from './version.ts'

const RETAIN_EVERY_MS = 10 * 60_000
const HEARTBEAT_MS = 1_000
const STATUS_MS = 60_000
const FLUSH_MS = 1_000

/** What is checked before any port opens: the plan of ports and the personas that it needs. */
export interface Plan {
  settings: Settings
  uses: PlannedUse<Lure>[]
  ports: PortRow[]
}

/** @throws ConfigProblem */
export function planOf({ settings, file, lineOf, overrides }: Loaded): Plan {
  const uses = planPorts(settings, lures, { file, lineOf, overrides })
  if (uses.length === 0) {
    throw new ConfigProblem([
      { file: file ?? 'sundew.yaml', key: 'lures', what: 'nothing is left to play', cure: 'choose a profile, or enable at least one lure' },
    ])
  }
  demandReadableRules(settings, { file, lineOf })
  return { settings, uses, ports: uses.flatMap((use) => use.ports.map((port) => portRow(use, port))) }
}

/** @throws ConfigProblem for a rule whose condition nobody can read */
function demandReadableRules({ alerts }: Settings, { file, lineOf }: Pick<Loaded, 'file' | 'lineOf'>): void {
  const problems = alerts.rules.flatMap(({ when }, i) => {
    try {
      parseQuery(when)
      return []
    } catch (error) {
      const line = lineOf?.(['alerts', 'rules', i, 'when'])
      const what = error instanceof Error ? error.message : String(error)
      const cure = 'try the condition on the sessions page, or with sundew search'
      return [{ file: file ?? 'sundew.yaml', ...(line === undefined ? {} : { line }), key: `alerts.rules[${i}].when`, what, cure }]
    }
  })
  if (problems.length) throw new ConfigProblem(problems)
}

/** One running Sundew: stores, engine, hosts, sensor, outputs, and the order in which they start and stop. */
export class Instance {
  readonly sensor: Sensor
  readonly bus: EventBus
  /** The operator's pages, when they are switched on. */
  readonly console: Console | undefined
  readonly #closers: (() => void | Promise<void>)[]

  private constructor(sensor: Sensor, bus: EventBus, operators: Console | undefined, closers: (() => void | Promise<void>)[]) {
    this.sensor = sensor
    this.bus = bus
    this.console = operators
    this.#closers = closers
  }

  /**
   * Starts everything; when it resolves, every port is open and every event is kept.
   * @throws ConfigProblem with nothing left open
   */
  static async start(plan: Plan, log: Logger): Promise<Instance> {
    const { settings, uses } = plan
    mkdirSync(settings.data, { recursive: true, mode: 0o700 })
    // Closed in reverse: what faces attackers first, what keeps their traces last.
    const closers: (() => void | Promise<void>)[] = []
    try {
      const identity = Identity.open(settings.data)
      const personas = PersonaRegistry.open({
        folder: settings.prompts,
        names: new Set(uses.map((use) => use.persona)),
        identity,
        onProblem: (problem) => log.error({ problem: problem.message }, 'persona kept in its old version'),
        onChange: (persona) => {
          log.info({ persona: persona.name, version: persona.version }, 'persona reloaded')
          deck.settle(persona)
        },
      })
      closers.push(() => personas.close())
      const geo = Geo.open(join(settings.data, 'geo'), (file, reason) => log.warn({ file, reason }, 'no database of places'))
      const stores = openStores(settings, log, annotatorOf(geo))
      closers.push(() => stores.close())
      continueAfter(await newestId(stores))
      const deck = new PromptDeck(new PromptLibrary(stores.state), settings.prompts)
      const bus = new EventBus(settings.sensor)
      const agents = new AgentWatch()
      const lists = new SourceLists(settings.alerts.ignore, join(settings.data, 'scanners'), (file, line) =>
        log.warn({ file, line }, 'no address or network; the line is left out'),
      )
      bus.tagWith((event) => [...attackTags(event), ...agents.tags(event), ...lists.tags(event)])
      bus.subscribe((event) => stores.events.append(event))
      watchHoneytokens(bus, HoneytokenMint.of({ identity, state: stores.state }))
      bus.onDeadLetter((letter) => stores.events.deadLetter(letter))
      const jsonl = openJsonl({ folder: join(settings.data, 'log') })
      closers.push(() => jsonl.close())
      await jsonl
        .catchUp(stores.events, settings.sensor)
        .catch((error: Error) => log.warn({ error: error.message }, 'the event log may lack lines'))
      bus.subscribe((event) => jsonl.write(event))
      closers.push(watchAlerts(settings, { bus, stores, log: log.child({ part: 'alerts' }) }))
      const outputs = Outputs.open(settings, { store: stores.events, state: stores.state, artifacts: stores.artifacts, bus, log })
      closers.push(() => outputs.close())
      bus.subscribe(() => outputs.nudge())
      outputs.start()
      const hive = await joinedHive(settings, stores, identity, log)
      if (hive) {
        closers.push(() => hive.close())
        bus.subscribe(() => hive.nudge())
        hive.start()
      }
      // Outputs and hive read the store: the last that was said must be there before they end.
      closers.push(() => Promise.race([stores.events.flush(), sleep(FLUSH_MS)]))
      const engine = createEngine({ settings: settings.llm, state: stores.state, log: log.child({ part: 'engine' }) })
      closers.push(() => engine.close())
      const hosts = createHosts({ identity, engine, state: stores.state })
      closers.push(() => hosts.close())
      const operators = settings.console.enabled ? await openConsole(plan, { stores, geo, bus, personas, deck, identity, log }) : undefined
      if (operators) closers.push(() => operators.close())
      const sensor = new Sensor(uses, {
        settings,
        identity,
        bus,
        artifacts: stores.artifacts,
        state: stores.state,
        engine,
        hosts,
        persona: (name, source) => (source === undefined ? personas.get(name) : deck.play(personas.get(name), source)),
        log,
      })
      await sensor.start()
      closers.push(() => sensor.stop())
      const played = new Set(uses.map((use) => use.persona))
      const ahead = new AskingAhead({
        settings: settings.llm.ahead,
        engine,
        store: stores.events,
        state: stores.state,
        identity,
        sites: [...new Set(uses.filter(({ lure }) => lure.name === 'http').map((use) => use.persona))],
        persona: (name) => (played.has(name) ? personas.get(name) : undefined),
        log: log.child({ part: 'ahead' }),
      })
      closers.push(() => ahead.close())
      void engine.warmUp([...new Set(uses.map((use) => use.persona))].map((name) => personas.get(name)))
      bus.publish({ type: 'sensor.start', data: { version: VERSION, profile: settings.profile, lures: uses.length } })
      closers.push(keepHouse(settings, { sensor, engine, bus, stores, outputs, hive, log }))
      if (settings.metrics.enabled) closers.push(await openMetrics(settings))
      return new Instance(sensor, bus, operators, closers)
    } catch (error) {
      await closeAll(closers)
      throw error
    }
  }

  /** Ends every visit, then makes all that was recorded durable. */
  async stop(reason: string): Promise<void> {
    this.bus.publish({ type: 'sensor.stop', data: { reason } })
    await closeAll(this.#closers)
  }
}

function watchAlerts(
  { sensor, alerts }: Settings,
  { bus, stores, log }: { bus: EventBus; stores: Stores; log: Logger },
): () => Promise<void> {
  const messenger = new Messenger({ destinations: alerts.destinations, state: stores.state, sensor, log })
  const watch = new AlertWatch({
    rules: alerts.rules,
    bus,
    store: stores.events,
    log,
    tell: (alert, { to }) => messenger.tell(alert, to),
  })
  return async () => {
    await watch.close()
    await messenger.close()
  }
}

/** The link to the hive that this data folder's sensor has joined, if any. */
async function joinedHive(
  { data }: Settings,
  { events, state, artifacts }: Stores,
  identity: Identity,
  log: Logger,
): Promise<HiveLink | undefined> {
  const membership = readMembership(data)
  if (!membership) return undefined
  const { HiveLink } = await import('./hive/link.ts')
  return new HiveLink({ membership, data, store: events, state, artifacts, identity, log: log.child({ part: 'hive' }) })
}

interface House {
  sensor: Sensor
  engine: Engine
  bus: EventBus
  stores: Stores
  outputs: Outputs
  hive: HiveLink | undefined
  log: Logger
}

/** What is done again and again while the sensor runs: it tells of itself, and lets go of what is too old. */
function keepHouse(settings: Settings, { sensor, engine, bus, stores, outputs, hive, log }: House): () => void {
  const running = new RunningFile(settings.data)
  const beat = (): void => {
    running.write({
      ports: sensor.ports(),
      closed: sensor.closed(),
      engine: engine.state(),
      store: stores.events.health(),
      sensor: sensor.figures(),
      bus: { published: bus.published, deadLetters: bus.deadLetters, listenerFaults: bus.listenerFaults },
      outputs: [...outputs.status(), ...(hive ? [hive.status()] : [])],
      memoryBytes: process.memoryUsage.rss(),
    })
  }
  beat()
  let isBeating = true
  const heartbeat = setInterval(() => {
    try {
      beat()
      isBeating = true
    } catch (error) {
      // No file descriptor is left, or the disk refuses: a later beat may go, and the sensor goes on.
      if (isBeating) log.warn({ error: String(error) }, 'the state for "sundew status" could not be written')
      isBeating = false
    }
  }, HEARTBEAT_MS)
  const startedAt = Date.now()
  const status = setInterval(() => {
    const ports = sensor.ports()
    const link = hive?.status()
    const data = {
      version: VERSION,
      startedAt,
      lures: new Set(ports.map(({ lure }) => lure)).size,
      ports: ports.length,
      connections: sensor.figures().connections,
      memoryBytes: process.memoryUsage.rss(),
      behindMs: link?.lagMs ?? 0,
      ...(link?.trouble === undefined ? {} : { trouble: link.trouble }),
    }
    bus.publish({ type: 'sensor.status', data })
  }, STATUS_MS)
  const policy = { days: settings.store.retainDays, bytes: settings.store.retainGiB * 1024 ** 3 }
  const retention = setInterval(() => {
    stores.events.retain(policy).catch((error: Error) => log.error({ error: error.message }, 'retention failed'))
  }, RETAIN_EVERY_MS)
  return () => {
    clearInterval(heartbeat)
    clearInterval(status)
    clearInterval(retention)
    running.remove()
  }
}

interface ConsoleStandsOn {
  stores: Stores
  geo: Geo
  bus: EventBus
  personas: PersonaRegistry
  deck: PromptDeck
  identity: Identity
  log: Logger
}

/** Loaded here alone: a sensor without a console carries none of it. */
async function openConsole(plan: Plan, { stores, geo, bus, personas, deck, identity, log }: ConsoleStandsOn): Promise<Console> {
  const { startConsole } = await import('./console/console.ts')
  const { CHECKS, check } = await import('./doctor.ts')
  const { settings, uses } = plan
  const persona = (name: string) => personas.get(name)
  const lab = new Lab({ settings, identity, log, state: stores.state, store: () => stores.events, persona }, deck)
  return startConsole({
    settings,
    lab,
    store: () => stores.events,
    artifacts: stores.artifacts,
    state: stores.state,
    geo,
    feed: bus,
    personas: () => [...new Set(uses.map((use) => use.persona))].map((name) => personas.get(name)),
    async doctor() {
      const found = await Promise.all(
        CHECKS.map(async (part) => (await check(part, settings, () => plan)).map((finding) => ({ part, ...finding }))),
      )
      return found.flat()
    },
    log: log.child({ part: 'console' }),
  })
}

/** Nothing when the database refuses just now: then the clock alone decides. */
async function newestId(stores: Stores): Promise<string> {
  try {
    return (await stores.events.events({ latest: true, limit: 1 }))[0]?.id ?? ''
  } catch (error) {
    if (error instanceof StoreError) return ''
    throw error
  }
}

async function closeAll(closers: (() => void | Promise<void>)[]): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close()
}

/** Whether anybody but this machine can reach a port of the plan. */
export function isExposed(plan: Plan): boolean {
  return plan.ports.some((p) => !isLoopbackAddress(p.host))
}
