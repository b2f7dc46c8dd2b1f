import { z } from 'zod'

const List = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat())

const Matcher = z.looseObject({
  type: z.string(),
  part: z.string().default('body'),
  words: List.optional(),
  regex: List.optional(),
  status: z.union([z.number(), z.array(z.number())]).optional(),
  size: z.union([z.number(), z.array(z.number())]).optional(),
  dsl: List.optional(),
  condition: z.enum(['and', 'or']).default('or'),
  negative: z.boolean().default(false),
})
export type NucleiMatcher = z.infer<typeof Matcher>

const Extractor = z.looseObject({
  type: z.string(),
  /** What later requests call it. */
  name: z.string().optional(),
  part: z.string().default('body'),
  regex: List.optional(),
})

const Request = z.looseObject({
  method: z.string().default('GET'),
  path: List.optional(),
  raw: List.optional(),
  headers: z.record(z.string(), z.coerce.string()).default({}),
  body: z.string().default(''),
  payloads: z.record(z.string(), z.unknown()).default({}),
  'matchers-condition': z.enum(['and', 'or']).default('or'),
  matchers: z.array(Matcher).default([]),
  extractors: z.array(Extractor).default([]),
})
export type NucleiRequest = z.infer<typeof Request>

/** The parts of a nuclei template that a trap can be made of. */
export const NucleiTemplate = z.looseObject({
  id: z.string(),
  info: z.looseObject({
    name: z.string(),
    severity: z.string().default('info'),
    reference: z.union([z.string(), z.array(z.string())]).nullish(),
    classification: z
      .looseObject({ 'cvss-score': z.number().optional(), 'cve-id': z.union([z.string(), z.array(z.string())]).nullish() })
      .optional(),
    metadata: z.looseObject({ product: z.unknown().optional() }).optional(),
  }),
  variables: z.record(z.string(), z.coerce.string()).default({}),
  http: z.array(Request).optional(),
  requests: z.array(Request).optional(),
})
export type NucleiTemplate = z.infer<typeof NucleiTemplate>
