/**
 * Traps: vulnerable products described in YAML, for every lure that speaks HTTP. docs/traps.md is the reference of the files.
 *
 * schema.ts says what a file holds, load.ts reads a folder; trap-index.ts and condition.ts find the trap that a request
 * meets, template.ts and answer.ts make what is answered, memory.ts is what each source did before.
 */
export { TrapEngine, type TrapSetting } from './engine.ts'
export { examplesOf, requestOf } from './example.ts'
export { loadSets, loadTraps, SHIPPED_TRAPS } from './load.ts'
export { type Imported, importNuclei } from './nuclei/import.ts'
export { serverOfProduct } from './product-server.ts'
export type { Product, Sets, Trap } from './schema.ts'
export { TrapHit, trapEvents } from './trap-events.ts'
