import type { Identity } from '../../config/identity.ts'
import type { PlantName } from '../../config/persona.ts'
import type { PointList } from './points.ts'

/** 1 and 0, as a controller's memory has them. */
export type Bit = 0 | 1

export interface Alarm {
  active: Bit
  acknowledged: Bit
  /** UTC seconds when it last came or went; 0 when never. */
  since: number
  /** Seconds that its condition has held, or not held, without a change yet. */
  pending: number
}

/** What a plant is built of and never changes. Every kind adds its own. */
export interface Design {
  /** Name of the site, as panels and reports show it. */
  site: string
  /** Part of a day, 0 to 1, by which this place's habits and noises are shifted. */
  phase: number
  /** Hours east of UTC by which the place lives. */
  utcOffset: number
}

/** All that moves in a plant. Every kind adds its own. */
export interface PlantState {
  /** UTC seconds up to which this state has been computed. */
  at: number
  /** UTC seconds of the last command from outside; 0 when the site's own people have it in hand. */
  touchedAt: number
  /** Whether the controller runs its program. */
  controller: { running: Bit; starts: number; startedAt: number }
  /** Set for one scan: all alarms are acknowledged. */
  acknowledge: Bit
  heartbeat: number
  alarms: Record<string, Alarm>
}

/** A plant of one installation as physics has it. Only states that it has made itself may be given to it. */
export interface PlantModel<D extends Design = Design, S extends PlantState = PlantState> {
  readonly design: D
  /** The plant on a quiet day, `at` in UTC seconds. */
  stateAt(at: number): S
  /** Moves a state on by some seconds, in place. */
  step(state: S, seconds: number): void
  /** Whether interlocks let a value be entered. */
  permits(state: S, tag: string, value: number): boolean
}

/** A kind of plant, which a persona chooses. */
export interface PlantKind<D extends Design = Design, S extends PlantState = PlantState> {
  readonly name: PlantName
  /** Changes when its state does: an older state is then not read. */
  readonly version: number
  /** How names of its devices end. */
  readonly code: string
  /** Where a controller hangs, and what it is for; both follow the site's name. */
  readonly place: string
  readonly about: string
  /** Point that says that something has failed: the lamp on the controller. */
  readonly faultTag: string
  readonly points: PointList
  open(identity: Identity): PlantModel<D, S>
}
