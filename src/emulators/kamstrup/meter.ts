import type { Identity } from '../../config/identity.ts'
import type { StateStore } from '../../store/contract.ts'
import { encodeValue } from './codec.ts'

const SCOPE = 'kamstrup'
const KEY = 'meter.1'
const STEP_S = 60
const LONGEST_S = 60 * 86_400
const KEEP_EVERY_S = 60
const REGISTER_CLOCK = 1002
const REGISTER_DATE = 1003

/** Units by their codes. */
const UNIT = { kWh: 2, kvarh: 14, kW: 22, kvar: 26, V: 33, A: 34, clock: 47, date: 48, number: 51, hours: 46 } as const

interface MeterState {
  at: number
  /** kWh and kvarh since it was installed. */
  energy: number
  reactive: number
  /** Highest kW so far. */
  peak: number
  /** Seconds by which somebody has set its clock wrong. */
  clockOff?: number
}

export interface Phase {
  voltage: number
  current: number
  power: number
  reactive: number
}

interface Register {
  unit: number
  bytes: number
  decimals: number
  read: (meter: Meter) => number
}

/** A three-phase meter of a small business: what it draws follows the day, energy is what was drawn. */
export class Meter {
  readonly serial: number
  readonly number: number
  /** Type and revision of its software, as command 0x01 tells them. */
  readonly type: number
  readonly revision: number
  readonly #store: StateStore
  readonly #now: () => number
  readonly #kilowatts: number
  readonly #phase: number
  readonly #utcOffset: number
  readonly #state: MeterState
  readonly #installedAt: number
  #keptAt = 0

  /** @param now UTC seconds, whole */
  constructor(identity: Identity, store: StateStore, now: () => number = () => Math.floor(Date.now() / 1000)) {
    this.serial = identity.integer('kamstrup/serial', 12_000_000, 19_999_999)
    this.number = identity.integer('kamstrup/number', 1_000_000, 9_999_999)
    this.type = 0x2200 + identity.integer('kamstrup/type', 1, 60)
    this.revision = 0x0e01 + 0x100 * identity.integer('kamstrup/revision', 0, 4)
    this.#kilowatts = identity.integer('kamstrup/load', 30, 120) / 10
    this.#phase = identity.integer('kamstrup/phase', 0, 99)
    this.#utcOffset = identity.integer('kamstrup/utc-offset', 0, 2)
    this.#store = store
    this.#now = now
    const kept = store.get(SCOPE, KEY)
    const days = identity.integer('kamstrup/days', 500, 2500)
    const energy = this.#kilowatts * 24 * days
    this.#state = kept
      ? (JSON.parse(kept.toString('utf8')) as MeterState)
      : { at: now(), energy, reactive: energy * 0.21, peak: this.#kilowatts * 2.4 }
    this.#installedAt = this.#state.at - days * 86_400
  }

  get energy(): number {
    return this.#advance().energy
  }

  get reactiveEnergy(): number {
    return this.#advance().reactive
  }

  get peak(): number {
    return this.#advance().peak
  }

  get hours(): number {
    return (this.#now() - this.#installedAt) / 3600
  }

  /** The three phases at this moment; power is voltage × current × cos φ. */
  phases(): [Phase, Phase, Phase] {
    return phasesAt(this.#now(), this.#kilowatts, this.#phase)
  }

  /** Local time, as a date whose UTC fields show it. */
  clock(): Date {
    return new Date((this.#now() + (this.#state.clockOff ?? 0) + this.#utcOffset * 3600) * 1000)
  }

  /** Sets the clock to `yymmdd` and `hhmmss` as numbers. False for what is no date or time. */
  setClock(date: number, time: number): boolean {
    const [year, month, day] = parts(date)
    const [hour, minute, second] = parts(time)
    if (year > 99 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59) return false
    const at = Date.UTC(2000 + year, month - 1, day, hour, minute, second) / 1000
    this.#state.clockOff = at - this.#utcOffset * 3600 - this.#now()
    this.#store.set(SCOPE, KEY, JSON.stringify(this.#state))
    return true
  }

  /** Enters a value into a register. False for those that only the meter itself, or whoever breaks its seal, may change. */
  enter(id: number, value: number): boolean {
    const clock = this.clock()
    if (id === REGISTER_CLOCK) return this.setClock(ymd(clock), value)
    return id === REGISTER_DATE && this.setClock(value, hms(clock))
  }

  /** A register's id and value as GetRegister answers them; undefined for one that it does not have. */
  register(id: number): Buffer | undefined {
    const register = REGISTERS.get(id)
    if (!register) return undefined
    const head = Buffer.alloc(2)
    head.writeUInt16BE(id)
    return Buffer.concat([head, encodeValue(register.unit, register.bytes, register.decimals, register.read(this))])
  }

  #advance(): MeterState {
    const state = this.#state
    const now = this.#now()
    if (now - state.at > LONGEST_S) state.at = now - LONGEST_S
    while (state.at < now) {
      const seconds = Math.min(STEP_S, now - state.at)
      state.at += seconds
      const phases = phasesAt(state.at, this.#kilowatts, this.#phase)
      const power = total(phases, 'power')
      state.energy += (power * seconds) / 3600
      state.reactive += (total(phases, 'reactive') * seconds) / 3600
      state.peak = Math.max(state.peak, power)
    }
    if (now - this.#keptAt >= KEEP_EVERY_S) {
      this.#keptAt = now
      this.#store.set(SCOPE, KEY, JSON.stringify(state))
    }
    return state
  }
}

function phasesAt(at: number, kilowatts: number, shift: number): [Phase, Phase, Phase] {
  const hour = (at / 3600) % 24
  const day = 0.35 + 1.1 * Math.max(0, Math.sin(((hour - 5) / 16) * Math.PI))
  const phase = (n: number): Phase => {
    const t = at + (shift + n) * 1009
    const wave = (Math.sin(t / 23) + Math.sin(t / 97) + Math.sin(t / 613)) / 3
    const voltage = 230 + (n - 1) * 1.2 + 2.5 * Math.sin(t / 311) - day
    const angle = 0.94 + 0.02 * Math.sin(t / 1201)
    const power = Math.max(0.02, (kilowatts / 3) * day * (1 + 0.25 * wave) * (1 + (n - 1) * 0.2))
    return { voltage, power, current: (power * 1000) / (voltage * angle), reactive: power * Math.tan(Math.acos(angle)) }
  }
  return [phase(0), phase(1), phase(2)]
}

function total(phases: readonly Phase[], which: 'power' | 'reactive'): number {
  return phases.reduce((sum, phase) => sum + phase[which], 0)
}

function number(id: number, unit: number, bytes: number, decimals: number, read: Register['read']): [number, Register] {
  return [id, { unit, bytes, decimals, read }]
}

/** One register a phase, from `first` on. */
function each(first: number, unit: number, bytes: number, decimals: number, which: keyof Phase): [number, Register][] {
  return [0, 1, 2].map((n) => number(first + n, unit, bytes, decimals, (meter) => meter.phases()[n]![which]))
}

/** `abcdef` as ab, cd and ef. */
const parts = (number: number): [number, number, number] => [
  Math.floor(number / 10_000),
  Math.floor(number / 100) % 100,
  Math.floor(number) % 100,
]
const hms = (date: Date): number => date.getUTCHours() * 10_000 + date.getUTCMinutes() * 100 + date.getUTCSeconds()
const ymd = (date: Date): number => (date.getUTCFullYear() % 100) * 10_000 + (date.getUTCMonth() + 1) * 100 + date.getUTCDate()

const REGISTERS: ReadonlyMap<number, Register> = new Map([
  number(1, UNIT.kWh, 4, 1, (m) => m.energy),
  number(2, UNIT.kWh, 4, 1, () => 0),
  number(3, UNIT.kvarh, 4, 1, (m) => m.reactiveEnergy),
  number(4, UNIT.kvarh, 4, 1, () => 0),
  number(13, UNIT.kWh, 4, 4, (m) => m.energy),
  number(14, UNIT.kWh, 4, 4, () => 0),
  number(51, UNIT.number, 4, 0, (m) => m.number),
  number(39, UNIT.kW, 4, 3, (m) => m.peak),
  number(1001, UNIT.number, 4, 0, (m) => m.serial),
  number(REGISTER_CLOCK, UNIT.clock, 4, 0, (m) => hms(m.clock())),
  number(REGISTER_DATE, UNIT.date, 4, 0, (m) => ymd(m.clock())),
  number(1004, UNIT.hours, 4, 0, (m) => m.hours),
  number(1023, UNIT.kW, 4, 3, (m) => total(m.phases(), 'power')),
  number(1025, UNIT.kvar, 4, 3, (m) => total(m.phases(), 'reactive')),
  ...each(1054, UNIT.V, 4, 0, 'voltage'),
  ...each(1076, UNIT.A, 4, 2, 'current'),
  ...each(1080, UNIT.kW, 4, 3, 'power'),
])
