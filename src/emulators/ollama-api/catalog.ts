import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { parseYaml } from '../../config/yaml.ts'
import { type ModelName, shortName } from './model-name.ts'

const Capability = z.enum(['completion', 'tools', 'thinking', 'vision', 'insert', 'embedding'])

const Entry = z.strictObject({
  name: z.string(),
  installed: z.boolean().default(false),
  digest: z.string().length(64).optional(),
  /** Bytes. */
  size: z.number().int().positive(),
  family: z.string(),
  parameters: z.string(),
  count: z.number().int().positive(),
  quantization: z.string(),
  /** Tokens. */
  context: z.number().int().positive(),
  /** Length of an embedding. */
  width: z.number().int().positive(),
  blocks: z.number().int().positive(),
  capabilities: z.array(Capability),
  maker: z.string(),
})

/** What is known of a model, whatever it is called. */
export type Weights = Omit<z.output<typeof Entry>, 'installed' | 'digest'> & { digest: string }

const entries = parseYaml('models.yaml', readFileSync(new URL('models.yaml', import.meta.url), 'utf8'), z.array(Entry))
const library: readonly (Weights & { installed: boolean })[] = entries.map((one) => ({ ...one, digest: one.digest ?? digestOf(one.name) }))

/** SHA-256 of a text, as a digest of a manifest or layer. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** The models that are on the disk at first. */
export function installedModels(): readonly Weights[] {
  return library.filter(({ installed }) => installed)
}

/** The model of this name in Ollama's library; `latest` is the first tag of a name. */
export function inLibrary(name: ModelName): Weights | undefined {
  const wanted = shortName(name)
  return (
    library.find((one) => one.name === wanted) ??
    (name.tag === 'latest' ? library.find((one) => one.name.startsWith(`${name.model}:`)) : undefined)
  )
}
