import type { Identity } from '../../config/identity.ts'
import type { Plant } from '../../host/plant/plant.ts'
import type { StateStore } from '../../store/contract.ts'
import { commandLimits, farmTanks, readTanks } from './farm.ts'
import {
  ALARM_NAMES,
  ALARMS,
  type AlarmName,
  freshState,
  gauged,
  moveTank,
  type Tank,
  type TankState,
  tanksOf,
  temperature,
} from './tanks.ts'

const SCOPE = 'guardian-ast'
const KEY = 'console.2'
const FARM_KEY = 'console.tank-farm.2'
const STEP_S = 60
const LONGEST_S = 30 * 86_400
const WARM_UP_S = 12 * 86_400
const HISTORY = 50
const BRANDS = ['FUEL STOP', 'QUICK MART', 'TRAVEL PLAZA', 'GAS & GO', 'COUNTRY STORE', 'TRUCK PLAZA', 'FOOD MART']
const PLACES = ['MILL CREEK', 'CEDAR RIDGE', 'OAK GROVE', 'FAIRVIEW', 'LAKESIDE', 'PINE HOLLOW', 'GREENFIELD', 'RIVERTON']
const STREETS = ['MAIN ST', 'HIGHWAY 51', 'COUNTY RD 9', 'STATE ROUTE 18', 'MARKET ST', 'INDUSTRIAL PKWY']
const REVISIONS = [
  { version: '131.02', software: '346330-100-B', created: '08.03.26.14.27' },
  { version: '127.01', software: '346327-100-A', created: '05.11.08.09.42' },
  { version: '329.01', software: '346329-100-E', created: '11.07.21.16.04' },
  { version: '333.03', software: '346333-100-C', created: '14.02.12.10.31' },
]

export interface HistoryEntry {
  tank: number
  alarm: AlarmName
  at: number
  state: 'ALARM' | 'CLEAR'
}

/** What a tank held at a moment. */
interface Held {
  volume: number
  temperature: number
}

/** A day's work, from midnight to midnight: UTC seconds, and what each tank held then. */
export interface Shift {
  from: number
  to: number
  tanks: { from: Held; to: Held }[]
}

interface ConsoleState {
  at: number
  tanks: TankState[]
  header: string[]
  history: HistoryEntry[]
  /** Seconds by which somebody has set its clock wrong. */
  clockOff: number
  /** Since when the shift of now goes on, and what each tank held then. */
  opened?: { at: number; tanks: Held[] }
  /** The shift before. */
  closed?: Shift
}

/** A tank monitor with its tanks: it goes on while nobody looks, and keeps what is set. */
export class Console {
  readonly tanks: readonly Tank[]
  readonly revision: (typeof REVISIONS)[number]
  readonly #store: StateStore
  readonly #now: () => number
  readonly #utcOffset: number
  readonly #state: ConsoleState
  /** The tank farm that it gauges; a filling station has tanks of its own. */
  readonly #farm: Plant | undefined
  readonly #key: string

  /**
   * @param now UTC seconds, whole
   * @param farm the tank farm that is gauged; without one, a filling station with tanks of its own
   */
  constructor(identity: Identity, store: StateStore, now: () => number = () => Math.floor(Date.now() / 1000), farm?: Plant) {
    this.#farm = farm
    this.#key = this.#farm ? FARM_KEY : KEY
    this.tanks = this.#farm ? farmTanks(this.#farm) : tanksOf(identity)
    this.revision = identity.pick('ast/revision', REVISIONS)
    this.#store = store
    this.#now = now
    this.#utcOffset = this.#farm?.design.utcOffset ?? identity.integer('ast/utc-offset', -8, -5)
    const kept = store.get(SCOPE, this.#key)
    this.#state = kept
      ? (JSON.parse(kept.toString('utf8')) as ConsoleState)
      : {
          at: now() - WARM_UP_S,
          tanks: this.tanks.map(freshState),
          header: this.#farm
            ? [this.#farm.design.site.toUpperCase(), 'TERMINAL', '', '']
            : [
                `${identity.pick('ast/brand', BRANDS)} #${identity.integer('ast/store', 12, 480)}`,
                `${identity.integer('ast/street-number', 100, 9900)} ${identity.pick('ast/street', STREETS)}`,
                `${identity.pick('ast/place', PLACES)}`,
                '',
              ],
          history: [],
          clockOff: 0,
        }
  }

  /** The tanks as they are at this moment. */
  get states(): readonly TankState[] {
    this.#advance()
    return this.#state.tanks
  }

  /** The tanks as the console takes them to be, by what was set for them. */
  get readings(): { tank: Tank; state: TankState }[] {
    return this.states.map((state, i) => gauged(this.tanks[i]!, state))
  }

  get header(): readonly string[] {
    return this.#state.header
  }

  /** The latest first. */
  get history(): readonly HistoryEntry[] {
    this.#advance()
    return [...this.#state.history].reverse()
  }

  /** The last shift that has ended; undefined before the first midnight. */
  get shift(): Shift | undefined {
    this.#advance()
    return this.#state.closed
  }

  /** Local time of the console, as a date whose UTC fields show it. */
  clock(at = this.#now()): Date {
    return new Date((at + this.#state.clockOff + this.#utcOffset * 3600) * 1000)
  }

  /** UTC seconds. */
  get now(): number {
    return this.#now()
  }

  setClock(year: number, month: number, day: number, hour: number, minute: number): void {
    const local = Date.UTC(year, month - 1, day, hour, minute) / 1000
    this.#state.clockOff = local - this.#utcOffset * 3600 - this.#now()
    this.#keep()
  }

  setHeader(line: number, text: string): void {
    if (line >= 1 && line <= this.#state.header.length) this.#state.header[line - 1] = text
    this.#keep()
  }

  /** Changes tanks as somebody sets them; alarms follow at once. */
  change(indexes: readonly number[], change: (state: TankState) => void): void {
    this.#advance()
    for (const index of indexes) {
      const state = this.#state.tanks[index]
      if (state) change(state)
    }
    if (this.#farm) commandLimits(this.#farm, this.#state.tanks)
    this.#raise(this.#now())
    this.#keep()
  }

  #advance(): void {
    const now = this.#now()
    const state = this.#state
    if (now - state.at > LONGEST_S) state.at = now - LONGEST_S
    if (state.at >= now) return
    if (this.#farm) {
      readTanks(this.#farm, this.tanks, state.tanks)
      state.at = now
      this.#raise(now)
      this.#turnShift()
      this.#keep()
      return
    }
    while (state.at < now) {
      const seconds = Math.min(STEP_S, now - state.at)
      state.at += seconds
      for (const [i, tank] of this.tanks.entries()) moveTank(state.tanks[i]!, tank, seconds, state.at + this.#utcOffset * 3600)
      this.#raise(state.at)
      this.#turnShift()
    }
    this.#keep()
  }

  /** Ends a shift when a day has begun since it was opened. */
  #turnShift(): void {
    const { at, opened } = this.#state
    const day = (moment: number): number => Math.floor((moment + this.#utcOffset * 3600) / 86_400)
    if (opened && day(opened.at) === day(at)) return
    const held = this.#state.tanks.map(({ volume, temperature: measured }, i) => ({
      volume,
      temperature: measured ?? temperature(this.tanks[i]!, at),
    }))
    if (opened) this.#state.closed = { from: opened.at, to: at, tanks: opened.tanks.map((from, i) => ({ from, to: held[i] ?? from })) }
    this.#state.opened = { at, tanks: held }
  }

  #raise(at: number): void {
    for (const [i, tank] of this.#state.tanks.entries()) {
      const { state: gauge } = gauged(this.tanks[i]!, tank)
      for (const alarm of ALARM_NAMES) {
        const stood = tank.alarms.includes(alarm)
        const stands = ALARMS[alarm].holds(gauge)
        if (stood === stands) continue
        tank.alarms = stands ? [...tank.alarms, alarm] : tank.alarms.filter((one) => one !== alarm)
        this.#state.history.push({ tank: i + 1, alarm, at, state: stands ? 'ALARM' : 'CLEAR' })
        if (this.#state.history.length > HISTORY) this.#state.history.shift()
      }
    }
  }

  #keep(): void {
    this.#store.set(SCOPE, this.#key, JSON.stringify(this.#state))
  }
}
