import { quiet } from '../alarms.ts'
import type { Alarm, Bit, PlantState } from '../kind.ts'
import type { SubstationDesign } from './design.ts'

/** Positions of a switching device, as double-point information has them. */
export const POSITION = { between: 0, open: 1, closed: 2 } as const

export interface Switch {
  command: Bit
  position: number
  /** Seconds that its drive still runs. */
  moving: number
  operations: number
}

/** A bay with its breaker, and the devices that it has around it. */
export interface Bay {
  breaker: Switch
  /** Towards the busbar, and towards the line. */
  busbar?: Switch
  line?: Switch
  earth?: Switch
  /** MW, Mvar and A. */
  power: number
  reactive: number
  current: number
  /** Protection has opened the breaker, and holds it open until it is reset. */
  trip: Bit
  reset: Bit
  /** A from which it trips, and seconds that this has been exceeded. */
  pickup: number
  exceeded: number
}

export interface Feeder extends Bay {
  /** Automatic reclosing: on, seconds until it closes again, times that it has. */
  reclose: Bit
  dead: number
  recloses: number
  /** MWh delivered. */
  energy: number
}

export interface Transformer {
  high: Bay
  low: Bay
  /** Tap changer: 1 to 19. */
  tap: number
  auto: Bit
  raise: Bit
  lower: Bit
  operations: number
  /** kV that the regulator holds, and seconds that they have been missed. */
  setpoint: number
  missed: number
  /** °C of the top oil and of the winding. */
  oil: number
  winding: number
  fans: { auto: Bit; command: Bit; run: Bit }
}

export const ALARMS = [
  'supplyLost',
  'undervoltageA',
  'undervoltageB',
  'overvoltageA',
  'overvoltageB',
  'oilHigh1',
  'oilHigh2',
  'overload1',
  'overload2',
  'trip',
  'interlockOff',
  'batteryLow',
  'controllerStopped',
] as const
export type AlarmName = (typeof ALARMS)[number]

/** All that moves in a substation. */
export interface SubstationState extends PlantState {
  lines: Bay[]
  hvCoupler: Bay
  transformers: Transformer[]
  mvCoupler: Bay
  feeders: Feeder[]
  /** Complex voltages of the four busbar sections, per unit: high A and B, medium A and B. */
  voltages: [re: number, im: number][]
  /** The same as panels show them, kV between phases. */
  busbars: { highA: number; highB: number; mediumA: number; mediumB: number }
  frequency: number
  /** MW: into the station over both lines, out over all feeders and to its own supply, and lost in between. */
  balance: { in: number; out: number; own: number; losses: number }
  /** MWh since the meters were installed. */
  energy: { in: number; out: number }
  air: number
  /** V of the station battery. */
  battery: number
  setpoint: { undervoltage: number; overvoltage: number; oilHigh: number; oilTrip: number }
  /** 1: no switch moves under load or onto earth. */
  interlock: Bit
  alarms: Record<AlarmName, Alarm>
}

/** Middle position of the tap changers. */
export const MIDDLE_TAP = 10

function standing(closed: Bit): Switch {
  return { command: closed, position: closed ? POSITION.closed : POSITION.open, moving: 0, operations: 0 }
}

function bay(closed: Bit, pickup: number): Bay {
  return { breaker: standing(closed), power: 0, reactive: 0, current: 0, trip: 0, reset: 0, pickup, exceeded: 0 }
}

/** Amperes of a power in MVA at a voltage in kV. */
export function amperes(power: number, kilovolts: number): number {
  return kilovolts < 0.1 ? 0 : (power / (Math.sqrt(3) * kilovolts)) * 1000
}

function rounded(value: number, to: number): number {
  return Math.round(value / to) * to
}

/** The substation as it stands on a quiet day, `at` in UTC seconds. */
export function stateAt(design: SubstationDesign, at: number): SubstationState {
  const { hv, mv, rating, phase } = design
  const years = 5 + 9 * phase
  const delivered = 22 * 24 * 365 * years
  const used = (bayOf: Bay, times: number): void => {
    for (const one of [bayOf.breaker, bayOf.busbar, bayOf.line, bayOf.earth]) if (one) one.operations = Math.round(times * years)
  }
  const lines = [0, 1].map(
    (): Bay => ({
      ...bay(1, rounded(amperes(2 * rating, hv), 10)),
      busbar: standing(1),
      line: standing(1),
      earth: standing(0),
    }),
  )
  const transformers = [0, 1].map(
    (): Transformer => ({
      high: { ...bay(1, rounded(amperes(1.5 * rating, hv), 10)), busbar: standing(1), earth: standing(0) },
      low: bay(1, rounded(amperes(1.4 * rating, mv), 10)),
      tap: MIDDLE_TAP,
      auto: 1,
      raise: 0,
      lower: 0,
      operations: Math.round(years * 365 * 6),
      setpoint: Math.round(mv * 1.03 * 10) / 10,
      missed: 0,
      oil: 42,
      winding: 48,
      fans: { auto: 1, command: 0, run: 0 },
    }),
  )
  const feeders = design.feeders.map(
    ({ demand }, i): Feeder => ({
      ...bay(1, rounded(amperes(demand * 2.6, mv), 10)),
      earth: standing(0),
      reclose: 1,
      dead: 0,
      recloses: Math.round(years * (9 + i)),
      energy: demand * 24 * 365 * years,
    }),
  )
  const state: SubstationState = {
    at,
    touchedAt: 0,
    controller: { running: 1, starts: 5, startedAt: at - Math.round(86_400 * (40 + 300 * phase)) },
    lines,
    hvCoupler: bay(1, rounded(amperes(2 * rating, hv), 10)),
    transformers,
    mvCoupler: bay(0, rounded(amperes(rating, mv), 10)),
    feeders,
    voltages: [0, 1, 2, 3].map(() => [1, 0]),
    busbars: { highA: hv, highB: hv, mediumA: mv, mediumB: mv },
    frequency: design.frequency,
    balance: { in: 0, out: 0, own: 0, losses: 0 },
    energy: { in: delivered * 1.012, out: delivered },
    air: 10,
    battery: 121,
    setpoint: {
      undervoltage: rounded(mv * 0.93, 0.1),
      overvoltage: rounded(mv * 1.09, 0.1),
      oilHigh: 85,
      oilTrip: 100,
    },
    interlock: 1,
    acknowledge: 0,
    heartbeat: 0,
    alarms: quiet(ALARMS),
  }
  for (const [i, one] of [...lines, state.hvCoupler, ...transformers.flatMap(({ high, low }) => [high, low])].entries()) used(one, 4 + i)
  for (const one of feeders) used(one, 12)
  return state
}
