import { RE2JS } from 're2js'
import { z } from 'zod'
import { isFilter, isSource, parseTemplate, TemplateError } from './template-syntax.ts'

const CURES = {
  regex: 'write it for RE2: without look-around and back-references; their place is taken by `all`, `not` and a second test',
  template: 'docs/traps.md lists what may stand between {{ and }}',
} as const

function refuse(context: z.RefinementCtx, message: string, cure: string): void {
  context.addIssue({ code: 'custom', message, params: { cure } })
}

const Name = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,79}$/, 'a name of small letters, digits, dots and dashes')

/** A regular expression for RE2: its time grows with the text, never faster. Named groups become `capture.<name>`. */
const Pattern = z.string().superRefine((source, context) => {
  try {
    RE2JS.compile(source)
  } catch (error) {
    refuse(context, `no regular expression of RE2: ${(error as Error).message}`, CURES.regex)
  }
})

/** A text with values of the request, the machine and chance in it: `uid {{query.cmd | run}}`. */
export const Template = z.string().superRefine((source, context) => {
  try {
    for (const piece of parseTemplate(source)) {
      if (typeof piece === 'string') continue
      for (const { source: from } of piece.parts) {
        if (from !== undefined && !isSource(from)) refuse(context, `there is no value "${from}"`, CURES.template)
      }
      for (const { name } of piece.filters) if (!isFilter(name)) refuse(context, `there is no filter "${name}"`, CURES.template)
    }
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    refuse(context, error.message, CURES.template)
  }
})

const Words = z.union([z.string(), z.array(z.string()).min(1)])

/** What a text must be. All that is given must hold. */
const TextTest = z.strictObject({
  is: z.string().optional(),
  /** All of these stand in it. */
  contains: Words.optional(),
  containsAny: z.array(z.string()).min(1).optional(),
  starts: z.string().optional(),
  ends: z.string().optional(),
  matches: Pattern.optional(),
  /** `false`: there is no such field. `true`: there is one, whatever its value. */
  present: z.boolean().optional(),
  /** Letters of both cases are the same to every test but `matches`, which has `(?i)`. */
  ignoreCase: z.boolean().optional(),
})
export type TextTest = z.infer<typeof TextTest>

/** A text is matched whole; of a list one must match. */
const Test = z.union([z.string(), TextTest, z.array(z.union([z.string(), TextTest])).min(1)])
export type Test = z.infer<typeof Test>

const Fields = z.record(z.string(), Test)

const Parts = {
  /** `GET` stands for HEAD too. */
  method: Words.optional(),
  /** Decoded and normalised: no `..`, no `%41`. */
  path: Test.optional(),
  /** Path and query decoded, up to three times, and nothing else done to them: what traversals and injections look like. */
  url: Test.optional(),
  /** Path and query as sent. */
  target: Test.optional(),
  host: Test.optional(),
  query: Fields.optional(),
  header: Fields.optional(),
  cookie: Fields.optional(),
  /** Fields of a form, urlencoded or multipart. */
  form: Fields.optional(),
  /** A field of the query or of the form. */
  field: Fields.optional(),
  /** By JSON pointer (RFC 6901): `/user/name`. Numbers and truth values as their JSON text. */
  json: Fields.optional(),
  body: Test.optional(),
  /** Name of an uploaded file, of a multipart body. */
  upload: Test.optional(),
  /** Bytes of the body. */
  size: z.strictObject({ min: z.number().int().optional(), max: z.number().int().optional() }).optional(),
  /** What an earlier trap has remembered of this source. */
  state: Fields.optional(),
}

const MatchParts = z.strictObject(Parts)
export interface Match extends z.infer<typeof MatchParts> {
  all?: Match[] | undefined
  any?: Match[] | undefined
  not?: Match | undefined
}
const Nested: z.ZodType<Match> = z.lazy(() => Match)

/** All parts that are given must match, and all of `all`, one of `any`, and not `not`. */
export const Match: z.ZodType<Match> = z.strictObject({
  ...Parts,
  all: z.array(Nested).min(1).optional(),
  any: z.array(Nested).min(1).optional(),
  not: Nested.optional(),
})

/** `GET /path` for the method and the whole path. */
const ShortMatch = z.string().regex(/^[A-Z]{3,10} \/\S*$/, 'METHOD /path, or the parts one by one')

const Delay = z.union([z.number().int().min(0).max(60_000), z.tuple([z.number().int().min(0), z.number().int().max(60_000)])])

export const Answer = z.strictObject({
  status: z.number().int().min(200).max(599).default(200),
  reason: z.string().optional(),
  /** `html`, `json`, `xml`, `text`, `js`, `css`, `binary` or a media type. */
  type: z.string().default('html'),
  headers: z.record(z.string(), z.union([Template, z.array(Template)])).default({}),
  body: Template.default(''),
  /** Instead of `body`, for bytes. */
  base64: z.base64().optional(),
  /** Milliseconds before the answer, or a range of them. */
  delay: Delay.optional(),
  close: z.boolean().optional(),
})
export type Answer = z.infer<typeof Answer>

const ShortAnswer = z.union([Template, Answer])

/** A request as text: request line, header lines, an empty line, body. Line ends become those of HTTP. */
const Example = z.union([
  z.string(),
  z.strictObject({
    send: z.string(),
    /** Regular expressions over head and body of the answer. */
    expect: z.array(Pattern).default([]),
    /** Matches of these traps come before, each by its first example. */
    after: z.array(Name).default([]),
  }),
])

export const Trap = z.strictObject({
  id: Name,
  about: z.string().min(1),
  cve: z.union([z.string(), z.array(z.string())]).optional(),
  /** Techniques of ATT&CK. */
  attack: z.array(z.string().regex(/^T\d{4}(\.\d{3})?$/)).default(['T1190']),
  /** CVSS base score. */
  risk: z.number().min(0).max(10),
  references: z.array(z.string()).default([]),
  match: z.union([ShortMatch, Match]),
  /** This source has met these traps before, all of them. */
  after: z.array(Name).default([]),
  answer: ShortAnswer,
  /** Kept for this source, for `state` of later traps and answers. */
  remember: z.record(Name, Template).default({}),
  /** A file that this source finds at `path` afterwards; code that hands the request to a shell runs on the simulated host. */
  keep: z.strictObject({ path: Template, content: Template }).optional(),
  login: z
    .strictObject({ user: Template, password: Template, method: z.string().default('form'), accepted: z.boolean().default(true) })
    .optional(),
  /** Requests that meet this trap and no other. Without any, the short match is its own example. */
  examples: z.array(Example).default([]),
})
export type Trap = z.infer<typeof Trap>

const Server = z.strictObject({
  kind: z.enum(['apache', 'nginx', 'iis', 'jetty', 'lighttpd', 'netty', 'tomcat', 'application']).default('application'),
  /** The Server line; none without it. */
  header: z.string().optional(),
})

export const Product = z.strictObject({
  product: Name,
  name: z.string(),
  version: z.string(),
  server: Server.prefault({}),
  /** Lines that every answer of this product has. */
  headers: z.record(z.string(), Template).default({}),
  /** Texts for `vars.<name>`. */
  vars: z.record(Name, z.string()).default({}),
  /** The user that its commands run as on the simulated host. */
  user: z.string().default('www-data'),
  /** Harmless pages by path. */
  pages: z.record(z.string().startsWith('/'), ShortAnswer).default({}),
  /** What it says where nothing is; the server's own page without it. */
  notFound: ShortAnswer.optional(),
  traps: z.array(Trap).default([]),
})
export type Product = z.infer<typeof Product>

/** Products that one address may well play together; the first one has the front page and the server. */
export const Sets = z.record(Name, z.strictObject({ about: z.string(), products: z.array(Name).min(1) }))
export type Sets = z.infer<typeof Sets>
