import { chance, localHour, localWeekday, peak, ripple } from '../rhythm.ts'
import type { FeederKind, SubstationDesign } from './design.ts'
import { add, type Branch, type Complex, conjugate, divide, flowOf, multiply, type Network, scale, size, solve, ZERO } from './network.ts'
import { amperes, type Bay, MIDDLE_TAP, POSITION, type SubstationState } from './state.ts'

/** Base of the per-unit system, MVA. */
const BASE_MVA = 100
/** Nodes: the grid behind each line, then the four busbar sections. */
const GRID = [0, 1] as const
export const HIGH = [2, 3] as const
export const MEDIUM = [4, 5] as const
/** A closed coupler, per unit: some metres of busbar. */
const COUPLER: Complex = divide([1, 0], [0.0002, 0.002])
const RATIO_A_TAP = 0.0125
/** Copper losses at rating, and iron losses and magnetizing current, as parts of the rating. */
const COPPER = 0.005
const IRON = 0.0009
const MAGNETIZING = 0.004
/** The station's own supply, MW. */
const OWN = 0.06
const POWER_FACTOR_TAN = 0.29
/** Loads fall with their voltage by this power. */
const VOLTAGE_EXPONENT = 1.3

/** Whether every device of a bay that lies in its way is closed. */
export function conducts({ breaker, busbar, line, earth }: Bay): boolean {
  return [breaker, busbar, line].every((one) => !one || one.position === POSITION.closed) && earth?.position !== POSITION.closed
}

/** Computes voltages, flows and losses for the switches as they are. What is drawn follows the voltages of a moment before. */
export function balancePower(state: SubstationState, design: SubstationDesign, seconds: number): void {
  const drawn = drawnCurrents(state, design)
  const { network, bays } = networkOf(state, design, drawn)
  const voltages = solve(network)
  state.voltages = [...HIGH, ...MEDIUM].map((node) => [...voltages[node]!] as [number, number])
  const [highA, highB, mediumA, mediumB] = state.voltages.map(size) as [number, number, number, number]
  const { hv, mv } = design
  state.busbars = { highA: highA * hv, highB: highB * hv, mediumA: mediumA * mv, mediumB: mediumB * mv }
  const losses = measure(state, bays, voltages, design)
  const power = (node: number, current: Complex): Complex => scale(multiply(voltages[node]!, conjugate(current)), BASE_MVA)
  for (const [i, feeder] of state.feeders.entries()) {
    const node = MEDIUM[i < state.feeders.length / 2 ? 0 : 1]
    show(feeder, power(node, drawn.feeders[i]!), size(voltages[node]!) * mv)
  }
  const own = power(MEDIUM[0], drawn.own)[0]
  const into = state.lines.reduce((sum, line) => sum + line.power, 0)
  const out = state.feeders.reduce((sum, feeder) => sum + feeder.power, 0)
  state.balance = { in: into, out, own, losses }
  const hours = seconds / 3600
  state.energy.in += Math.max(0, into) * hours
  state.energy.out += Math.max(0, out) * hours
  for (const feeder of state.feeders) feeder.energy += Math.max(0, feeder.power) * hours
}

interface Drawn {
  feeders: Complex[]
  own: Complex
}

function drawnCurrents(state: SubstationState, design: SubstationDesign): Drawn {
  const of = (section: number, active: number, reactive: number): Complex => {
    const [re, im] = state.voltages[2 + section]!
    const voltage: Complex = Math.hypot(re, im) < 0.05 ? [1, 0] : [re, im]
    const share = Math.min(1.6, size(voltage) ** VOLTAGE_EXPONENT) / BASE_MVA
    return conjugate(divide([active * share, reactive * share], voltage))
  }
  return {
    feeders: state.feeders.map((feeder, i) => {
      if (!conducts(feeder)) return ZERO
      const active = demandOf(i, state.at, design)
      return of(i < state.feeders.length / 2 ? 0 : 1, active, Math.abs(active) * POWER_FACTOR_TAN)
    }),
    own: of(0, OWN, OWN * 0.4),
  }
}

type Placed = { bay: Bay; branch: Branch; high: boolean }

/** The network of this moment, and which bay measures which branch at its near end. */
function networkOf(state: SubstationState, design: SubstationDesign, drawn: Drawn): { network: Network; bays: Placed[] } {
  const impedance = design.hv ** 2 / BASE_MVA
  const unit = BASE_MVA / design.rating
  const grid = 1.03 + 0.012 * ripple(state.at / 4, design.phase)
  const held = [...GRID, ...HIGH, ...MEDIUM].map((node): Complex | undefined => (node < 2 ? [grid, 0] : undefined))
  const shunts: Complex[] = held.map(() => ZERO)
  const bays: Placed[] = []
  const place = (bay: Bay, high: boolean, branch: Branch): void => {
    bays.push({ bay, branch, high })
  }
  for (const [i, line] of state.lines.entries()) {
    const { r, x } = design.lines[i]!
    if (conducts(line)) place(line, true, { from: HIGH[i]!, to: GRID[i]!, admittance: divide([impedance, 0], [r, x]), ratio: 1 })
  }
  if (conducts(state.hvCoupler)) place(state.hvCoupler, true, { from: HIGH[0], to: HIGH[1], admittance: COUPLER, ratio: 1 })
  if (conducts(state.mvCoupler)) place(state.mvCoupler, false, { from: MEDIUM[0], to: MEDIUM[1], admittance: COUPLER, ratio: 1 })
  for (const [i, { high, low, tap }] of state.transformers.entries()) {
    if (!conducts(high)) continue
    shunts[HIGH[i]!] = [IRON / unit, -MAGNETIZING / unit]
    if (!conducts(low)) continue
    const admittance = divide([1, 0], [COPPER * unit, design.shortCircuitVoltage * unit])
    place(high, true, { from: HIGH[i]!, to: MEDIUM[i]!, admittance, ratio: 1 - (tap - MIDDLE_TAP) * RATIO_A_TAP })
  }
  const currents = held.map(() => ZERO)
  for (const [i, current] of drawn.feeders.entries()) {
    const node = MEDIUM[i < drawn.feeders.length / 2 ? 0 : 1]
    currents[node] = add(currents[node]!, current)
  }
  currents[MEDIUM[0]] = add(currents[MEDIUM[0]]!, drawn.own)
  return { network: { held, branches: bays.map(({ branch }) => branch), shunts, drawn: currents }, bays }
}

/**
 * Shows what each bay measures; the MW lost between lines and feeders. Lines count positive into the station, transformers
 * towards the lower voltage, couplers from A to B.
 */
function measure(state: SubstationState, bays: readonly Placed[], voltages: readonly Complex[], design: SubstationDesign): number {
  const { hv, mv, rating } = design
  const every = [...state.lines, state.hvCoupler, state.mvCoupler, ...state.transformers.flatMap(({ high, low }) => [high, low])]
  for (const bay of every) show(bay, ZERO, 0)
  let losses = 0
  for (const { bay, branch, high } of bays) {
    const flow = flowOf(branch, voltages)
    const isLine = state.lines.includes(bay)
    show(bay, scale(flow.from, isLine ? -BASE_MVA : BASE_MVA), size(voltages[branch.from]!) * (high ? hv : mv))
    if (!isLine) losses += (flow.from[0] + flow.to[0]) * BASE_MVA
    const transformer = state.transformers.find((one) => one.high === bay)
    if (transformer) show(transformer.low, scale(flow.to, -BASE_MVA), size(voltages[branch.to]!) * mv)
  }
  // A transformer that nothing is taken from still draws its iron losses.
  for (const [i, { high }] of state.transformers.entries()) {
    const voltage = size(voltages[HIGH[i]!]!)
    if (!conducts(high)) continue
    const iron: Complex = scale([IRON, MAGNETIZING], rating * voltage ** 2)
    show(high, add([high.power, high.reactive], iron), voltage * hv)
    losses += iron[0]
  }
  return losses
}

function show(bay: Bay, [active, reactive]: Complex, kilovolts: number): void {
  bay.power = active
  bay.reactive = reactive
  bay.current = amperes(Math.hypot(active, reactive), kilovolts)
}

/** MW that a feeder would take at nominal voltage; negative when the sun on its roofs brings more than it takes. */
export function demandOf(feeder: number, at: number, design: SubstationDesign): number {
  const { demand, kind, seed } = design.feeders[feeder]!
  const noise = 1 + 0.03 * ripple(at, design.phase + feeder / 7)
  return demand * CURVES[kind](localHour(at, design), localWeekday(at, design), Math.floor(at / 86_400), seed) * noise
}

type Curve = (hour: number, weekday: number, day: number, seed: number) => number

const isFree = (weekday: number): boolean => weekday === 0 || weekday === 6

/** What each kind of customer draws through the day, about 1 on average. */
const CURVES: Record<FeederKind, Curve> = {
  homes: (hour, weekday) =>
    0.6 + 0.5 * peak(hour, isFree(weekday) ? 9.5 : 7.2, 2.4) + 0.9 * peak(hour, 19.3, 3) + 0.3 * peak(hour, 12.8, 2.5),
  works: (hour, weekday) => (isFree(weekday) ? 0.55 : 0.62 + 0.75 * peak(hour, 10, 4) + 0.6 * peak(hour, 15.5, 3.5)),
  shops: (hour, weekday) => 0.5 + (weekday === 0 ? 0.35 : 1) * (0.7 * peak(hour, 11, 3.5) + 0.75 * peak(hour, 16.5, 3.5)),
  // Clouds of the day decide how much of a clear sky's power arrives.
  sun: (hour, _, day, seed) => 0.45 + 0.45 * peak(hour, 19, 3.2) - (0.35 + 1.1 * chance(day, seed)) * peak(hour, 12.6, 3.1),
}
