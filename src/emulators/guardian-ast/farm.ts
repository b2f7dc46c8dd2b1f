import type { Plant } from '../../host/plant/plant.ts'
import { freshState, LEAK_TEST_S, type Limits, type Tank, type TankState } from './tanks.ts'

/** US gallons of a m³, inches of a m. */
const GALLONS = 264.172
const INCHES = 39.3701
const KEPT_DELIVERIES = 5
/** Gallons a minute that make a receipt. */
const DELIVERS = 50
const LABELS = ['GASOLINE 95', 'DIESEL', 'JET A-1']
/** Expansion by 1 °F. */
const EXPANSIONS = [0.00068, 0.00046, 0.00053]
/** Product of each tank. */
const PRODUCTS = [0, 0, 1, 1, 2]
/** Limits of the console that are limits of the plant as well, by the tag that has them. */
const LIMIT_TAGS: readonly [keyof Limits, string][] = [
  ['low', 'LAL'],
  ['high', 'LAH'],
  ['overfill', 'LAHH'],
]

const numberOf = (i: number): number => 101 + i

/** Tanks 101 to 105 of the farm as the console is set up for them. */
export function farmTanks(farm: Plant): Tank[] {
  return PRODUCTS.map((product, i) => {
    const n = numberOf(i)
    const height = (farm.read(`LT${n}`) / farm.read(`LT${n}_PCT`)) * 100
    const area = farm.read(`VT${n}`) / farm.read(`LT${n}`)
    return {
      stands: true,
      diameter: Math.sqrt((4 * area) / Math.PI) * INCHES,
      length: height * INCHES,
      capacity: Math.round(area * height * GALLONS),
      sales: 0,
      expansion: EXPANSIONS[product]!,
      code: String(product + 1),
      label: `T${n} ${LABELS[product]!}`,
      phase: 0,
    }
  })
}

/** Brings what the console knows of each tank to what the plant says of it now. */
export function readTanks(farm: Plant, tanks: readonly Tank[], states: TankState[]): void {
  const { at } = farm.state
  for (const [i, tank] of tanks.entries()) {
    const n = numberOf(i)
    const state = states[i] ?? freshState(tank)
    states[i] = state
    state.volume = farm.read(`VT${n}`) * GALLONS
    state.water = farm.read(`LW${n}`) * INCHES
    state.temperature = farm.read(`TT${n}`) * 1.8 + 32
    for (const [limit, tag] of LIMIT_TAGS) state.limits[limit] = gallonsAt(tank, farm.read(`${tag}${n}_SP`))
    receive(state, farm.read(`FI${n}`) * GALLONS, at)
    if (state.testingSince > 0 && at - state.testingSince >= LEAK_TEST_S) {
      state.testedAt = at
      state.testingSince = 0
    }
  }
}

/** Enters the limits that somebody has set at the console into the plant, whose interlocks follow them. */
export function commandLimits(farm: Plant, states: readonly TankState[]): void {
  const tanks = farmTanks(farm)
  for (const [i, state] of states.entries()) {
    for (const [limit, tag] of LIMIT_TAGS) {
      const { capacity, length } = tanks[i]!
      const metres = (state.limits[limit] / capacity) * (length / INCHES)
      if (Math.abs(metres - farm.read(`${tag}${numberOf(i)}_SP`)) > 0.005) farm.write(`${tag}${numberOf(i)}_SP`, metres)
    }
  }
}

function gallonsAt({ capacity, length }: Tank, metres: number): number {
  return Math.round((metres / (length / INCHES)) * capacity)
}

/** A receipt from the jetty is a delivery. */
function receive(state: TankState, gallonsAnHour: number, at: number): void {
  const now = { volume: state.volume, temperature: state.temperature ?? 60 }
  if (gallonsAnHour / 60 > DELIVERS && state.delivering === 0) {
    state.delivering = at
    state.deliveries = [...state.deliveries, { startedAt: at, endedAt: 0, from: now, to: now }].slice(-KEPT_DELIVERIES)
  }
  const delivery = state.deliveries.at(-1)
  if (gallonsAnHour > 0 || state.delivering === 0 || !delivery) return
  state.delivering = 0
  delivery.endedAt = at
  delivery.to = now
}
