import type { PlantKind } from '../kind.ts'
import { readPoints } from '../points.ts'
import { drawDesign, type WaterDesign } from './design.ts'
import { step } from './physics.ts'
import { stateAt, type WaterState } from './state.ts'

/** Intake pumps fill a clear water tank, boosters hold the pressure in the mains of a town. */
export const waterWorks: PlantKind<WaterDesign, WaterState> = {
  name: 'water-works',
  version: 1,
  code: 'WTP',
  place: 'water works, pump hall',
  about: 'Clear water tank and distribution',
  faultTag: 'YA102',
  points: readPoints(new URL('points.yaml', import.meta.url)),
  open(identity) {
    const design = drawDesign(identity)
    return {
      design,
      stateAt: (at) => stateAt(design, at),
      step: (state, seconds) => step(state, design, seconds),
      permits: () => true,
    }
  },
}
