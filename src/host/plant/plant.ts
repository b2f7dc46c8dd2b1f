import type { Identity } from '../../config/identity.ts'
import type { PlantName } from '../../config/persona.ts'
import type { StateStore } from '../../store/contract.ts'
import type { Design, PlantKind, PlantModel, PlantState } from './kind.ts'
import { PLANTS } from './kinds.ts'
import { enteredAt, readPoint, writePoint } from './points.ts'

const SCOPE = 'plant'
const KEEP_EVERY_S = 60
/** Time that has passed unwatched is caught up with in coarse steps, the last hour of it second by second. */
const FINE_S = 3600
const COARSE_STEP_S = 60
const LONGEST_S = 30 * 86_400
/** Before it is looked at for the first time the plant has run this long, so that nothing in it is a starting value. */
const WARM_UP_S = 6 * 3600

/** The state at a later time. Pure: the same state, plant and time give the same result. `to` in UTC seconds. */
export function advance<D extends Design, S extends PlantState>(from: S, model: PlantModel<D, S>, to: number): S {
  const state = structuredClone(from)
  if (to - state.at > LONGEST_S) state.at = to - LONGEST_S
  while (state.at + COARSE_STEP_S < to - FINE_S) model.step(state, COARSE_STEP_S)
  while (state.at < to) model.step(state, 1)
  return state
}

export interface PlantSetup {
  identity: Identity
  state: StateStore
  /** Whose plant it is; without one, a water works. */
  persona?: { readonly plant: PlantName }
}

/**
 * The plant of this installation's persona. Every industrial lure shows this one, so that a valve closed over one protocol is
 * closed over all, and stays so over a restart.
 */
export class Plant {
  readonly kind: PlantKind
  readonly model: PlantModel
  readonly #store: StateStore
  readonly #key: string
  readonly #now: () => number
  #state: PlantState
  #keptAt = 0

  /** @param now UTC seconds, whole */
  constructor({ identity, state: store, persona }: PlantSetup, now: () => number = () => Math.floor(Date.now() / 1000)) {
    this.kind = PLANTS[persona?.plant ?? 'water-works']
    this.model = this.kind.open(identity)
    this.#key = `${this.kind.name}.${this.kind.version}`
    this.#store = store
    this.#now = now
    const kept = store.get(SCOPE, this.#key)
    this.#state = kept
      ? (JSON.parse(kept.toString('utf8')) as PlantState)
      : advance(this.model.stateAt(now() - WARM_UP_S), this.model, now())
  }

  get design(): Design {
    return this.model.design
  }

  /** The plant as it is at this moment. Not to be changed. */
  get state(): Readonly<PlantState> {
    const now = this.#now()
    if (now > this.#state.at) {
      this.#state = advance(this.#state, this.model, now)
      if (now - this.#keptAt >= KEEP_EVERY_S) this.#keep()
    }
    return this.#state
  }

  read(tag: string): number {
    return readPoint(this.state, this.kind.points.get(tag))
  }

  /**
   * Enters a value at a point. Undefined, and nothing changes, when the point cannot be written or an interlock forbids it;
   * else the value that holds now.
   */
  write(tag: string, value: number): number | undefined {
    const target = this.kind.points.get(tag)
    const state: PlantState = structuredClone(this.state)
    if (!target.writable || !this.model.permits(state, tag, enteredAt(target, value))) return undefined
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
  alarms(): { name: string; since: number; acknowledged: boolean }[] {
    return Object.entries(this.state.alarms)
      .filter(([, { active }]) => active)
      .map(([name, { since, acknowledged }]) => ({ name, since, acknowledged: acknowledged === 1 }))
      .sort((a, b) => b.since - a.since)
  }

  #keep(): void {
    this.#keptAt = this.#state.at
    this.#store.set(SCOPE, this.#key, JSON.stringify(this.#state))
  }
}

const plants = new WeakMap<StateStore, Map<PlantName, Plant>>()

/** The one plant of this kind in an installation, which all its lures share. */
export function plantOf(setup: PlantSetup): Plant {
  const name = setup.persona?.plant ?? 'water-works'
  const known = plants.get(setup.state) ?? new Map<PlantName, Plant>()
  plants.set(setup.state, known)
  let plant = known.get(name)
  if (!plant) {
    plant = new Plant(setup)
    known.set(name, plant)
  }
  return plant
}
