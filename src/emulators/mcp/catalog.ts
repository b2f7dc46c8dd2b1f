import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { parseYaml } from '../../config/yaml.ts'

const Argument = z.strictObject({
  type: z.enum(['string', 'integer', 'boolean']),
  /** An argument with a default may be left out. */
  default: z.union([z.string(), z.number(), z.boolean()]).optional(),
})

/** How a tool answers; the values name arguments, except where they are texts. */
const Answer = z.union([
  z.strictObject({ run: z.string() }),
  z.strictObject({ read: z.string() }),
  z.strictObject({ write: z.string(), content: z.string() }),
  z.strictObject({ list: z.string() }),
  z.strictObject({ sql: z.string() }),
  z.strictObject({ fetch: z.string() }),
  z.strictObject({ text: z.string() }),
  z.strictObject({ choose: z.string(), of: z.record(z.string(), z.string()), otherwise: z.string() }),
  z.strictObject({ ask: z.string(), otherwise: z.string() }),
])
export type ToolAnswer = z.output<typeof Answer>

/** Hints for the client's user (ToolAnnotations of the specification); an agent asks less of its user where they say that nothing is destroyed. */
const Annotations = z.strictObject({
  title: z.string().optional(),
  readOnlyHint: z.boolean().optional(),
  destructiveHint: z.boolean().optional(),
  idempotentHint: z.boolean().optional(),
  openWorldHint: z.boolean().optional(),
})

const Tool = z.strictObject({
  name: z.string().regex(/^[A-Za-z_][\w-]{0,63}$/),
  description: z.string(),
  arguments: z.record(z.string().regex(/^\w{1,40}$/), Argument).default({}),
  answer: Answer,
  annotations: Annotations.optional(),
  /** ATT&CK techniques of who calls it. */
  attack: z.array(z.string().regex(/^T\d{4}(\.\d{3})?$/)).default([]),
})
export type Tool = z.output<typeof Tool>

const Resource = z.strictObject({
  uri: z.string(),
  name: z.string(),
  description: z.string(),
  mimeType: z.string(),
  answer: z.union([z.strictObject({ file: z.string().startsWith('/') }), z.strictObject({ text: z.string() })]),
})
export type Resource = z.output<typeof Resource>

const Catalog = z.strictObject({
  server: z.strictObject({ name: z.string(), instructions: z.string().default('') }),
  tools: z.array(Tool),
  resources: z.array(Resource).default([]),
  prompts: z
    .array(z.strictObject({ name: z.string(), description: z.string(), arguments: z.array(z.string()), text: z.string() }))
    .default([]),
})
/** All that a server offers. */
export type Catalog = z.output<typeof Catalog>

/** What a YAML file offers; without one, what comes with the lure. @throws ConfigProblem for mistakes in it */
export function readCatalog(file: string | undefined): Catalog {
  const path = file ?? new URL('tools.yaml', import.meta.url)
  return parseYaml(file ?? 'tools.yaml', readFileSync(path, 'utf8'), Catalog, 'src/emulators/mcp/tools.yaml shows every key')
}

/** A tool as tools/list describes it: the schema that FastMCP derives from a Python function which returns a str. */
export function describeTool({ name, description, arguments: given, annotations }: Tool): Record<string, unknown> {
  const entries = Object.entries(given)
  const properties = entries.map(([key, one]) => [
    key,
    { ...(one.default === undefined ? {} : { default: one.default }), title: titleOf(key), type: one.type },
  ])
  const required = entries.filter(([, one]) => one.default === undefined).map(([key]) => key)
  return {
    name,
    description,
    inputSchema: {
      properties: Object.fromEntries(properties),
      ...(required.length > 0 ? { required } : {}),
      title: `${name}Arguments`,
      type: 'object',
    },
    outputSchema: {
      properties: { result: { title: 'Result', type: 'string' } },
      required: ['result'],
      title: `${name}Output`,
      type: 'object',
    },
    ...(annotations ? { annotations } : {}),
  }
}

/** `dry_run` → `Dry Run`, as pydantic titles a field. */
function titleOf(name: string): string {
  return name.replace(/_/g, ' ').replace(/\b[a-z]/g, (letter) => letter.toUpperCase())
}
