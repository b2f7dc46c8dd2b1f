import type { PlantName } from '../../config/persona.ts'
import type { PlantKind } from './kind.ts'
import { substation } from './substation/index.ts'
import { tankFarm } from './tank-farm/index.ts'
import { waterWorks } from './water-works/index.ts'

/** Every kind of plant that a persona can choose. */
export const PLANTS: Readonly<Record<PlantName, PlantKind>> = { 'water-works': waterWorks, substation, 'tank-farm': tankFarm }
