import { Identity } from '../../../src/config/identity.ts'
import type { PlantName } from '../../../src/config/persona.ts'
import type { Design, PlantModel, PlantState } from '../../../src/host/plant/kind.ts'
import { Plant } from '../../../src/host/plant/plant.ts'
import { MemoryState } from '../../harness.ts'

export const NOON = 1_800_000_000

export const identityOf = (n: number): Identity => new Identity(Buffer.alloc(32, n))

/** A plant whose clock the test moves. */
export function plantAt(
  name: PlantName,
  seed = 7,
  store = new MemoryState(),
): { plant: Plant; wait(seconds: number): void; store: MemoryState } {
  let now = NOON
  const plant = new Plant({ identity: identityOf(seed), state: store, persona: { plant: name } }, () => now)
  return {
    plant,
    store,
    wait: (seconds) => {
      now += seconds
    },
  }
}

/** Lets a plant run in steps of half a minute; the alarms that came, each once. */
export function alarmsIn<D extends Design, S extends PlantState>(
  model: PlantModel<D, S>,
  state: S,
  seconds: number,
  each: (state: S) => void = () => undefined,
): string[] {
  const came = new Set<string>()
  for (let done = 0; done < seconds; done += 30) {
    model.step(state, 30)
    for (const [name, { active }] of Object.entries(state.alarms)) if (active) came.add(name)
    each(state)
  }
  return [...came]
}
