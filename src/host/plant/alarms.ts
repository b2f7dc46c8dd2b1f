import type { Alarm, Bit, PlantState } from './kind.ts'

/** Seconds that a condition must hold before its alarm comes or goes. */
const DELAY_S = 3

export interface Rule<S extends PlantState> {
  holds(state: S): boolean
  /** Where it differs from not holding: the limit with its hysteresis. */
  isOver?(state: S): boolean
}

type Reading<S> = (state: S) => number

export function above<S extends PlantState>(value: Reading<S>, limit: Reading<S>, hysteresis: number): Rule<S> {
  return { holds: (s) => value(s) > limit(s), isOver: (s) => value(s) < limit(s) - hysteresis }
}

export function below<S extends PlantState>(value: Reading<S>, limit: Reading<S>, hysteresis: number): Rule<S> {
  return { holds: (s) => value(s) < limit(s), isOver: (s) => value(s) > limit(s) + hysteresis }
}

/** Alarms of these names, none of which has ever come. */
export function quiet<N extends string>(names: readonly N[]): Record<N, Alarm> {
  return Object.fromEntries(names.map((name) => [name, { active: 0, acknowledged: 1, since: 0, pending: 0 }])) as Record<N, Alarm>
}

/** Lets every alarm come and go as its condition says, and takes an acknowledgement. */
export function raiseAlarms<S extends PlantState>(state: S, rules: Readonly<Record<string, Rule<S>>>, seconds: number): void {
  for (const name in rules) {
    const rule = rules[name]
    const alarm = state.alarms[name]
    if (!rule || !alarm) continue
    if (state.acknowledge) alarm.acknowledged = 1
    const changes = alarm.active ? (rule.isOver ?? ((s) => !rule.holds(s)))(state) : rule.holds(state)
    alarm.pending = changes ? alarm.pending + seconds : 0
    if (alarm.pending < DELAY_S) continue
    alarm.active = (1 - alarm.active) as Bit
    alarm.pending = 0
    alarm.since = state.at
    if (alarm.active) alarm.acknowledged = 0
  }
  state.acknowledge = 0
}
