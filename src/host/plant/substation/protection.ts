import { chance } from '../rhythm.ts'
import type { SubstationDesign } from './design.ts'
import { type Bay, type Feeder, POSITION, type SubstationState } from './state.ts'
import { everyBay, trip } from './switchgear.ts'

/** Seconds that a current may exceed its pickup. */
const DELAY_S = 2
/** Seconds without voltage before a feeder that lightning has struck is closed again. */
const DEAD_TIME_S = 1
/** A feeder is struck once in a period of this many days. */
const PERIOD_DAYS = 9

/** Protection relays, which work whether the controller runs or not. */
export function protect(state: SubstationState, design: SubstationDesign, seconds: number): void {
  for (const bay of everyBay(state)) {
    if (bay.reset) {
      bay.trip = 0
      bay.reset = 0
    }
    const isOver = bay.breaker.position === POSITION.closed && bay.current > bay.pickup
    bay.exceeded = isOver ? bay.exceeded + seconds : 0
    if (bay.exceeded >= DELAY_S) trip(state, bay)
  }
  for (const { high, low, oil } of state.transformers) {
    if (oil > state.setpoint.oilTrip && !high.trip) for (const bay of [high, low]) trip(state, bay)
  }
  for (const [i, feeder] of state.feeders.entries()) {
    if (feeder.dead > 0) reclose(feeder, seconds)
    else if (isStruck(i, state.at, design, seconds)) strike(state, feeder)
  }
}

function reclose(feeder: Feeder, seconds: number): void {
  feeder.dead = Math.max(0, feeder.dead - seconds)
  if (feeder.dead > 0) return
  feeder.trip = 0
  feeder.breaker.command = 1
  feeder.recloses++
}

function strike(state: SubstationState, feeder: Feeder): void {
  if (feeder.breaker.position !== POSITION.closed) return
  const before = state.touchedAt
  trip(state, feeder)
  if (!feeder.reclose) return
  feeder.dead = DEAD_TIME_S
  state.touchedAt = before
}

/** Whether the time of this feeder's next short circuit has come within the last seconds. */
function isStruck(feeder: number, at: number, design: SubstationDesign, seconds: number): boolean {
  const period = PERIOD_DAYS * 86_400
  const number = Math.floor(at / period)
  const moment = Math.floor((number + chance(number, design.feeders[feeder]!.seed)) * period)
  return moment <= at && moment > at - seconds
}

/** A short circuit in a bay of the station itself: all breakers around the busbar section that it hangs on open. */
export function arc(state: SubstationState, bay: Bay): void {
  const { lines, hvCoupler, transformers, mvCoupler, feeders } = state
  const at = feeders.indexOf(bay as Feeder)
  if (at >= 0) {
    trip(state, bay)
    return
  }
  const section = lines[1] === bay || transformers[1]?.high === bay || transformers[1]?.low === bay ? 1 : 0
  const isLow = bay === mvCoupler || transformers.some(({ low }) => low === bay)
  const half = feeders.length / 2
  const around = isLow
    ? [transformers[section]!.low, mvCoupler, ...feeders.slice(section * half, section * half + half)]
    : [lines[section]!, hvCoupler, transformers[section]!.high]
  for (const one of around) trip(state, one)
}
