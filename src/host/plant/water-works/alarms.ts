import { above, below, type Rule } from '../alarms.ts'
import type { AlarmName, WaterState } from './state.ts'

const HYSTERESIS = { level: 0.05, pressure: 0.15, chlorine: 0.02 }

/** When each alarm holds. */
export const RULES: Record<AlarmName, Rule<WaterState>> = {
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
