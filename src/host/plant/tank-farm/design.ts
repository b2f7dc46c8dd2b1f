import type { Identity } from '../../../config/identity.ts'
import type { Design } from '../kind.ts'

/** A standing tank. Metres, m², index of its product. */
export interface TankDesign {
  height: number
  area: number
  product: number
}

/** A product by its density at 15 °C, kg/m³, and what it loses of it with every degree, as a part of 1. */
export interface Product {
  name: string
  density: number
  expansion: number
}

/** What a tank farm is built of. Metres, cubic metres, hours. */
export interface FarmDesign extends Design {
  products: readonly Product[]
  tanks: readonly TankDesign[]
  /** m³/h of a ship's pumps, of one loading pump, and of one loading arm at most. */
  shipFlow: number
  pumpFlow: number
  armFlow: number
  /** Trucks that come to one bay of the rack on a working day. */
  trucks: number
  seed: number
}

const SITES = [
  'Ferrow Quay',
  'Gullhaven',
  'Kingsmouth',
  'Oyster Point',
  'Portreath',
  'Ravelston',
  'Sandwick',
  'Tidewell',
  'Westhaven',
  'Wyremouth',
]
const PRODUCTS: readonly Product[] = [
  { name: 'GASOLINE 95', density: 745, expansion: 0.00122 },
  { name: 'DIESEL', density: 834, expansion: 0.00083 },
  { name: 'JET A-1', density: 801, expansion: 0.00095 },
]
/** Product of each tank, T101 to T105. */
const TANKS = [0, 0, 1, 1, 2]

/** Draws the tank farm of this installation. */
export function drawDesign(identity: Identity): FarmDesign {
  const draw = (what: string, min: number, max: number): number => identity.integer(`tank-farm/${what}`, min, max)
  return {
    site: identity.pick('tank-farm/site', SITES),
    phase: draw('phase', 0, 999) / 1000,
    utcOffset: draw('utc-offset', -8, 3),
    products: PRODUCTS.map((product, i) => ({ ...product, density: product.density + draw(`density/${i}`, -9, 9) / 2 })),
    tanks: TANKS.map((product, i) => {
      const diameter = draw(`diameter/${i}`, 150, 190) / 10
      return { height: draw(`height/${i}`, 112, 126) / 10, area: (Math.PI * diameter ** 2) / 4, product }
    }),
    shipFlow: draw('ship-flow', 42, 60) * 10,
    pumpFlow: draw('pump-flow', 24, 30) * 10,
    armFlow: draw('arm-flow', 11, 14) * 10,
    trucks: draw('trucks', 9, 14),
    seed: draw('seed', 0, 999_999),
  }
}

/** kg/m³ of a product at a temperature in °C. */
export function densityAt({ density, expansion }: Product, temperature: number): number {
  return density * (1 - expansion * (temperature - 15))
}
