import type { Bit } from '../kind.ts'
import { type Bay, POSITION, type SubstationState, type Switch } from './state.ts'

/** Seconds that the motor of a disconnector or earthing switch runs. A breaker is there at once. */
const TRAVEL_S = 7

const DEVICES = { Q0: 'breaker', Q1: 'busbar', Q9: 'line', Q8: 'earth' } as const
type Device = (typeof DEVICES)[keyof typeof DEVICES]

/** Bays by the names that tags begin with. */
export function bayNamed(state: SubstationState, name: string): Bay | undefined {
  const [, kind, digit = '1'] = /^(L|F|T|HBC|MBC)(\d?)(L?)$/.exec(name) ?? []
  const index = Number(digit || 1) - 1
  switch (kind) {
    case 'L':
      return state.lines[index]
    case 'F':
      return state.feeders[index]
    case 'T':
      return state.transformers[index]?.[name.endsWith('L') ? 'low' : 'high']
    case 'HBC':
      return state.hvCoupler
    case 'MBC':
      return state.mvCoupler
    default:
      return undefined
  }
}

/** Every bay, those of the high voltage first. */
export function everyBay(state: SubstationState): Bay[] {
  const { lines, hvCoupler, transformers, mvCoupler, feeders } = state
  return [...lines, hvCoupler, ...transformers.map(({ high }) => high), ...transformers.map(({ low }) => low), mvCoupler, ...feeders]
}

/** Whether a command may be given: `L1_Q0_CMD` and the like by the interlocks of its bay, all else always. */
export function permits(state: SubstationState, tag: string, value: number): boolean {
  const [, name = '', q] = /^(\w+)_(Q[0189])_CMD$/.exec(tag) ?? []
  const bay = bayNamed(state, name)
  if (!q || !bay) return true
  // Outputs of a controller that has stopped are dead.
  return state.controller.running === 1 && mayMove(state, bay, DEVICES[q as keyof typeof DEVICES], value === 1)
}

function mayMove(state: SubstationState, bay: Bay, device: Device, closes: boolean): boolean {
  const isOpen = (one: Switch | undefined): boolean => !one || one.position === POSITION.open
  const rests = (one: Switch | undefined): boolean => !one || one.position !== POSITION.between
  if (device === 'breaker') {
    if (!closes) return true
    // The trip relay holds against every close, interlocks or not.
    if (bay.trip) return false
    return state.interlock === 0 || (isOpen(bay.earth) && rests(bay.busbar) && rests(bay.line))
  }
  if (state.interlock === 0) return true
  if (!isOpen(bay.breaker)) return false
  if (device === 'earth') return !closes || (isOpen(bay.busbar) && isOpen(bay.line))
  return !closes || isOpen(bay.earth)
}

/** Lets drives run; what moved under load or onto earth is told to `arc`. */
export function moveSwitches(state: SubstationState, seconds: number, arc: (bay: Bay) => void): void {
  for (const bay of everyBay(state)) {
    const { breaker, busbar, line, earth } = bay
    const wanted = breaker.command ? POSITION.closed : POSITION.open
    if (breaker.position !== wanted) settle(breaker, wanted)
    for (const one of [busbar, line, earth]) {
      if (!one) continue
      const leaves = drive(one, seconds)
      if (leaves && one !== earth && breaker.position === POSITION.closed && bay.current > 1) arc(bay)
    }
    if (earth && earth.position === POSITION.closed && isLive(bay)) arc(bay)
  }
}

/** Whether voltage can reach the earthed part: over a closed breaker and busbar side. */
function isLive({ breaker, busbar, trip }: Bay): boolean {
  return !trip && breaker.position === POSITION.closed && busbar?.position !== POSITION.open
}

/** Moves a motor drive on; whether it has just begun. */
function drive(one: Switch, seconds: number): boolean {
  const wanted = one.command ? POSITION.closed : POSITION.open
  const begins = one.moving === 0 && one.position !== wanted
  if (begins) {
    one.moving = TRAVEL_S
    one.position = POSITION.between
  }
  if (one.moving === 0) return false
  one.moving = Math.max(0, one.moving - seconds)
  if (one.moving === 0) settle(one, wanted)
  return begins
}

function settle(one: Switch, position: number): void {
  one.position = position
  one.operations++
}

/** Opens the breaker of a bay as its protection does, and holds it. */
export function trip(state: SubstationState, bay: Bay): void {
  if (bay.breaker.position === POSITION.closed) settle(bay.breaker, POSITION.open)
  bay.breaker.command = 0
  bay.trip = 1
  bay.exceeded = 0
  state.touchedAt ||= state.at
}

/** The switching state in which the station is left: all closed but the medium-voltage coupler and the earthing switches. */
export function commandNormal(state: SubstationState, what: 'disconnectors' | 'breakers'): void {
  for (const bay of everyBay(state)) {
    if (what === 'breakers') bay.breaker.command = (bay === state.mvCoupler ? 0 : 1) as Bit
    else {
      bay.trip = 0
      bay.exceeded = 0
      if (bay.busbar) bay.busbar.command = 1
      if (bay.line) bay.line.command = 1
      if (bay.earth) bay.earth.command = 0
    }
  }
}
