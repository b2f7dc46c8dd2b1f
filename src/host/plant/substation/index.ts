import type { PlantKind } from '../kind.ts'
import { readPoints } from '../points.ts'
import { drawDesign, type SubstationDesign } from './design.ts'
import { step } from './physics.ts'
import { type SubstationState, stateAt } from './state.ts'
import { permits } from './switchgear.ts'

/** Two lines feed two transformers; six feeders take the power to a town. */
export const substation: PlantKind<SubstationDesign, SubstationState> = {
  name: 'substation',
  version: 1,
  code: 'SS',
  place: 'substation, control building',
  about: 'Incoming lines, transformers and feeders',
  faultTag: 'YA_TRIP',
  points: readPoints(new URL('points.yaml', import.meta.url)),
  open(identity) {
    const design = drawDesign(identity)
    return {
      design,
      stateAt: (at) => stateAt(design, at),
      step: (state, seconds) => step(state, design, seconds),
      permits,
    }
  },
}
