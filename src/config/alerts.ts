import { z } from 'zod'
import { Secret } from './outputs.ts'

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** `30s`, `10m`, `6h`, `7d` → milliseconds. */
const Span = z
  .string()
  .regex(/^\d{1,5}[smhd]$/, 'a span of time such as 10m, 6h or 7d')
  .transform((text) => Number(text.slice(0, -1)) * UNITS[text.at(-1) as keyof typeof UNITS])

const Name = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, 'a name of letters, digits, dots, dashes and underscores')
const HttpUrl = z.url({ protocol: /^https?$/ })

/** Where alerts go. */
export const AlertDestination = z.discriminatedUnion('kind', [
  /** JSON by POST; with a secret, its HMAC-SHA-256 stands in `X-Sundew-Signature`. */
  z.strictObject({ name: Name, kind: z.literal('webhook'), url: HttpUrl, secret: Secret.optional() }),
  z.strictObject({ name: Name, kind: z.enum(['slack', 'discord']), url: Secret }),
  z.strictObject({
    name: Name,
    kind: z.literal('telegram'),
    token: Secret,
    chat: z.union([z.string(), z.number()]),
    url: HttpUrl.default('https://api.telegram.org'),
  }),
  /** `url` holds the topic: `https://ntfy.sh/my-topic`. */
  z.strictObject({ name: Name, kind: z.literal('ntfy'), url: HttpUrl, token: Secret.optional() }),
  z.strictObject({
    name: Name,
    kind: z.literal('mail'),
    host: z.string(),
    port: z.number().int().min(1).max(65535).default(587),
    /** TLS from the first byte; else STARTTLS when the server offers it. */
    tls: z.boolean().default(false),
    /** Take any certificate: for a mail server of one's own. */
    insecure: z.boolean().default(false),
    username: z.string().optional(),
    password: Secret.optional(),
    from: z.email(),
    to: z.array(z.email()).min(1),
  }),
])
export type AlertDestination = z.infer<typeof AlertDestination>

/** By what sessions are counted: each value for itself, or all together. */
export const ALERT_GROUPS = ['all', 'src_ip', 'network', 'lure', 'persona'] as const

export const AlertRule = z.strictObject({
  name: Name,
  /** Which sessions, in the language of the sessions page: `lure:ssh and input:wget`. */
  when: z.string().min(1).max(2000),
  /** So many of them … */
  count: z.number().int().min(1).max(10_000).default(1),
  /** … within this time … */
  window: Span.prefault('1h'),
  /** … of one group. */
  group: z.enum(ALERT_GROUPS).default('src_ip'),
  /** How long the same group is not told of again. */
  coolDown: Span.prefault('6h'),
  /** Names of destinations; without any it is only listed. */
  to: z.array(Name).default([]),
  enabled: z.boolean().default(true),
})
export type AlertRule = z.infer<typeof AlertRule>

const Network = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()])

export const Alerts = z
  .strictObject({
    destinations: z.array(AlertDestination).default([]),
    rules: z.array(AlertRule).default([]),
    /** Sources that are recorded as ever, but tagged `ignored:<tag>`, and never alerted of. */
    ignore: z.array(z.strictObject({ source: Network, tag: Name })).default([]),
  })
  .superRefine(({ destinations, rules }, context) => {
    const names = new Set(destinations.map(({ name }) => name))
    for (const [i, { to }] of rules.entries()) {
      for (const [k, name] of to.entries()) {
        if (!names.has(name))
          context.addIssue({ code: 'custom', path: ['rules', i, 'to', k], message: `there is no destination "${name}"` })
      }
    }
  })
export type Alerts = z.infer<typeof Alerts>
