import type { Identity } from '../../../config/identity.ts'
import type { Design } from '../kind.ts'

/** What a substation is built of. Kilovolts, megavolt-amperes, ohms. */
export interface SubstationDesign extends Design {
  /** Nominal voltages of the two levels, kV between phases. */
  hv: number
  mv: number
  /** Hz. */
  frequency: number
  /** Series impedance of each incoming line, Ω. */
  lines: readonly { r: number; x: number }[]
  /** Rating of each transformer, MVA, and its short-circuit voltage as a part of 1. */
  rating: number
  shortCircuitVoltage: number
  /** What each feeder takes on average, MW, and who lives on it. */
  feeders: readonly { demand: number; kind: FeederKind; seed: number }[]
}

export const FEEDER_KINDS = ['homes', 'works', 'shops', 'sun'] as const
export type FeederKind = (typeof FEEDER_KINDS)[number]

const SITES = [
  'Amberleigh',
  'Birchgate',
  'Cold Harbour',
  'Dunmarsh',
  'Eastcroft',
  'Fenwick Moor',
  'Greyfield',
  'Holm Lane',
  'Millbrook',
  'Saltersford',
]
/** Feeders of the two sections in their order. */
const KINDS: readonly FeederKind[] = ['homes', 'works', 'shops', 'homes', 'sun', 'works']
/** Overhead line, Ω/km. */
const PER_KM = { r: 0.12, x: 0.39 }
/** West of this the grid is built in American voltages. */
const AMERICA = -4

/** Draws the substation of this installation. */
export function drawDesign(identity: Identity): SubstationDesign {
  const draw = (what: string, min: number, max: number): number => identity.integer(`substation/${what}`, min, max)
  const utcOffset = draw('utc-offset', -8, 3)
  const [hv, mv] =
    utcOffset < AMERICA
      ? [115, 13.8]
      : identity.pick<[number, number]>('substation/voltages', [
          [110, 20],
          [132, 33],
        ])
  return {
    site: identity.pick('substation/site', SITES),
    phase: draw('phase', 0, 999) / 1000,
    utcOffset,
    hv,
    mv,
    frequency: utcOffset < AMERICA ? 60 : 50,
    lines: [0, 1].map((i) => {
      const km = draw(`line/${i}`, 9, 34)
      return { r: km * PER_KM.r, x: km * PER_KM.x }
    }),
    rating: identity.pick('substation/rating', [31.5, 40]),
    shortCircuitVoltage: draw('short-circuit-voltage', 115, 150) / 1000,
    feeders: KINDS.map((kind, i) => ({ kind, demand: draw(`feeder/${i}`, 22, 46) / 10, seed: draw(`feeder/${i}/seed`, 0, 999_999) })),
  }
}
