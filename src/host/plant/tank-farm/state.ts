import { quiet } from '../alarms.ts'
import type { Alarm, Bit, PlantState } from '../kind.ts'
import { densityAt, type FarmDesign } from './design.ts'

export interface Valve {
  /** Percent open, asked and reached. */
  setpoint: number
  position: number
}

export interface Tank {
  /** kg and °C: all else of a tank follows from them. */
  mass: number
  temperature: number
  /** m³ as it lies there, m³ at 15 °C, m, percent, kg/m³, tonnes. */
  volume: number
  standard: number
  level: number
  percent: number
  density: number
  tonnes: number
  /** Free water at its bottom, m. */
  water: number
  /** 1: its valves follow receipts and loading; 0: by hand. */
  auto: Bit
  inlet: Valve
  outlet: Valve
  /** m³/h in and out. */
  in: number
  out: number
  limit: { highHigh: number; high: number; low: number; lowLow: number }
}

/** Loads the trucks with one product. */
export interface Pump {
  auto: Bit
  command: Bit
  run: Bit
  fault: Bit
  reset: Bit
  /** Seconds that it has pumped against closed valves or from an empty tank. */
  strain: number
  /** Percent of its speed, bar, A, °C. */
  speed: number
  pressure: number
  current: number
  temperature: number
  hours: number
  starts: number
}

/** A bay of the truck rack. */
export interface LoadingBay {
  /** A truck stands there, and which one of the site's days it is. */
  occupied: Bit
  visit: number
  product: number
  /** m³ that the driver has asked for, and that has been loaded. */
  preset: number
  loaded: number
  /** m³/h. */
  flow: number
  /** The driver may load. */
  enabled: Bit
  trucks: number
}

/** A ship at the jetty, or on its way. */
export interface Ship {
  /** 0 none, 1 announced, 2 at the jetty, 3 unloading. */
  phase: number
  product: number
  tank: number
  /** UTC seconds of its arrival, and m³ that it still has. */
  arrivesAt: number
  remaining: number
  temperature: number
  ships: number
}

export const ALARMS = [
  ...([1, 2, 3, 4, 5] as const).flatMap((n) => [`highHigh${n}`, `high${n}`, `low${n}`, `lowLow${n}`] as const),
  'spill',
  'gas',
  'pumpFault',
  'emergencyStop',
  'interlockOff',
  'controllerStopped',
] as const
export type AlarmName = (typeof ALARMS)[number]

/** All that moves in a tank farm. */
export interface FarmState extends PlantState {
  tanks: Tank[]
  pumps: Pump[]
  bays: LoadingBay[]
  ship: Ship
  jetty: Valve
  /** Receipt from the jetty: m³/h and t/h; loading into trucks: the same. */
  receipt: { flow: number; mass: number }
  loading: { flow: number; mass: number }
  /** t since the meters were installed: received, loaded, run over into the bund, and what all tanks hold. */
  total: { received: number; loaded: number; spilled: number; stock: number }
  /** m³ in the bund, and percent of the lower explosive limit above it. */
  bund: { volume: number; gas: number }
  air: number
  /** 1: all valves close and all pumps stop, until it is released. */
  emergencyStop: Bit
  /** 1: a tank that is too full is closed. */
  interlock: Bit
  alarms: Record<AlarmName, Alarm>
}

export const BAYS = 3

/** What follows from mass and temperature. */
export function gauge(tank: Tank, i: number, design: FarmDesign): void {
  const { height, area, product } = design.tanks[i]!
  const { density, expansion, name } = design.products[product]!
  tank.density = densityAt({ density, expansion, name }, tank.temperature)
  tank.volume = tank.mass / tank.density
  tank.standard = tank.mass / density
  tank.level = tank.volume / area
  tank.percent = (tank.level / height) * 100
  tank.tonnes = tank.mass / 1000
}

/** The tank farm as it stands on a quiet day, `at` in UTC seconds. */
export function stateAt(design: FarmDesign, at: number): FarmState {
  const { phase } = design
  const years = 6 + 8 * phase
  const tanks = design.tanks.map(({ height, area, product }, i): Tank => {
    const fill = 0.42 + 0.35 * ((phase * 7 + i * 0.37) % 1)
    const temperature = 13 + i * 0.4
    const valve = (open: boolean): Valve => ({ setpoint: open ? 100 : 0, position: open ? 100 : 0 })
    const isFirst = design.tanks.findIndex((one) => one.product === product) === i
    const tank: Tank = {
      mass: height * area * fill * densityAt(design.products[product]!, temperature),
      temperature,
      volume: 0,
      standard: 0,
      level: 0,
      percent: 0,
      density: 0,
      tonnes: 0,
      water: 0.01 + 0.02 * ((phase * 3 + i * 0.6) % 1),
      auto: 1,
      inlet: valve(false),
      outlet: valve(isFirst),
      in: 0,
      out: 0,
      limit: { highHigh: cut(height * 0.95), high: cut(height * 0.91), low: cut(height * 0.12), lowLow: cut(height * 0.06) },
    }
    gauge(tank, i, design)
    return tank
  })
  const loaded = 900 * 365 * years
  const stock = tanks.reduce((sum, { tonnes }) => sum + tonnes, 0)
  return {
    at,
    touchedAt: 0,
    controller: { running: 1, starts: 4, startedAt: at - Math.round(86_400 * (15 + 150 * phase)) },
    tanks,
    pumps: design.products.map(
      (_, i): Pump => ({
        auto: 1,
        command: 0,
        run: 0,
        fault: 0,
        reset: 0,
        strain: 0,
        speed: 0,
        pressure: 0,
        current: 0,
        temperature: 18,
        hours: years * 365 * (6 - i),
        starts: Math.round(years * 365 * (14 - 3 * i)),
      }),
    ),
    bays: Array.from(
      { length: BAYS },
      (_, i): LoadingBay => ({
        occupied: 0,
        visit: 0,
        product: 0,
        preset: 0,
        loaded: 0,
        flow: 0,
        enabled: 1,
        trucks: Math.round(years * 300 * (10 - i)),
      }),
    ),
    ship: { phase: 0, product: 0, tank: 0, arrivesAt: 0, remaining: 0, temperature: 12, ships: Math.round(years * 70) },
    jetty: { setpoint: 0, position: 0 },
    receipt: { flow: 0, mass: 0 },
    loading: { flow: 0, mass: 0 },
    total: { received: loaded + stock, loaded, spilled: 0, stock },
    bund: { volume: 0, gas: 0 },
    air: 12,
    emergencyStop: 0,
    interlock: 1,
    acknowledge: 0,
    heartbeat: 0,
    alarms: quiet(ALARMS),
  }
}

function cut(metres: number): number {
  return Math.round(metres * 100) / 100
}
