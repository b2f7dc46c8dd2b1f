import type { Identity } from '../../config/identity.ts'

/** What a tank is built as. Inches, US gallons, degrees Fahrenheit. */
export interface Tank {
  /** A cylinder that lies in the ground, or one that stands on it: then `length` is its height. */
  stands?: boolean
  diameter: number
  length: number
  capacity: number
  /** Gallons sold in a day. */
  sales: number
  /** Expansion of the product by 1 °F. */
  expansion: number
  /** Code of the product, and the label that the station was set up with. */
  code: string
  label: string
  /** Hours by which this tank's habits are shifted. */
  phase: number
}

export interface Delivery {
  startedAt: number
  endedAt: number
  from: { volume: number; temperature: number }
  to: { volume: number; temperature: number }
}

/** What moves in a tank, and what was set for it. */
export interface TankState {
  volume: number
  water: number
  label: string
  delivering: number
  deliveries: Delivery[]
  limits: Limits
  alarms: AlarmName[]
  /** UTC seconds of the leak test that runs, and of the last one that passed. */
  testingSince: number
  testedAt: number
  /** Degrees Fahrenheit where something measures it; else the ground's of the season. */
  temperature?: number
  /** Diameter in inches and full volume in gallons, where somebody has set others than the tank has. */
  diameter?: number
  fullVolume?: number
}

export interface Limits {
  low: number
  high: number
  overfill: number
  water: number
  suddenLoss: number
  leak: number
  waterWarning: number
  maximum: number
  delivery: number
}

/** Alarms by their names, with the numbers of their types (decimal); warnings have no priority. */
export const ALARMS = {
  'HIGH WATER ALARM': { code: 3, isWarning: false, holds: (s: TankState) => s.water > s.limits.water },
  'OVERFILL ALARM': { code: 4, isWarning: false, holds: (s: TankState) => s.volume > s.limits.overfill },
  'LOW PRODUCT ALARM': { code: 5, isWarning: false, holds: (s: TankState) => s.volume < s.limits.low },
  'HIGH PRODUCT ALARM': { code: 7, isWarning: false, holds: (s: TankState) => s.volume > s.limits.high },
  'HIGH WATER WARNING': { code: 10, isWarning: true, holds: (s: TankState) => s.water > s.limits.waterWarning },
  'DELIVERY NEEDED': { code: 11, isWarning: true, holds: (s: TankState) => s.volume < s.limits.delivery },
  'MAX PRODUCT ALARM': { code: 12, isWarning: false, holds: (s: TankState) => s.volume > s.limits.maximum },
} as const
export type AlarmName = keyof typeof ALARMS
export const ALARM_NAMES = Object.keys(ALARMS) as AlarmName[]

const CUBIC_INCHES_PER_GALLON = 231
/** Gallons a second that a tanker unloads by gravity. */
const UNLOADS = 5
const KEPT_DELIVERIES = 5
export const LEAK_TEST_S = 2 * 3600
const REFERENCE_F = 60

const PRODUCTS = [
  { label: ['REGULAR UNLEADED', 'UNLEADED', 'REG UNLEADED', 'UNLEADED 87'], share: 1, expansion: 0.00069 },
  { label: ['PREMIUM UNLEADED', 'SUPER UNLEADED', 'PREMIUM 93'], share: 0.35, expansion: 0.00069 },
  { label: ['DIESEL', 'DIESEL #2', 'ULSD'], share: 0.6, expansion: 0.00046 },
  { label: ['MIDGRADE', 'PLUS 89', 'E-85', 'KEROSENE'], share: 0.2, expansion: 0.00066 },
]
const DIAMETERS = [92, 96, 120]

/** The tanks of this installation's station: three or four. */
export function tanksOf(identity: Identity): Tank[] {
  return PRODUCTS.slice(0, identity.integer('ast/tanks', 3, 4)).map(({ label, share, expansion }, i) => {
    const diameter = identity.pick(`ast/diameter/${i}`, DIAMETERS)
    const nominal = (i === 0 ? identity.integer('ast/size/0', 10, 15) : identity.integer(`ast/size/${i}`, 6, 10)) * 1000
    const length = Math.round((nominal * CUBIC_INCHES_PER_GALLON) / (Math.PI * (diameter / 2) ** 2))
    return {
      diameter,
      length,
      capacity: Math.round((Math.PI * (diameter / 2) ** 2 * length) / CUBIC_INCHES_PER_GALLON),
      sales: share * identity.integer('ast/sales', 2200, 3600),
      expansion,
      code: String(i + 1),
      label: identity.pick(`ast/label/${i}`, label),
      phase: identity.integer(`ast/phase/${i}`, 0, 999) / 100,
    }
  })
}

export function freshState({ capacity, label, phase }: Tank): TankState {
  return {
    volume: capacity * (0.4 + 0.04 * phase),
    water: phase > 7 ? 0.6 : 0,
    label,
    delivering: 0,
    deliveries: [],
    limits: {
      low: Math.round(capacity * 0.08),
      high: Math.round(capacity * 0.95),
      overfill: Math.round(capacity * 0.9),
      water: 2,
      suddenLoss: 99,
      leak: 99,
      waterWarning: 1.5,
      maximum: Math.round(capacity * 0.98),
      delivery: Math.round(capacity * 0.15),
    },
    alarms: [],
    testingSince: 0,
    testedAt: 0,
  }
}

/** Moves a tank on by some seconds, in place, up to the moment `at`: what is sold leaves, a tanker fills it when it runs low. */
export function moveTank(state: TankState, tank: Tank, seconds: number, at: number): void {
  const hour = (at / 3600 + tank.phase / 10) % 24
  const curve = 0.25 + Math.max(0, Math.sin(((hour - 5) / 19) * Math.PI)) * 1.1
  const noise = 1 + 0.6 * Math.sin(at / 173 + tank.phase) * Math.sin(at / 61 + tank.phase)
  state.volume = Math.max(capacityLeft(tank), state.volume - (tank.sales / 86_400) * seconds * curve * Math.max(0, noise))
  if (state.delivering === 0 && state.volume < tank.capacity * orderedAt(state)) {
    state.delivering = at
    const from = { volume: state.volume, temperature: temperature(tank, at) }
    state.deliveries = [...state.deliveries, { startedAt: at, endedAt: 0, from, to: from }].slice(-KEPT_DELIVERIES)
  }
  if (state.delivering > 0) unload(state, tank, seconds, at)
  if (state.testingSince > 0 && at - state.testingSince >= LEAK_TEST_S) {
    state.testedAt = at
    state.testingSince = 0
  }
}

function unload(state: TankState, tank: Tank, seconds: number, at: number): void {
  const full = tank.capacity * filledTo(state)
  state.volume = Math.min(full, state.volume + UNLOADS * seconds)
  if (state.volume < full) return
  state.delivering = 0
  const delivery = state.deliveries.at(-1)
  if (!delivery) return
  delivery.endedAt = at
  delivery.to = { volume: state.volume, temperature: temperature(tank, at) }
}

/** Parts of the capacity at which a tanker comes and leaves; no two deliveries are the same. */
function orderedAt({ deliveries }: TankState): number {
  return 0.17 + (Math.floor((deliveries.at(-1)?.endedAt ?? 0) / 60) % 9) / 100
}

function filledTo({ delivering }: TankState): number {
  return 0.75 + (Math.floor(delivering / 60) % 13) / 100
}

/**
 * The tank and its state as the console takes them to be: its probe measures a height, and the volume is computed with the diameter
 * and the full volume that were set.
 */
export function gauged(tank: Tank, state: TankState): { tank: Tank; state: TankState } {
  const { diameter, fullVolume } = state
  if (diameter === undefined && fullVolume === undefined) return { tank, state }
  const set = { ...tank, capacity: fullVolume ?? tank.capacity }
  if (tank.stands) set.length = diameter ?? tank.length
  else {
    set.diameter = diameter ?? tank.diameter
    set.length = (set.capacity * CUBIC_INCHES_PER_GALLON) / (Math.PI * (set.diameter / 2) ** 2)
  }
  const height = Math.min(heightOf(tank, state.volume), gaugedHeight(set))
  return { tank: set, state: { ...state, volume: volumeAt(set, height) } }
}

/** Height of a full tank, in inches: what the console knows as its diameter. */
export function gaugedHeight({ stands, diameter, length }: Tank): number {
  return stands ? length : diameter
}

/** What the pump's suction cannot reach. */
function capacityLeft({ capacity }: Tank): number {
  return capacity * 0.03
}

/** The ground's temperature by the season, a little warmer by day. */
export function temperature({ phase }: Tank, at: number): number {
  const year = (2 * Math.PI * (at / 86_400 - 130)) / 365.25
  return 61 + phase / 5 + 9 * Math.sin(year) + 0.6 * Math.sin((2 * Math.PI * at) / 86_400)
}

/** Volume at 60 °F. */
export function compensated(tank: Tank, volume: number, degrees: number): number {
  return volume * (1 - tank.expansion * (degrees - REFERENCE_F))
}

/** Height of the product, in inches. */
export function heightOf(tank: Tank, volume: number): number {
  if (tank.stands) return (volume / tank.capacity) * tank.length
  let [low, high] = [0, tank.diameter]
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2
    if (volumeAt(tank, middle) < volume) low = middle
    else high = middle
  }
  return (low + high) / 2
}

export function volumeAt({ diameter, length, stands, capacity }: Tank, height: number): number {
  if (stands) return (height / length) * capacity
  const r = diameter / 2
  const segment = r * r * Math.acos((r - height) / r) - (r - height) * Math.sqrt(Math.max(0, 2 * r * height - height * height))
  return (segment * length) / CUBIC_INCHES_PER_GALLON
}
