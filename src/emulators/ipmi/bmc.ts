import type { Identity } from '../../config/identity.ts'
import type { StateStore } from '../../store/contract.ts'
import type { Machine, Sensor, User } from './machine.ts'

const SCOPE = 'ipmi'
const KEY = 'bmc.2'
const LOG_ENTRIES = 512
/** Seconds that an operating system takes to shut down when asked, that a power cycle stays off, and that a BMC boots. */
const SHUTDOWN_S = 22
const CYCLE_S = 8
const BMC_BOOT_S = 55
/** Parameter of serial over LAN that switches it on. */
const SOL_ENABLE = 1

/** Sensor types and offsets of events (tables 42-2 and 42-3). */
export const EVENT = {
  systemOff: { type: 0x22, data: [0x05, 0xff, 0xff] },
  systemOn: { type: 0x22, data: [0x00, 0xff, 0xff] },
  sessionOpened: { type: 0x2a, data: [0x00, 0xff, 0xff] },
  sessionRefused: { type: 0x2a, data: [0x02, 0xff, 0xff] },
  cleared: { type: 0x10, data: [0x02, 0xff, 0xff] },
  booted: { type: 0x1d, data: [0x00, 0xff, 0xff] },
} as const

export interface LogEntry {
  id: number
  /** UTC seconds. */
  at: number
  sensorType: number
  data: readonly [number, number, number]
}

export interface Account extends User {
  enabled: boolean
}

interface BmcState {
  /** Whether the server runs, since when, and what comes next on its own. UTC seconds. */
  power: { on: boolean; since: number; next: { on: boolean; at: number }[] }
  /** Why the server started last (table 28-11). */
  restartCause: number
  users: Account[]
  log: LogEntry[]
  logClearedAt: number
  lastId: number
  bootOptions: Record<string, string>
  identifyUntil: number
  /** UTC seconds since when it has been in use. */
  installedAt: number
  lan: Record<string, string>
  sol: Record<string, string>
  thresholds: Record<string, string>
  /** Whether the server starts when its supply comes back: 0 no, 1 if it ran before, 2 yes. */
  restorePolicy: number
  /** Seconds by which somebody has set the clock of the log wrong. */
  clockOff: number
}

/** What is only remembered, by numbers: boot options, parameters of LAN and of serial over LAN, thresholds of sensors. */
type Settings = 'bootOptions' | 'lan' | 'sol' | 'thresholds'

/** The management controller: its accounts, the power of its server, the event log and what the sensors measure. */
export class Bmc {
  readonly machine: Machine
  /** UTC seconds when the controller itself answers again after a reset. */
  bootsUntil = 0
  readonly #identity: Identity
  readonly #store: StateStore
  readonly #now: () => number
  readonly #state: BmcState

  /** @param now UTC seconds, whole */
  constructor(machine: Machine, identity: Identity, store: StateStore, now: () => number = () => Math.floor(Date.now() / 1000)) {
    this.machine = machine
    this.#identity = identity
    this.#store = store
    this.#now = now
    const kept = store.get(SCOPE, KEY)
    this.#state = kept ? (JSON.parse(kept.toString('utf8')) as BmcState) : this.#fresh()
  }

  get now(): number {
    return this.#now()
  }

  /** UTC seconds as the log has them. */
  get clock(): number {
    return this.now + this.#state.clockOff
  }

  get restorePolicy(): number {
    return this.#state.restorePolicy
  }

  get hasSol(): boolean {
    return ((this.setting('sol', SOL_ENABLE)?.[0] ?? 1) & 1) === 1
  }

  get isBooting(): boolean {
    return this.now < this.bootsUntil
  }

  get users(): readonly Account[] {
    return this.#state.users
  }

  get log(): readonly LogEntry[] {
    this.#settle()
    return this.#state.log
  }

  get logClearedAt(): number {
    return this.#state.logClearedAt
  }

  get isOn(): boolean {
    this.#settle()
    return this.#state.power.on
  }

  get restartCause(): number {
    return this.#state.restartCause
  }

  get isIdentifying(): boolean {
    return this.now < this.#state.identifyUntil
  }

  /** Hours that the server has run. */
  get poweredHours(): number {
    return this.#identity.integer('ipmi/hours', 9_000, 30_000) + Math.floor((this.now - this.#state.installedAt) / 3600)
  }

  user(name: string): Account | undefined {
    return this.#state.users.find((one) => one.name === name && one.enabled)
  }

  /** The account in a slot, made when there is none. */
  changeUser(id: number, change: (user: Account) => void): void {
    let user = this.#state.users.find((one) => one.id === id)
    if (!user) {
      user = { id, name: '', password: '', privilege: 4, enabled: false }
      this.#state.users.push(user)
      this.#state.users.sort((a, b) => a.id - b.id)
    }
    change(user)
    this.#keep()
  }

  /** Chassis Control (table 28-4): 0 off, 1 on, 2 cycle, 3 reset, 5 soft shutdown. False for another. */
  control(action: number): boolean {
    this.#settle()
    const { power } = this.#state
    if (action === 0) this.#switch(false, this.now)
    else if (action === 1) this.#switch(true, this.now)
    else if (action === 2 && power.on) {
      this.#switch(false, this.now)
      power.next = [{ on: true, at: this.now + CYCLE_S }]
    } else if (action === 3 && power.on) this.logEvent(EVENT.booted)
    else if (action === 5) power.next = power.on ? [{ on: false, at: this.now + SHUTDOWN_S }] : []
    else if (action > 5) return false
    this.#state.restartCause = 1
    this.#keep()
    return true
  }

  identify(seconds: number): void {
    this.#state.identifyUntil = this.now + seconds
    this.#keep()
  }

  reset(): void {
    this.bootsUntil = this.now + BMC_BOOT_S
  }

  logEvent({ type, data }: { type: number; data: readonly [number, number, number] }, at = this.now): void {
    this.#append(type, data, at)
    this.#keep()
  }

  clearLog(): void {
    this.#state.log = []
    this.#state.logClearedAt = this.clock
    this.logEvent(EVENT.cleared)
  }

  setClock(at: number): void {
    this.#state.clockOff = at - this.now
    this.#keep()
  }

  setRestorePolicy(policy: number): void {
    this.#state.restorePolicy = policy
    this.#keep()
  }

  setting(kind: Settings, number: number): Buffer | undefined {
    const kept = this.#state[kind][number]
    return kept === undefined ? undefined : Buffer.from(kept, 'hex')
  }

  set(kind: Settings, number: number, value: Buffer): void {
    this.#state[kind][number] = value.toString('hex')
    this.#keep()
  }

  /** What a sensor measures now, in its unit. */
  measure(sensor: Sensor, number: number): number {
    this.#settle()
    const { on, since } = this.#state.power
    const own = this.#identity.integer(`ipmi/sensor/${number}`, -100, 100) / 100
    const level = (running: boolean): number => {
      const value = running ? sensor.on : sensor.off
      return value === 0 ? 0 : value + own * sensor.spread * (running || sensor.on === sensor.off ? 1 : 0.2)
    }
    const [target, before] = [level(on), level(!on)]
    const reached = target + (before - target) * Math.exp(-(this.now - since) / sensor.lag)
    const t = this.now + number * 977
    const ripple = (Math.sin(t / 17) + Math.sin(t / 61) + Math.sin(t / 401)) / 3
    return reached === 0 ? 0 : reached + (on || sensor.off !== 0 ? ripple * sensor.ripple : 0)
  }

  /** Lets happen what the time has brought. */
  #settle(): void {
    const { power } = this.#state
    let changed = false
    for (let next = power.next[0]; next && next.at <= this.now; next = power.next[0]) {
      power.next.shift()
      this.#switch(next.on, next.at, power.next)
      changed = true
    }
    if (changed) this.#keep()
  }

  #switch(on: boolean, at: number, next: BmcState['power']['next'] = []): void {
    const { power } = this.#state
    power.next = next
    if (power.on === on) return
    power.on = on
    power.since = at
    const { type, data } = on ? EVENT.systemOn : EVENT.systemOff
    this.#append(type, data, at)
  }

  #append(sensorType: number, data: readonly [number, number, number], at: number): void {
    const { log } = this.#state
    this.#state.lastId = (this.#state.lastId % 0xfffe) + 1
    log.push({ id: this.#state.lastId, at: (at + this.#state.clockOff) >>> 0, sensorType, data })
    if (log.length > LOG_ENTRIES) log.splice(0, log.length - LOG_ENTRIES)
  }

  #keep(): void {
    this.#store.set(SCOPE, KEY, JSON.stringify(this.#state))
  }

  /** A controller that has been in use for a while: a log with some years in it. */
  #fresh(): BmcState {
    const days = this.#identity.integer('ipmi/days', 200, 1200)
    const start = this.#now() - days * 86_400
    const moments = [0, 0.02, 0.31, 0.312, 0.7, 0.71].map((part) => start + Math.floor(part * days * 86_400))
    const kinds = [EVENT.cleared, EVENT.booted, EVENT.systemOff, EVENT.systemOn, EVENT.booted, EVENT.sessionOpened]
    const log = moments.map((at, i) => ({ id: i + 1, at, sensorType: kinds[i]!.type, data: kinds[i]!.data }))
    return {
      power: { on: true, since: moments[3]!, next: [] },
      restartCause: 0,
      users: this.machine.users.map((user) => ({ ...user, enabled: true })),
      log,
      logClearedAt: start,
      lastId: log.length,
      bootOptions: {},
      identifyUntil: 0,
      installedAt: start,
      lan: {},
      sol: {},
      thresholds: {},
      restorePolicy: 1,
      clockOff: 0,
    }
  }
}
