import type { Identity } from '../../../config/identity.ts'
import type { Design } from '../kind.ts'

/** What a water works is built of and never changes. Metres, cubic metres, hours. */
export interface WaterDesign extends Design {
  /** Clear water tank: area in m², height of its overflow edge in m. */
  tankArea: number
  tankHeight: number
  /** m³/h of one intake pump at full speed into an empty tank. */
  intakeFlow: number
  /** m that one booster pump lifts at full speed. */
  boosterHead: number
  /** m³/h that the town takes on average, and metres lost per (m³/h)² in the mains. */
  demand: number
  mainsLoss: number
}

const SITES = [
  'Aldermoor',
  'Brackwell',
  'Eastmere',
  'Harrowfield',
  'Kestrel Hill',
  'Linden Vale',
  'Marrowby',
  'Northbeck',
  'Ravensholm',
  'Thornmere',
]

/** Draws the works of this installation. */
export function drawDesign(identity: Identity): WaterDesign {
  const draw = (what: string, min: number, max: number): number => identity.integer(`plant/${what}`, min, max)
  const demand = draw('demand', 140, 260)
  return {
    site: identity.pick('plant/site', SITES),
    tankArea: draw('tank-area', 130, 240),
    tankHeight: draw('tank-height', 48, 62) / 10,
    intakeFlow: Math.round((demand * draw('intake-reserve', 125, 150)) / 100),
    boosterHead: draw('booster-head', 58, 74),
    demand,
    mainsLoss: draw('mains-loss', 50, 90) / 1e6,
    phase: draw('phase', 0, 999) / 1000,
    utcOffset: draw('utc-offset', -8, 3),
  }
}
