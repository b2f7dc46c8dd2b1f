import { resolve } from 'node:path'
import type { Logger } from 'pino'
import type { OutputEntry } from '../config/outputs.ts'
import { ConfigProblem } from '../config/problem.ts'
import type { Settings } from '../config/schema.ts'
import type { EventBus } from '../events/bus.ts'
import type { SundewEvent } from '../events/schema.ts'
import type { ArtifactStore, EventReader, StateStore } from '../store/contract.ts'
import { Courier, type CourierStatus } from './courier.ts'
import { DeadLetters } from './dead-letters.ts'
import { openElasticsearch } from './kinds/elasticsearch.ts'
import { openHpfeeds } from './kinds/hpfeeds.ts'
import { openLoki } from './kinds/loki.ts'
import { openOtlp } from './kinds/otlp.ts'
import { openSamples } from './kinds/samples.ts'
import { openSplunk } from './kinds/splunk.ts'
import { openSyslog } from './kinds/syslog.ts'
import { openWebhook } from './kinds/webhook.ts'
import type { Sink } from './sink.ts'
import { openTpot } from './tpot/tpot.ts'

/** What outputs stand on. */
export interface OutputSetup {
  store: Pick<EventReader, 'events'>
  state: StateStore
  artifacts: Pick<ArtifactStore, 'get' | 'put'>
  /** Where what an output brings back becomes events. */
  bus: Pick<EventBus, 'publish'>
  log: Logger
}

/** Name of an output: its own, or its kind. */
export function nameOf(entry: OutputEntry): string {
  return entry.name ?? entry.kind
}

/** All outputs of a sensor, each with its courier. */
export class Outputs {
  readonly #couriers: readonly Courier[]

  private constructor(couriers: readonly Courier[]) {
    this.#couriers = couriers
  }

  /** @throws ConfigProblem when two have the same name, or a secret is not set */
  static open(settings: Settings, setup: OutputSetup): Outputs {
    const entries = settings.outputs.filter((entry) => entry.enabled)
    demandNames(entries)
    return new Outputs(entries.map((entry) => courierOf(entry, settings, setup)))
  }

  start(): void {
    for (const courier of this.#couriers) courier.start()
  }

  /** An event is on its way to the store. */
  nudge(): void {
    for (const courier of this.#couriers) courier.nudge()
  }

  status(): CourierStatus[] {
    return this.#couriers.map((courier) => courier.status())
  }

  async close(): Promise<void> {
    await Promise.all(this.#couriers.map((courier) => courier.close()))
  }
}

function courierOf(entry: OutputEntry, settings: Settings, setup: OutputSetup): Courier {
  const name = nameOf(entry)
  const log = setup.log.child({ output: name })
  return new Courier({
    name,
    kind: entry.kind,
    sink: openSink(entry, settings, setup),
    store: setup.store,
    state: setup.state,
    deadLetters: new DeadLetters(settings.data, name),
    wants: filterOf(entry),
    batch: entry.batch,
    deadlineMs: entry.deadlineMs,
    onTrouble: (trouble) =>
      trouble === undefined ? log.info('the output is well again') : log.warn({ trouble }, 'the output has trouble'),
  })
}

/** The far end of one output, not connected yet. @throws ConfigProblem */
export function openSink(
  entry: OutputEntry,
  settings: Pick<Settings, 'data'>,
  { store, artifacts, bus }: Pick<OutputSetup, 'store' | 'artifacts' | 'bus'>,
): Sink {
  switch (entry.kind) {
    case 'tpot':
      return openTpot(entry, { folder: resolve(settings.data, entry.folder), data: settings.data, store, artifacts })
    case 'elasticsearch':
      return openElasticsearch(entry)
    case 'splunk':
      return openSplunk(entry)
    case 'loki':
      return openLoki(entry)
    case 'syslog':
      return openSyslog(entry)
    case 'webhook':
      return openWebhook(entry)
    case 'hpfeeds':
      return openHpfeeds(entry)
    case 'otlp':
      return openOtlp(entry)
    case 'samples':
      return openSamples(entry, { artifacts, bus })
    // Loaded when they are used: these two bring the clients of their makers.
    case 'nats':
      return lazily(async () => (await import('./kinds/nats.ts')).openNats(entry))
    case 'kafka':
      return lazily(async () => (await import('./kinds/kafka.ts')).openKafka(entry))
  }
}

function lazily(open: () => Promise<Sink>): Sink {
  let sink: Promise<Sink> | undefined
  return {
    async send(events, signal) {
      sink ??= open()
      await (await sink).send(events, signal)
    },
    close: async () => (await sink)?.close?.(),
  }
}

/** Which events an output is for. */
export function filterOf({
  lures,
  exceptLures,
  types,
}: Pick<OutputEntry, 'lures' | 'exceptLures' | 'types'>): (event: SundewEvent) => boolean {
  const wanted = lures && new Set(lures)
  const unwanted = new Set(exceptLures)
  const isType = (type: string): boolean =>
    types === undefined || types.some((one) => (one.endsWith('*') ? type.startsWith(one.slice(0, -1)) : type === one))
  return ({ lure, type }) =>
    (!wanted || (lure !== undefined && wanted.has(lure))) && !(lure !== undefined && unwanted.has(lure)) && isType(type)
}

function demandNames(entries: readonly OutputEntry[]): void {
  const seen = new Set<string>()
  for (const [i, entry] of entries.entries()) {
    const name = nameOf(entry)
    if (seen.has(name)) {
      const key = `outputs[${i}].name`
      throw new ConfigProblem([
        { file: 'sundew.yaml', key, what: `two outputs are called "${name}"`, cure: 'give one of them another name' },
      ])
    }
    seen.add(name)
  }
}
