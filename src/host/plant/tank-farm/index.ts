import type { PlantKind } from '../kind.ts'
import { readPoints } from '../points.ts'
import { drawDesign, type FarmDesign } from './design.ts'
import { step } from './physics.ts'
import { type FarmState, stateAt } from './state.ts'

/** Ships fill five tanks of fuel, trucks empty them. */
export const tankFarm: PlantKind<FarmDesign, FarmState> = {
  name: 'tank-farm',
  version: 1,
  code: 'TERM',
  place: 'tank farm, pump house',
  about: 'Jetty, tanks and truck rack',
  faultTag: 'YA_PMP',
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
