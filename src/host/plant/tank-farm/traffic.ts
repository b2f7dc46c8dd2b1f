import { chance, localHour, localWeekday } from '../rhythm.ts'
import type { FarmDesign } from './design.ts'
import { BAYS, type FarmState, type LoadingBay, type Tank } from './state.ts'

/** The rack works by turns of this many seconds: a truck comes in one, or does not. */
const TURN_S = 50 * 60
/** m³ that a truck takes. */
const TRUCK_M3 = { least: 27, most: 34 }
/** Share of the trucks that load each product. */
const SHARES = [0.42, 0.88]
/** A ship is ordered when a product fills less than this part of its tanks, and leaves them this full at most. */
const ORDERED_AT = 0.4
const FILLED_TO = 0.86
/** Seconds from order to arrival, and that making fast and arms take. */
const VOYAGE_S = { least: 6 * 3600, most: 20 * 3600 }
const BERTHING_S = 1800
/** A tank gives way to another of its product below this percent. */
const EMPTY_PERCENT = 14

const OPEN = 100
const CLOSED = 0

/** Trucks come to the rack by the hour and leave it when they are loaded. */
export function drive(state: FarmState, design: FarmDesign): void {
  for (const [i, bay] of state.bays.entries()) {
    if (bay.occupied && bay.loaded >= bay.preset - 0.001) leave(bay)
    if (!bay.occupied) arrive(bay, i, state.at, design)
  }
}

function leave(bay: LoadingBay): void {
  bay.occupied = 0
  bay.flow = 0
  bay.trucks++
}

function arrive(bay: LoadingBay, i: number, at: number, design: FarmDesign): void {
  const local = at + i * (TURN_S / BAYS)
  const turn = Math.floor(local / TURN_S)
  if (bay.visit === turn || chance(turn, i, design.seed) > likelihood(at, design)) return
  // Within its turn each comes at a minute of its own.
  if (local - turn * TURN_S < chance(turn, i, design.seed, 1) * 900) return
  const draw = chance(turn, i, design.seed, 2)
  bay.visit = turn
  bay.occupied = 1
  bay.product = SHARES.filter((share) => draw > share).length
  bay.preset = Math.round((TRUCK_M3.least + (TRUCK_M3.most - TRUCK_M3.least) * chance(turn, i, design.seed, 3)) * 10) / 10
  bay.loaded = 0
}

/** That a truck comes in a turn: often in the morning, hardly at night and on Sundays. */
function likelihood(at: number, design: FarmDesign): number {
  const hour = localHour(at, design)
  const day = localWeekday(at, design) === 0 ? 0.25 : 1
  const busy = hour > 4.5 && hour < 20 ? 1 : 0.12
  return Math.min(0.95, (design.trucks / 15) * busy * day)
}

/** Orders a ship when a product runs low, and lets one that has come unload into the emptier of its tanks. */
export function sail(state: FarmState, design: FarmDesign): void {
  const { ship, at } = state
  switch (ship.phase) {
    case 0:
      order(state, design)
      return
    case 1:
      if (at < ship.arrivesAt) return
      ship.phase = 2
      return
    case 2:
      if (at < ship.arrivesAt + BERTHING_S || state.emergencyStop) return
      ship.phase = 3
      state.jetty.setpoint = OPEN
      return
    default:
      if (ship.remaining > 0.001) return
      ship.phase = 0
      ship.ships++
      state.jetty.setpoint = CLOSED
  }
}

function order(state: FarmState, design: FarmDesign): void {
  const { ship, at } = state
  const room = design.products.map((_, product) => {
    const mine = state.tanks.filter((__, i) => design.tanks[i]!.product === product)
    const fill = mine.reduce((sum, { percent }) => sum + percent, 0) / mine.length / 100
    return { product, fill }
  })
  const [lowest] = room.sort((a, b) => a.fill - b.fill)
  if (!lowest || lowest.fill > ORDERED_AT) return
  const capacity = design.tanks
    .filter(({ product }) => product === lowest.product)
    .reduce((sum, { area, height }) => sum + area * height, 0)
  const draw = chance(Math.floor(at / 60), design.seed, 7)
  ship.phase = 1
  ship.product = lowest.product
  ship.arrivesAt = Math.floor(at + VOYAGE_S.least + (VOYAGE_S.most - VOYAGE_S.least) * draw)
  ship.remaining = Math.round(capacity * (FILLED_TO - lowest.fill - 0.04))
  ship.temperature = 9 + 8 * chance(Math.floor(at / 60), design.seed, 8)
}

/** Valves of the tanks in automatic: the emptier tank receives, the fuller one that is in use gives until it is low. */
export function lineUp(state: FarmState, design: FarmDesign): void {
  const { ship } = state
  for (const product of design.products.keys()) {
    const mine = state.tanks.filter((_, i) => design.tanks[i]!.product === product)
    const receives = ship.phase === 3 && ship.product === product ? receiver(mine) : undefined
    const gives = giver(mine)
    for (const tank of mine) {
      if (!tank.auto) continue
      tank.inlet.setpoint = tank === receives ? OPEN : CLOSED
      tank.outlet.setpoint = tank === gives ? OPEN : CLOSED
    }
    if (receives) ship.tank = state.tanks.indexOf(receives) + 1
  }
  if (ship.phase !== 3) ship.tank = 0
}

function receiver(tanks: readonly Tank[]): Tank | undefined {
  const hasRoom = (tank: Tank): boolean => tank.auto === 1 && tank.level < tank.limit.high - 0.15
  return tanks.find((tank) => tank.inlet.setpoint > 0 && hasRoom(tank)) ?? tanks.filter(hasRoom).sort((a, b) => a.percent - b.percent)[0]
}

function giver(tanks: readonly Tank[]): Tank | undefined {
  const hasSome = (tank: Tank): boolean => tank.auto === 1 && tank.percent > EMPTY_PERCENT
  return tanks.find((tank) => tank.outlet.setpoint > 0 && hasSome(tank)) ?? tanks.filter(hasSome).sort((a, b) => b.percent - a.percent)[0]
}
