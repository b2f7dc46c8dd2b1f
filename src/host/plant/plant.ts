import type { Identity } from '../../config/identity.ts'
import type { StateStore } from '../../store/contract.ts'
import { step } from './physics.ts'
import { point, readPoint, writePoint } from './points.ts'
import { ALARMS, type AlarmName, type PlantState, stateAt } from './state.ts'
import { type Works, worksOf } from './works.ts'

const SCOPE = 'plant'
/** Changes when {@link PlantState} does: an older state is then not read. */
const KEY = 'water-works.1'
const KEEP_EVERY_S = 60
/** Time that has passed unwatched is caught up with in coarse steps, the last hour of it second by second. */
const FINE_S = 3600
const COARSE_STEP_S = 60
const LONGEST_S = 30 * 86_400
/** Before it is looked at for the first time the plant has run this long, so that nothing in it is a starting value. */
const WARM_UP_S = 6 * 3600

/** The state at a later time. Pure: the same state, works and time give the same result. `to` in UTC seconds. */
export function advance(from: PlantState, works: Works, to: number): PlantState {
  const state = structuredClone(from)
  if (to - state.at > LONGEST_S) state.at = to - LONGEST_S
  while (state.at + COARSE_STEP_S < to - FINE_S) step(state, works, COARSE_STEP_S)
  while (state.at < to) step(state, works, 1)
  return state
}

export interface PlantSetup {
  identity: Identity
  state: StateStore
}

/**
 * The water works of this installation. Every industrial lure shows this one, so that a valve closed over one protocol is
 * closed over all, and stays so over a restart.
 */
export class Plant {
  readonly works: Works
  readonly #store: StateStore
  readonly #now: () => number
  #state: PlantState
  #keptAt = 0

  /** @param now UTC seconds, whole */
  constructor({ identity, state: store }: PlantSetup, now: () => number = () => Math.floor(Date.now() / 1000)) {
    this.works = worksOf(identity)
    this.#store = store
    this.#now = now
    const kept = store.get(SCOPE, KEY)
    this.#state = kept
      ? (JSON.parse(kept.toString('utf8')) as PlantState)
      : advance(stateAt(this.works, now() - WARM_UP_S), this.works, now())
  }

  /** The plant as it is at this moment. Not to be changed. */
  get state(): Readonly<PlantState> {
    const now = this.#now()
    if (now > this.#state.at) {
      this.#state = advance(this.#state, this.works, now)
      if (now - this.#keptAt >= KEEP_EVERY_S) this.#keep()
    }
    return this.#state
  }

  read(tag: string): number {
    return readPoint(this.state, point(tag))
  }

  /** Enters a value at a point; undefined, and nothing changes, when the point cannot be written. Else the value that holds now. */
  write(tag: string, value: number): number | undefined {
    const target = point(tag)
    if (!target.writable) return undefined
    const state: PlantState = structuredClone(this.state)
    const wasRunning = state.controller.running
    const entered = writePoint(state, target, value)
    if (!wasRunning && state.controller.running) {
      state.controller.starts++
      state.controller.startedAt = state.at
    }
    state.touchedAt = state.at
    this.#state = state
    this.#keep()
    return entered
  }

  /** Alarms that stand, the latest first. `since` in UTC seconds. */
  alarms(): { name: AlarmName; since: number; acknowledged: boolean }[] {
    const { alarms } = this.state
    return ALARMS.filter((name) => alarms[name].active)
      .map((name) => ({ name, since: alarms[name].since, acknowledged: alarms[name].acknowledged === 1 }))
      .sort((a, b) => b.since - a.since)
  }

  #keep(): void {
    this.#keptAt = this.#state.at
    this.#store.set(SCOPE, KEY, JSON.stringify(this.#state))
  }
}

const plants = new WeakMap<StateStore, Plant>()

/** The one plant of an installation, which all its lures share. */
export function plantOf(setup: PlantSetup): Plant {
  let plant = plants.get(setup.state)
  if (!plant) {
    plant = new Plant(setup)
    plants.set(setup.state, plant)
  }
  return plant
}
