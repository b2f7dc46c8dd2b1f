import { z } from 'zod'
import { isHoneytokenKind } from '../../config/honeytoken-kinds.ts'

/** Words that name how a field of made-up objects is filled. `pick a|b|c` draws one; `honeytoken KIND` is minted for the reader. */
const GENERATORS = [
  'id',
  'uuid',
  'person',
  'company',
  'email',
  'phone',
  'city',
  'country',
  'street',
  'amount',
  'integer',
  'date',
  'boolean',
  'iban',
  'card',
  'words',
] as const
const Generator = z.string().refine(
  (text) => {
    const [word = '', argument = ''] = text.split(/ (.*)/)
    return (
      (GENERATORS as readonly string[]).includes(text) ||
      (word === 'pick' && argument !== '') ||
      (word === 'honeytoken' && isHoneytokenKind(argument))
    )
  },
  { error: 'not a way to fill a field', params: { cure: `use one of: ${GENERATORS.join(', ')}, "pick a|b", "honeytoken KIND"` } },
)
const Name = z.string().regex(/^[a-z][a-z0-9_-]{0,40}$/i, 'a name of letters, digits, - and _')
const Path = z.string().regex(/^\/[\w{}./~-]{0,200}$/, 'a path that begins with /')
const Delay = z.tuple([z.number().min(0).max(60_000), z.number().min(0).max(60_000)])
/** Roles that may; `public` = anybody, `any` = whoever has logged in. */
const Roles = z.array(z.string().min(1).max(40)).min(1)

export const Resource = z.strictObject({
  read: Roles.default(['any']),
  write: Roles.default(['any']),
  /** Field that names whose an object is (an account's id): others who ask for it try to get at what is not theirs. */
  owner: Name.optional(),
  /** Fields that no client sets. */
  protected: z.array(Name).default([]),
  /** Fields that a new object must have. */
  required: z.array(Name).default([]),
  id: z.enum(['integer', 'uuid']).default('integer'),
  /** Objects that are there, as they are. */
  seed: z.array(z.record(Name, z.json())).max(500).default([]),
  /** More objects, made up: field → how it is filled. */
  generate: z.strictObject({ count: z.number().int().min(1).max(500), fields: z.record(Name, Generator) }).optional(),
})
export type Resource = z.output<typeof Resource>

const Account = z.strictObject({
  username: z.string().min(1).max(100),
  password: z.string().min(1).max(100),
  id: z.union([z.number().int(), z.string()]).default(1),
  roles: z.array(z.string()).default(['user']),
  /** Further fields of its profile. */
  profile: z.record(Name, z.json()).default({}),
})

const Auth = z.strictObject({
  login: Path.default('/auth/login'),
  /** Where accounts can be made; absent = nowhere. */
  register: Path.optional(),
  /** Profile of who is logged in. */
  me: Path.default('/users/me'),
  /** Names of the fields of a login. */
  username: Name.default('username'),
  password: Name.default('password'),
  algorithm: z.enum(['HS256', 'RS256']).default('HS256'),
  /** Key of HS256: `strong`, or `weak`, one of a list of words that token crackers try; a word of your own is as good. */
  secret: z.string().min(1).default('weak'),
  /** Forged tokens that are believed, besides those made with a key that was cracked. All are recorded. */
  believes: z.array(z.enum(['alg-none', 'key-confusion'])).default([]),
  expiresIn: z.number().int().min(10).max(31_536_000).default(7_200),
  issuer: z.string().optional(),
  /** Wrong passwords of one user after which it is locked for a source, for fifteen minutes; 0 = never. */
  lockout: z.number().int().min(0).default(0),
  accounts: z.array(Account).default([]),
})

const Endpoint = z.strictObject({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'ANY']).default('GET'),
  /** With parameters: `/reports/{id}`. */
  path: Path,
  roles: Roles.default(['public']),
  status: z.number().int().min(100).max(599).default(200),
  headers: z.record(z.string(), z.string()).default({}),
  /** Text, or what is sent as JSON; `{{params.id}}`, `{{body.name}}`, `{{query.q}}`, `{{jwt.sub}}`, `{{now}}`, `{{uuid}}` and honeytokens in it are filled. */
  body: z.json().default(null),
  delay: Delay.optional(),
})
export type Endpoint = z.output<typeof Endpoint>

/** One API as its file says. */
export const Api = z.strictObject({
  title: z.string().min(1),
  version: z.string().default('1.0.0'),
  /** What its program is written in: decides header lines and the shape of errors. */
  style: z.enum(['express', 'spring', 'fastapi', 'problem']).default('express'),
  /** Path before all others. */
  base: z
    .string()
    .regex(/^(?:\/[\w.-]{1,40}){0,6}$/, 'a path without a slash at its end')
    .default(''),
  auth: Auth.prefault({}),
  resources: z.record(Name, Resource).default({}),
  endpoints: z.array(Endpoint).default([]),
  delay: Delay.default([5, 40]),
  /** Requests a minute of one source; 0 = any number. */
  rateLimit: z.number().int().min(0).default(0),
  /** Believes in fields that no client may set, and shows objects of others: recorded either way. */
  vulnerable: z.strictObject({ massAssignment: z.boolean().default(true), objectAccess: z.boolean().default(true) }).prefault({}),
})
export type Api = z.output<typeof Api>
