import type { Pump, WaterState } from './state.ts'

/** Levels and pressures by which the second pump helps the first, in m and bar. */
const ASSIST_LEVEL = 0.5
const ASSIST_PRESSURE = 0.8
/** Percent of speed a second for each bar missing. */
const PRESSURE_GAIN = 1.2
const SLOWEST = 35

/** One scan of the controller's program: what the pumps in automatic are told. */
export function control(state: WaterState, seconds: number): void {
  const everyPump = [...state.intake, ...state.booster]
  if (!state.controller.running) {
    // Outputs of a stopped controller fall to 0: pumps stop, motorised valves stay where they are.
    for (const pump of everyPump) {
      pump.command = 0
      pump.speedSetpoint = 0
    }
    return
  }
  state.heartbeat = (state.heartbeat + Math.round(seconds)) % 65_536
  for (const pump of everyPump) resetFault(pump)
  fillTank(state)
  holdPressure(state, seconds)
  protectBoosters(state)
}

function resetFault(pump: Pump): void {
  if (pump.reset && pump.fault) {
    pump.fault = 0
    pump.strain = 0
  }
  pump.reset = 0
}

function fillTank({ intake, tank, setpoint }: WaterState): void {
  for (const [i, pump] of intake.entries()) {
    if (!pump.auto) continue
    const start = setpoint.levelStart - i * ASSIST_LEVEL
    const stop = setpoint.levelStop - i * ASSIST_LEVEL
    if (tank.level <= start) pump.command = 1
    if (tank.level >= stop) pump.command = 0
    pump.speedSetpoint = pump.command ? 100 : 0
  }
}

function holdPressure({ booster, pressure, setpoint }: WaterState, seconds: number): void {
  const [first, second] = booster
  const missing = setpoint.pressure - pressure
  if (first.auto) drive(first, missing, seconds)
  if (!second.auto) return
  const firstAtItsLimit = first.speed >= 98 || first.fault === 1 || !first.run
  if (missing > ASSIST_PRESSURE && firstAtItsLimit) second.command = 1
  if (missing < -ASSIST_PRESSURE / 2) second.command = 0
  if (second.command) drive(second, missing, seconds)
  else second.speedSetpoint = 0
}

function drive(pump: Pump, missing: number, seconds: number): void {
  pump.command = 1
  const asked = pump.speedSetpoint + Math.max(-2, Math.min(2, missing)) * PRESSURE_GAIN * Math.min(seconds, 10)
  pump.speedSetpoint = Math.max(SLOWEST, Math.min(100, asked))
}

/** The dry-run interlock, which a pump in hand obeys as well. */
function protectBoosters({ booster, interlock, tank, setpoint }: WaterState): void {
  if (!interlock || tank.level > setpoint.levelLowLow) return
  for (const pump of booster) pump.command = 0
}
