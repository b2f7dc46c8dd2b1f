import { raiseAlarms } from '../alarms.ts'
import { outdoors } from '../rhythm.ts'
import { RULES } from './alarms.ts'
import { densityAt, type FarmDesign } from './design.ts'
import { type FarmState, gauge, type LoadingBay, type Pump, type Tank, type Valve } from './state.ts'
import { drive, lineUp, sail } from './traffic.ts'

const VALVE_PERCENT_PER_S = 100 / 40
const PUMP_LAG_S = 3
/** Seconds that a pump bears closed valves or an empty tank before its motor protection trips. */
const STRAIN_S = 90
/** The site's own people put things right after this long. */
const REPAIR_S = 4 * 3600
/** A tank comes to the temperature of the air in this time, s. */
const SOAKS_S = 9 * 86_400
/** What a pump's suction cannot reach, m. */
const SUCTION_M = 0.25
/** The bund is pumped out at this rate when nothing more comes, m³/h; each m³ in it brings this much of the explosive limit. */
const BUND_PUMP = 4
const GAS_PER_M3 = 3

/** Moves the tank farm on by some seconds, in place. Received − loaded − spilled = change of the stock, in tonnes. */
export function step(state: FarmState, design: FarmDesign, seconds: number): void {
  state.at += seconds
  repair(state, design)
  state.air = outdoors(state.at, design)
  drive(state, design)
  sail(state, design)
  control(state, design, seconds)
  for (const valve of [state.jetty, ...state.tanks.flatMap(({ inlet, outlet }) => [inlet, outlet])]) travel(valve, seconds)
  for (const tank of state.tanks) {
    tank.in = 0
    tank.out = 0
  }
  receive(state, design, seconds)
  load(state, design, seconds)
  for (const [i, tank] of state.tanks.entries()) settle(tank, i, state, design, seconds)
  state.total.stock = state.tanks.reduce((sum, { tonnes }) => sum + tonnes, 0)
  drain(state, seconds)
  raiseAlarms(state, RULES, seconds)
}

function repair(state: FarmState, { phase }: FarmDesign): void {
  if (!state.touchedAt || state.at - state.touchedAt < REPAIR_S * (1 + phase)) return
  state.touchedAt = 0
  if (!state.controller.running) {
    state.controller.running = 1
    state.controller.starts++
    state.controller.startedAt = state.at
  }
  for (const tank of state.tanks) tank.auto = 1
  for (const pump of state.pumps) {
    pump.auto = 1
    pump.fault = 0
    pump.strain = 0
  }
  for (const bay of state.bays) bay.enabled = 1
  state.jetty.setpoint = state.ship.phase === 3 ? 100 : 0
  state.emergencyStop = 0
  state.interlock = 1
  for (const alarm of Object.values(state.alarms)) alarm.acknowledged = 1
}

/** One scan of the controller's program. */
function control(state: FarmState, design: FarmDesign, seconds: number): void {
  const { pumps, bays, tanks } = state
  if (!state.controller.running) {
    for (const pump of pumps) pump.command = 0
    return
  }
  state.heartbeat = (state.heartbeat + Math.round(seconds)) % 65_536
  for (const [product, pump] of pumps.entries()) {
    if (pump.reset && pump.fault) {
      pump.fault = 0
      pump.strain = 0
    }
    pump.reset = 0
    if (pump.auto) pump.command = bays.some((bay) => isLoading(bay, product)) ? 1 : 0
  }
  lineUp(state, design)
  if (state.emergencyStop) {
    for (const pump of pumps) pump.command = 0
    state.jetty.setpoint = 0
    for (const { inlet, outlet } of tanks) {
      inlet.setpoint = 0
      outlet.setpoint = 0
    }
    return
  }
  if (state.ship.phase === 3 && state.jetty.setpoint === 0 && state.touchedAt === 0) state.jetty.setpoint = 100
  if (!state.interlock) return
  for (const tank of tanks) if (tank.level >= tank.limit.highHigh) tank.inlet.setpoint = 0
}

function isLoading({ occupied, enabled, product: its }: LoadingBay, product: number): boolean {
  return occupied === 1 && enabled === 1 && its === product
}

function travel(valve: Valve, seconds: number): void {
  const way = Math.max(0, Math.min(100, valve.setpoint)) - valve.position
  valve.position += Math.sign(way) * Math.min(Math.abs(way), VALVE_PERCENT_PER_S * seconds)
}

function opening({ position }: Valve): number {
  return position < 1 ? 0 : position / 100
}

/** What the ship pumps goes into every tank whose inlet is open. */
function receive(state: FarmState, design: FarmDesign, seconds: number): void {
  const { ship, tanks, receipt, total, jetty } = state
  const open = tanks.map((tank, i) => (design.tanks[i]!.product === ship.product ? opening(tank.inlet) : 0))
  const all = open.reduce((sum, one) => sum + one, 0)
  const hours = seconds / 3600
  const wanted = ship.phase === 3 ? design.shipFlow * Math.min(1, all) * opening(jetty) : 0
  receipt.flow = Math.min(wanted, ship.remaining / hours)
  const density = densityAt(design.products[ship.product]!, ship.temperature)
  receipt.mass = (receipt.flow * density) / 1000
  ship.remaining = Math.max(0, ship.remaining - receipt.flow * hours)
  total.received += receipt.mass * hours
  if (receipt.flow === 0) return
  for (const [i, tank] of tanks.entries()) {
    tank.in = (receipt.flow * open[i]!) / all
    pour(tank, tank.in * hours * density, ship.temperature)
  }
}

/** Mixes a mass of another temperature in. */
function pour(tank: Tank, mass: number, temperature: number): void {
  const before = tank.mass
  tank.mass += mass
  if (tank.mass > 0) tank.temperature = (before * tank.temperature + mass * temperature) / tank.mass
}

/** Pumps take from the tanks whose outlets are open, and give to the bays that load their product. */
function load(state: FarmState, design: FarmDesign, seconds: number): void {
  const { loading, total } = state
  const hours = seconds / 3600
  loading.flow = 0
  loading.mass = 0
  for (const bay of state.bays) bay.flow = 0
  for (const [product, pump] of state.pumps.entries()) {
    turn(pump, seconds)
    const bays = state.bays.filter((bay) => isLoading(bay, product))
    const suction = state.tanks.map((tank, i) =>
      design.tanks[i]!.product === product && tank.level > SUCTION_M ? opening(tank.outlet) : 0,
    )
    const open = suction.reduce((sum, one) => sum + one, 0)
    const able = design.pumpFlow * (pump.speed / 100) * Math.min(1, open)
    const isBlocked = open < 0.05 || (bays.length === 0 && pump.command === 1)
    strain(pump, isBlocked, seconds)
    pump.pressure =
      (open < 0.05 ? 0.2 : 5.4 - (bays.length > 0 ? 1.6 * Math.min(1, (bays.length * design.armFlow) / design.pumpFlow) : 0)) *
      (pump.speed / 100) ** 2
    const share = bays.length > 0 ? Math.min(design.armFlow, able / bays.length) : 0
    for (const bay of bays) {
      bay.flow = Math.min(share, Math.max(0, bay.preset - bay.loaded) / hours)
      bay.loaded += bay.flow * hours
    }
    const flow = bays.reduce((sum, bay) => sum + bay.flow, 0)
    if (flow === 0) continue
    loading.flow += flow
    for (const [i, tank] of state.tanks.entries()) {
      const part = suction[i]! / open
      if (part === 0) continue
      const mass = Math.min(tank.mass, flow * part * hours * tank.density)
      tank.out = flow * part
      tank.mass -= mass
      loading.mass += mass / 1000 / hours
    }
  }
  total.loaded += loading.mass * hours
}

function turn(pump: Pump, seconds: number): void {
  const wanted = pump.command && !pump.fault ? 100 : 0
  pump.speed = wanted + (pump.speed - wanted) * Math.exp(-seconds / PUMP_LAG_S)
  if (pump.speed < 0.5) pump.speed = 0
  const run = pump.speed > 0 ? 1 : 0
  if (run && !pump.run) pump.starts++
  pump.run = run
  if (run) pump.hours += seconds / 3600
  pump.current = run ? 24 + 78 * (pump.speed / 100) ** 2 : 0
  const warm = 20 + pump.current * 0.4 + pump.strain * 0.5
  pump.temperature = warm + (pump.temperature - warm) * Math.exp(-seconds / 300)
}

function strain(pump: Pump, hard: boolean, seconds: number): void {
  pump.strain = hard && pump.run ? pump.strain + seconds : Math.max(0, pump.strain - seconds)
  if (pump.strain < STRAIN_S) return
  pump.fault = 1
  pump.strain = STRAIN_S
}

/** What runs over lies in the bund; the rest takes the air's temperature in its own time. */
function settle(tank: Tank, i: number, state: FarmState, design: FarmDesign, seconds: number): void {
  const { height, area } = design.tanks[i]!
  tank.temperature = state.air + (tank.temperature - state.air) * Math.exp(-seconds / SOAKS_S)
  gauge(tank, i, design)
  const over = tank.volume - area * height
  if (over <= 0) return
  tank.mass -= over * tank.density
  state.total.spilled += (over * tank.density) / 1000
  state.bund.volume += over
  gauge(tank, i, design)
}

function drain({ bund }: FarmState, seconds: number): void {
  bund.volume = Math.max(0, bund.volume - BUND_PUMP * (seconds / 3600))
  const gas = Math.min(100, bund.volume * GAS_PER_M3)
  bund.gas = gas + (bund.gas - gas) * Math.exp(-seconds / 120)
}
