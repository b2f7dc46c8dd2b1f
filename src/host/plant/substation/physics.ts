import { above, below, type Rule, raiseAlarms } from '../alarms.ts'
import { outdoors, ripple } from '../rhythm.ts'
import type { SubstationDesign } from './design.ts'
import { balancePower, conducts } from './power.ts'
import { arc, protect } from './protection.ts'
import type { AlarmName, Feeder, SubstationState, Transformer } from './state.ts'
import { commandNormal, everyBay, moveSwitches } from './switchgear.ts'

/** The site's own people put things right after this long, disconnectors first. */
const REPAIR_S = 4 * 3600
const THEN_S = 30
/** The regulator lets the voltage miss its setpoint by this part for so many seconds. */
const BANDWIDTH = 0.012
const REGULATES_AFTER_S = 40
const TAPS = { least: 1, most: 19 }
/** IEC 60076-7: rises at rated load in K, exponents, ratio of losses, time constants in s. */
const THERMAL = { oil: 48, winding: 20, fansShare: 0.7, oilExponent: 0.8, windingExponent: 1.6, ratio: 6, oilS: 180 * 60, windingS: 7 * 60 }
const FANS = { on: 62, off: 54 }
/** V: floating, empty; lost in an hour without a charger, and won back with one. */
const BATTERY = { floating: 121, empty: 92, loses: 2.1, gains: 6 }

/** Moves the substation on by some seconds, in place. In = out + own supply + losses, at every moment. */
export function step(state: SubstationState, design: SubstationDesign, seconds: number): void {
  state.at += seconds
  repair(state, design)
  if (state.controller.running) state.heartbeat = (state.heartbeat + Math.round(seconds)) % 65_536
  moveSwitches(state, seconds, (bay) => arc(state, bay))
  balancePower(state, design, seconds)
  protect(state, design, seconds)
  for (const [i, one] of state.transformers.entries()) {
    regulate(one, i, state, design, seconds)
    warm(one, state, design, seconds)
  }
  state.air = outdoors(state.at, design)
  state.frequency = design.frequency + 0.035 * ripple(state.at / 3, design.phase + 0.2)
  charge(state, seconds)
  raiseAlarms(state, RULES, seconds)
}

function repair(state: SubstationState, { phase }: SubstationDesign): void {
  const since = state.at - state.touchedAt
  const due = REPAIR_S * (1 + phase)
  if (!state.touchedAt || since < due) return
  if (!state.controller.running) {
    state.controller.running = 1
    state.controller.starts++
    state.controller.startedAt = state.at
  }
  state.interlock = 1
  commandNormal(state, 'disconnectors')
  for (const one of state.transformers) {
    one.auto = 1
    one.fans.auto = 1
  }
  for (const feeder of state.feeders) feeder.reclose = 1
  if (since < due + THEN_S) return
  commandNormal(state, 'breakers')
  for (const alarm of Object.values(state.alarms)) alarm.acknowledged = 1
  state.touchedAt = 0
}

/** Tap changer: by hand one step a command, in automatic towards the voltage of its section. */
function regulate(one: Transformer, i: number, state: SubstationState, design: SubstationDesign, seconds: number): void {
  const tap = (by: number): void => {
    const next = Math.max(TAPS.least, Math.min(TAPS.most, one.tap + by))
    if (next !== one.tap) one.operations++
    one.tap = next
  }
  if (!state.controller.running) return
  if (!one.auto) tap(one.raise - one.lower)
  one.raise = 0
  one.lower = 0
  if (!one.auto) return
  const [first] = state.transformers
  const together = conducts(state.mvCoupler) && state.transformers.every(({ high, low }) => conducts(high) && conducts(low))
  // Two in parallel must stand on the same tap, or current circulates between them.
  if (i === 1 && first && together) {
    tap(Math.sign(first.tap - one.tap))
    return
  }
  const voltage = i === 0 ? state.busbars.mediumA : state.busbars.mediumB
  const missing = conducts(one.high) && conducts(one.low) && voltage > 0 ? one.setpoint - voltage : 0
  one.missed = Math.abs(missing) > design.mv * BANDWIDTH ? one.missed + seconds : 0
  if (one.missed < REGULATES_AFTER_S) return
  one.missed = 0
  tap(Math.sign(missing))
}

function warm(one: Transformer, state: SubstationState, { rating }: SubstationDesign, seconds: number): void {
  const { fans } = one
  if (fans.auto && state.controller.running) {
    if (one.oil > FANS.on) fans.command = 1
    if (one.oil < FANS.off) fans.command = 0
  }
  fans.run = fans.command
  const load = Math.hypot(one.high.power, one.high.reactive) / rating
  const share = fans.run ? THERMAL.fansShare : 1
  const isLive = conducts(one.high) && Math.max(state.busbars.highA, state.busbars.highB) > 1
  const rise = isLive ? THERMAL.oil * ((1 + THERMAL.ratio * load ** 2) / (1 + THERMAL.ratio)) ** THERMAL.oilExponent : 0
  one.oil = towards(one.oil, state.air + rise * share, THERMAL.oilS, seconds)
  one.winding = towards(one.winding, one.oil + THERMAL.winding * load ** THERMAL.windingExponent, THERMAL.windingS, seconds)
}

function towards(value: number, settled: number, timeConstant: number, seconds: number): number {
  return settled + (value - settled) * Math.exp(-seconds / timeConstant)
}

function charge(state: SubstationState, seconds: number): void {
  const hasSupply = state.busbars.mediumA > 1
  const by = (hasSupply ? BATTERY.gains : -BATTERY.loses) * (seconds / 3600)
  state.battery = Math.max(BATTERY.empty, Math.min(BATTERY.floating, state.battery + by))
}

const VOLT_HYSTERESIS = 0.1
const HEAT_HYSTERESIS = 3

const RULES: Record<AlarmName, Rule<SubstationState>> = {
  supplyLost: { holds: ({ busbars }) => busbars.highA < 1 && busbars.highB < 1 },
  undervoltageA: below(
    (s) => s.busbars.mediumA,
    (s) => s.setpoint.undervoltage,
    VOLT_HYSTERESIS,
  ),
  undervoltageB: below(
    (s) => s.busbars.mediumB,
    (s) => s.setpoint.undervoltage,
    VOLT_HYSTERESIS,
  ),
  overvoltageA: above(
    (s) => s.busbars.mediumA,
    (s) => s.setpoint.overvoltage,
    VOLT_HYSTERESIS,
  ),
  overvoltageB: above(
    (s) => s.busbars.mediumB,
    (s) => s.setpoint.overvoltage,
    VOLT_HYSTERESIS,
  ),
  oilHigh1: above(
    (s) => s.transformers[0]!.oil,
    (s) => s.setpoint.oilHigh,
    HEAT_HYSTERESIS,
  ),
  oilHigh2: above(
    (s) => s.transformers[1]!.oil,
    (s) => s.setpoint.oilHigh,
    HEAT_HYSTERESIS,
  ),
  overload1: { holds: (s) => s.transformers[0]!.low.current > s.transformers[0]!.low.pickup * 0.9 },
  overload2: { holds: (s) => s.transformers[1]!.low.current > s.transformers[1]!.low.pickup * 0.9 },
  // A feeder that is about to be closed again by itself is nobody's business.
  trip: { holds: (s) => everyBay(s).some((bay) => bay.trip === 1 && !(bay as Feeder).dead) },
  interlockOff: { holds: (s) => !s.interlock },
  batteryLow: { holds: (s) => s.battery < 105, isOver: (s) => s.battery > 110 },
  controllerStopped: { holds: (s) => !s.controller.running },
}
