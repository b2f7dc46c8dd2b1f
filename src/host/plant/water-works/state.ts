import { quiet } from '../alarms.ts'
import type { Alarm, Bit, PlantState } from '../kind.ts'
import type { WaterDesign } from './design.ts'

export interface Pump {
  /** 1: started and stopped by the level or pressure; 0: by hand. */
  auto: Bit
  command: Bit
  /** Percent asked by hand or by the controller, and reached. */
  speedSetpoint: number
  speed: number
  run: Bit
  fault: Bit
  reset: Bit
  /** Seconds that it has pumped against a closed valve or from an empty tank. */
  strain: number
  /** Amperes and degrees Celsius of its motor. */
  current: number
  temperature: number
  hours: number
  starts: number
}

export interface Valve {
  /** Percent open, asked and reached. */
  setpoint: number
  position: number
}

export const ALARMS = [
  'levelHighHigh',
  'levelHigh',
  'levelLow',
  'levelLowLow',
  'pressureLow',
  'pressureHigh',
  'chlorineLow',
  'chlorineHigh',
  'overflow',
  'pumpFault',
  'controllerStopped',
] as const
export type AlarmName = (typeof ALARMS)[number]

/** All that moves in a water works. */
export interface WaterState extends PlantState {
  tank: { volume: number; level: number; percent: number }
  intake: [Pump, Pump]
  booster: [Pump, Pump]
  inlet: Valve
  outlet: Valve
  /** m³/h: into the tank, to the town, over the edge, and what the town would like. */
  flow: { in: number; out: number; overflow: number; demand: number }
  /** m³ since the meters were installed. */
  total: { in: number; out: number; overflow: number }
  /** bar at the outlet. */
  pressure: number
  /** mg/l: asked of the dosing pump and left in the tank. */
  chlorine: { setpoint: number; dosing: Bit; residual: number }
  water: { turbidity: number; ph: number; temperature: number }
  setpoint: {
    levelStart: number
    levelStop: number
    pressure: number
    levelHighHigh: number
    levelHigh: number
    levelLow: number
    levelLowLow: number
    pressureLow: number
    pressureHigh: number
    chlorineLow: number
    chlorineHigh: number
  }
  /** 1: boosters stop before they run dry. */
  interlock: Bit
  alarms: Record<AlarmName, Alarm>
}

/** The works as it stands on a quiet day, `at` in UTC seconds. */
export function stateAt(design: WaterDesign, at: number): WaterState {
  const { tankHeight, tankArea, phase, demand } = design
  const level = tankHeight * (0.55 + 0.2 * phase)
  const years = 4 + 6 * phase
  const pumped = demand * 24 * 365 * years
  const pump = (auto: Bit, command: Bit, n: number): Pump => ({
    auto,
    command,
    speedSetpoint: command ? 80 : 0,
    speed: command ? 80 : 0,
    run: command,
    fault: 0,
    reset: 0,
    strain: 0,
    current: 0,
    temperature: 24,
    hours: years * 365 * (11 + n),
    starts: Math.round(years * 365 * (3 + n)),
  })
  return {
    at,
    touchedAt: 0,
    controller: { running: 1, starts: 3, startedAt: at - Math.round(86_400 * (20 + 200 * phase)) },
    tank: { volume: level * tankArea, level, percent: (level / tankHeight) * 100 },
    intake: [pump(1, 1, 0), pump(1, 0, 1)],
    booster: [pump(1, 1, 2), pump(1, 0, 1)],
    inlet: { setpoint: 100, position: 100 },
    outlet: { setpoint: 100, position: 100 },
    flow: { in: 0, out: demand, overflow: 0, demand },
    total: { in: pumped + level * tankArea, out: pumped, overflow: 0 },
    pressure: 4.6,
    chlorine: { setpoint: 0.5, dosing: 1, residual: 0.46 },
    water: { turbidity: 0.2, ph: 7.4, temperature: 11 },
    setpoint: {
      levelStart: round(tankHeight * 0.52),
      levelStop: round(tankHeight * 0.86),
      pressure: 4.8,
      levelHighHigh: round(tankHeight * 0.97),
      levelHigh: round(tankHeight * 0.92),
      levelLow: round(tankHeight * 0.35),
      levelLowLow: round(tankHeight * 0.15),
      pressureLow: 2.5,
      pressureHigh: 6.5,
      chlorineLow: 0.2,
      chlorineHigh: 1.5,
    },
    interlock: 1,
    acknowledge: 0,
    heartbeat: 0,
    alarms: quiet(ALARMS),
  }
}

function round(metres: number): number {
  return Math.round(metres * 100) / 100
}
