import { raiseAlarms } from '../alarms.ts'
import { localHour, peak, ripple } from '../rhythm.ts'
import { RULES } from './alarms.ts'
import { control } from './control.ts'
import type { WaterDesign } from './design.ts'
import type { Pump, Valve, WaterState } from './state.ts'

/** A pump reaches its speed with this time constant, a valve travels at this rate, the mains answer with this lag. */
const PUMP_LAG_S = 4
const VALVE_PERCENT_PER_S = 100 / 45
const PRESSURE_LAG_S = 3
/** Seconds that a pump bears a closed valve or an empty tank before its motor protection trips. */
const STRAIN_S = 90
const BAR_PER_METRE = 0.0981
/** Chlorine that decays in an hour, of what is there. */
const CHLORINE_DECAY = 0.006
/** The site's own people put things right after this long. */
const REPAIR_S = 4 * 3600

/** Moves the works on by some seconds, in place. Water is neither made nor lost: in − out − overflow = change of volume. */
export function step(state: WaterState, design: WaterDesign, seconds: number): void {
  state.at += seconds
  repair(state, design)
  control(state, seconds)
  for (const pump of [...state.intake, ...state.booster]) turn(pump, seconds)
  for (const valve of [state.inlet, state.outlet]) travel(valve, seconds)
  moveWater(state, design, seconds)
  dose(state, seconds)
  weather(state, design)
  for (const pump of state.intake) strain(pump, state.inlet.position < 5, seconds)
  for (const pump of state.booster) strain(pump, state.outlet.position < 5 || state.tank.level < 0.05, seconds)
  raiseAlarms(state, RULES, seconds)
}

/** What was last commanded from outside lasts a shift; then somebody has come, looked, and put it back to automatic. */
function repair(state: WaterState, design: WaterDesign): void {
  if (!state.touchedAt || state.at - state.touchedAt < REPAIR_S * (1 + design.phase)) return
  state.touchedAt = 0
  if (!state.controller.running) {
    state.controller.running = 1
    state.controller.starts++
    state.controller.startedAt = state.at
  }
  for (const pump of [...state.intake, ...state.booster]) {
    pump.auto = 1
    pump.fault = 0
    pump.strain = 0
  }
  state.inlet.setpoint = 100
  state.outlet.setpoint = 100
  state.chlorine.dosing = 1
  state.interlock = 1
  for (const alarm of Object.values(state.alarms)) alarm.acknowledged = 1
}

function turn(pump: Pump, seconds: number): void {
  const wanted = pump.command && !pump.fault ? Math.max(0, Math.min(100, pump.speedSetpoint)) : 0
  pump.speed = wanted + (pump.speed - wanted) * Math.exp(-seconds / PUMP_LAG_S)
  if (pump.speed < 0.5) pump.speed = 0
  const run = pump.speed > 0 ? 1 : 0
  if (run && !pump.run) pump.starts++
  pump.run = run
  if (run) pump.hours += seconds / 3600
  pump.current = run ? 12 + 62 * (pump.speed / 100) ** 2 : 0
  const warm = 22 + pump.current * 0.45 + pump.strain * 0.5
  pump.temperature = warm + (pump.temperature - warm) * Math.exp(-seconds / 240)
}

function travel(valve: Valve, seconds: number): void {
  const way = Math.max(0, Math.min(100, valve.setpoint)) - valve.position
  valve.position += Math.sign(way) * Math.min(Math.abs(way), VALVE_PERCENT_PER_S * seconds)
}

function moveWater(state: WaterState, design: WaterDesign, seconds: number): void {
  const { flow, tank, total } = state
  const hours = seconds / 3600
  flow.demand = design.demand * dailyCurve(localHour(state.at, design)) * (1 + 0.03 * ripple(state.at, design.phase))
  flow.in = intakeFlow(state, design)
  const wanted = townFlow(state, design, seconds)
  const available = tank.volume / hours + flow.in
  flow.out = Math.min(wanted, Math.max(0, available))
  const volume = tank.volume + (flow.in - flow.out) * hours
  const spilt = Math.max(0, volume - design.tankArea * design.tankHeight)
  flow.overflow = spilt / hours
  tank.volume = Math.max(0, volume - spilt)
  tank.level = tank.volume / design.tankArea
  tank.percent = (tank.level / design.tankHeight) * 100
  total.in += flow.in * hours
  total.out += flow.out * hours
  total.overflow += spilt
}

/** Two pumps into one pipe bring less than twice as much as one. */
function intakeFlow({ intake, inlet, at }: WaterState, design: WaterDesign): number {
  const speeds = intake.reduce((sum, pump) => sum + pump.speed / 100, 0)
  const pipe = speeds <= 1 ? speeds : 1 + (speeds - 1) * 0.72
  return design.intakeFlow * pipe * opening(inlet) * (1 + 0.004 * ripple(at, design.phase + 0.3))
}

/** Pressure follows pumps and flow; the town takes what it wants as far as pressure lets it. */
function townFlow(state: WaterState, design: WaterDesign, seconds: number): number {
  const { booster, outlet, tank, flow } = state
  const isWet = tank.level > 0.05
  const speed = Math.max(...booster.map((pump) => pump.speed)) / 100
  const both = booster.every((pump) => pump.speed > 40) ? 1.12 : 1
  const head = isWet ? tank.level + design.boosterHead * speed ** 2 * both : 0
  const lost = design.mainsLoss * flow.out ** 2
  const open = opening(outlet)
  const settled = Math.max(0, head - lost) * BAR_PER_METRE * Math.min(1, open * 1.4)
  state.pressure = settled + (state.pressure - settled) * Math.exp(-seconds / PRESSURE_LAG_S)
  return flow.demand * Math.min(1.25, Math.sqrt(Math.max(0, state.pressure) / 4.8)) * Math.min(1, open * 1.6)
}

function opening({ position }: Valve): number {
  return position < 1 ? 0 : position / 100
}

/** Chlorine in the tank: what comes in with the water, less what leaves with it and what decays. */
function dose({ chlorine, flow, tank, controller }: WaterState, seconds: number): void {
  const dosed = chlorine.dosing && controller.running ? chlorine.setpoint : 0
  const volume = Math.max(20, tank.volume)
  const exchange = (flow.in / volume + CHLORINE_DECAY) * (seconds / 3600)
  const settled = flow.in > 0 ? (dosed * (flow.in / volume)) / (flow.in / volume + CHLORINE_DECAY) : 0
  chlorine.residual = settled + (chlorine.residual - settled) * Math.exp(-exchange)
}

function weather({ water, at }: WaterState, design: WaterDesign): void {
  const year = (2 * Math.PI * (at / 86_400 - 110)) / 365.25
  water.temperature = 11 + 4.5 * Math.sin(year) + 0.2 * ripple(at, design.phase + 0.5)
  water.turbidity = 0.22 + 0.05 * ripple(at, design.phase + 0.7)
  water.ph = 7.4 + 0.05 * ripple(at, design.phase + 0.9)
}

function strain(pump: Pump, hard: boolean, seconds: number): void {
  pump.strain = hard && pump.run ? pump.strain + seconds : Math.max(0, pump.strain - seconds)
  if (pump.strain < STRAIN_S) return
  pump.fault = 1
  pump.strain = STRAIN_S
}

/** What a town draws through its day, 1 on average: little at night, most at breakfast and in the evening. */
function dailyCurve(hour: number): number {
  return 0.62 + 0.62 * peak(hour, 7.3, 2.2) + 0.5 * peak(hour, 19.2, 2.8) + 0.28 * peak(hour, 13, 3)
}
