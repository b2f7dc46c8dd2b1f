import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'

/** A technique or sub-technique of MITRE ATT&CK. */
export interface Technique {
  id: string
  name: string
  /** Short names of its tactics, in the order of the matrix. */
  tactics: string[]
}

export interface AttackRule {
  id: string
  technique: string
  on: 'input' | 'request' | 'login' | 'artifact' | 'event'
  match: RegExp
}

const TechniqueId = z.string().regex(/^T\d{4}(\.\d{3})?$/)

const Catalogue = z.strictObject({
  tactics: z.record(z.string(), z.string()),
  techniques: z.record(TechniqueId, z.strictObject({ name: z.string(), tactics: z.array(z.string()).min(1) })),
})

const Rules = z.array(
  z.strictObject({
    id: z.string().regex(/^[a-z0-9-]+$/),
    technique: TechniqueId,
    on: z.enum(['input', 'request', 'login', 'artifact', 'event']),
    match: z.string().transform((source) => new RegExp(source, 'i')),
  }),
)

const catalogue = Catalogue.parse(read('techniques.yaml'))

/** Short name → name, in the order of the matrix. */
export const tactics: Readonly<Record<string, string>> = catalogue.tactics

export const techniques: ReadonlyMap<string, Technique> = new Map(
  Object.entries(catalogue.techniques).map(([id, technique]) => [id, { id, ...technique }]),
)

export const attackRules: readonly AttackRule[] = Rules.parse(read('rules.yaml'))

function read(name: string): unknown {
  return parse(readFileSync(join(import.meta.dirname, name), 'utf8'))
}
