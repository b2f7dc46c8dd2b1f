import { ALARMS, type AlarmName, type Bit, type PlantState } from './state.ts'

/** Seconds that a condition must hold before its alarm comes or goes. */
const DELAY_S = 3

interface Rule {
  holds(state: PlantState): boolean
  /** Where it differs from not holding: the limit with its hysteresis. */
  isOver?(state: PlantState): boolean
}

const HYSTERESIS = { level: 0.05, pressure: 0.15, chlorine: 0.02 }

const RULES: Record<AlarmName, Rule> = {
  levelHighHigh: above(
    (s) => s.tank.level,
    (s) => s.setpoint.levelHighHigh,
    HYSTERESIS.level,
  ),
  levelHigh: above(
    (s) => s.tank.level,
    (s) => s.setpoint.levelHigh,
    HYSTERESIS.level,
  ),
  levelLow: below(
    (s) => s.tank.level,
    (s) => s.setpoint.levelLow,
    HYSTERESIS.level,
  ),
  levelLowLow: below(
    (s) => s.tank.level,
    (s) => s.setpoint.levelLowLow,
    HYSTERESIS.level,
  ),
  pressureLow: below(
    (s) => s.pressure,
    (s) => s.setpoint.pressureLow,
    HYSTERESIS.pressure,
  ),
  pressureHigh: above(
    (s) => s.pressure,
    (s) => s.setpoint.pressureHigh,
    HYSTERESIS.pressure,
  ),
  chlorineLow: below(
    (s) => s.chlorine.residual,
    (s) => s.setpoint.chlorineLow,
    HYSTERESIS.chlorine,
  ),
  chlorineHigh: above(
    (s) => s.chlorine.residual,
    (s) => s.setpoint.chlorineHigh,
    HYSTERESIS.chlorine,
  ),
  overflow: { holds: (s) => s.flow.overflow > 0 },
  pumpFault: { holds: (s) => [...s.intake, ...s.booster].some((pump) => pump.fault) },
  controllerStopped: { holds: (s) => !s.controller.running },
}

/** Lets every alarm come and go as its condition says, and takes an acknowledgement. */
export function raiseAlarms(state: PlantState, seconds: number): void {
  for (const name of ALARMS) {
    const alarm = state.alarms[name]
    if (state.acknowledge) alarm.acknowledged = 1
    const rule = RULES[name]
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

type Reading = (state: PlantState) => number

function above(value: Reading, limit: Reading, hysteresis: number): Rule {
  return { holds: (s) => value(s) > limit(s), isOver: (s) => value(s) < limit(s) - hysteresis }
}

function below(value: Reading, limit: Reading, hysteresis: number): Rule {
  return { holds: (s) => value(s) < limit(s), isOver: (s) => value(s) > limit(s) + hysteresis }
}
