import { z } from 'zod'

const Milliseconds = z.number().int().positive()

/** A secret in the file itself, or the name of the environment variable that holds it: `{ env: SPLUNK_TOKEN }`. */
export const Secret = z.union([z.string().min(1), z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,100}$/) })])
export type Secret = z.infer<typeof Secret>

const SAMPLE_SCHEMES = ['ldap', 'ldaps', 'rmi', 'http', 'https', 'ftp', 'tftp'] as const

const HttpUrl = z.url({ protocol: /^https?$/ })
const HostName = z.string().regex(/^[A-Za-z0-9_.:-]{1,253}$/)
const Port = z.number().int().min(1).max(65535)

const Tls = z.strictObject({
  /** PEM file of the authority that signed the server's certificate, when it is none that Node knows. */
  ca: z.string().optional(),
  /** PEM files of our own certificate, for servers that ask for one. */
  cert: z.string().optional(),
  key: z.string().optional(),
  /** Take any certificate. For a laboratory. */
  insecure: z.boolean().default(false),
})
export type TlsSettings = z.infer<typeof Tls>

/** What every output has. */
const COMMON = {
  /** How `sundew outputs` and `status` call it; the kind unless given. */
  name: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,64}$/)
    .optional(),
  enabled: z.boolean().default(true),
  /** Only events of these lures; and never those of `exceptLures`. */
  lures: z.array(z.string()).optional(),
  exceptLures: z.array(z.string()).default([]),
  /** Only events of these types; `turn`, `redis.*`. */
  types: z.array(z.string()).optional(),
  batch: z
    .strictObject({
      events: z.number().int().min(1).max(5000).default(500),
      /** Characters of JSON that go out at once; a single event may be longer. */
      bytes: z
        .number()
        .int()
        .min(1024)
        .default(1024 * 1024),
      /** How long a first event waits for company. */
      waitMs: Milliseconds.default(250),
    })
    .prefault({}),
  /** How long one batch may take. */
  deadlineMs: Milliseconds.default(30_000),
}

const Basic = { username: z.string().optional(), password: Secret.optional() }

/** One output: where events go besides the store. `kind` decides which further keys there are. */
export const OutputEntry = z.discriminatedUnion('kind', [
  z.strictObject({
    ...COMMON,
    kind: z.literal('tpot'),
    /** What T-Pot mounts as /data; relative to the data folder. */
    folder: z.string().default('tpot'),
    /** `all` systems that a lure stands for, the `primary` one alone, or these. */
    systems: z.union([z.enum(['all', 'primary']), z.array(z.string()).min(1)]).default('all'),
    /** What T-Pot calls MY_EXTIP: written where the address that was attacked is not known. */
    externalIp: z.string().optional(),
    /** MiB at which a file moves to `<file>.1`; 0 leaves that to logrotate. */
    rotateMiB: z.number().min(0).default(512),
  }),
  z.strictObject({
    ...COMMON,
    ...Basic,
    kind: z.literal('elasticsearch'),
    url: HttpUrl,
    apiKey: Secret.optional(),
    dataStream: z
      .string()
      .regex(/^[a-z0-9_.-]{1,100}$/)
      .default('logs-sundew-default'),
    /** OpenSearch has another name for a flattened field. */
    product: z.enum(['elasticsearch', 'opensearch']).default('elasticsearch'),
    /** Put the index template (deploy/elasticsearch/index-template.json) there first. */
    template: z.boolean().default(true),
    tls: Tls.prefault({}),
  }),
  z.strictObject({
    ...COMMON,
    kind: z.literal('splunk'),
    url: HttpUrl,
    token: Secret,
    index: z.string().optional(),
    sourcetype: z.string().default('sundew:event'),
    tls: Tls.prefault({}),
  }),
  z.strictObject({
    ...COMMON,
    ...Basic,
    kind: z.literal('loki'),
    url: HttpUrl,
    tenant: z.string().optional(),
    labels: z.record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/), z.string()).default({}),
    tls: Tls.prefault({}),
  }),
  z.strictObject({
    ...COMMON,
    kind: z.literal('syslog'),
    host: HostName,
    port: Port.default(514),
    transport: z.enum(['udp', 'tcp', 'tls']).default('udp'),
    body: z.enum(['json', 'cef', 'ocsf']).default('json'),
    /** RFC 5424 §6.2.1; 13 is log audit. */
    facility: z.number().int().min(0).max(23).default(13),
    /** Of one message; a longer one has its texts cut and says so. RFC 5425 §4.3.1 has receivers take 8 KiB, and rsyslog takes no more unless told. */
    maxBytes: z.number().int().min(1024).max(1_048_576).default(8192),
    tls: Tls.prefault({}),
  }),
  z.strictObject({
    ...COMMON,
    kind: z.literal('webhook'),
    url: HttpUrl,
    /** Signs every body: `X-Sundew-Signature: t=<seconds>,v1=<HMAC-SHA256 of "t.body" in hex>`. */
    secret: Secret.optional(),
    headers: z.record(z.string(), Secret).default({}),
    tls: Tls.prefault({}),
  }),
  z.strictObject({
    ...COMMON,
    kind: z.literal('hpfeeds'),
    host: HostName,
    port: Port.default(10000),
    ident: z.string().min(1).max(255),
    secret: Secret,
    channel: z.string().min(1).max(255).default('sundew.events'),
    useTls: z.boolean().default(false),
    tls: Tls.prefault({}),
  }),
  z.strictObject({
    ...COMMON,
    kind: z.literal('nats'),
    servers: z.array(z.string()).min(1),
    /** `.<lure>.<type>` is added. */
    subject: z
      .string()
      .regex(/^[A-Za-z0-9_.-]+$/)
      .default('sundew.events'),
    user: z.string().optional(),
    password: Secret.optional(),
    token: Secret.optional(),
    /** Wait until JetStream has stored each event; it takes the event's id once. */
    jetstream: z.boolean().default(true),
    tls: Tls.optional(),
  }),
  z.strictObject({
    ...COMMON,
    kind: z.literal('kafka'),
    brokers: z.array(z.string().regex(/^[^\s:]+:\d{1,5}$/)).min(1),
    topic: z.string().min(1).max(249).default('sundew.events'),
    username: z.string().optional(),
    password: Secret.optional(),
    mechanism: z.enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']).default('PLAIN'),
    tls: Tls.optional(),
  }),
  /** Jobs for a broker, another program, which fetches what attackers point at; docs/samples.md. */
  z.strictObject({
    ...COMMON,
    /** Of a batch: many jobs, one after the other. */
    deadlineMs: Milliseconds.default(600_000),
    kind: z.literal('samples'),
    url: HttpUrl,
    /** `Authorization: Bearer …` of every job. */
    token: Secret.optional(),
    /** Which indicators become jobs, by the `how` of their event. */
    from: z.array(z.string().min(1)).min(1).default(['jndi']),
    schemes: z.array(z.enum(SAMPLE_SCHEMES)).default([...SAMPLE_SCHEMES]),
    /** How long one job may take, and MiB of all that it may bring. */
    jobMs: Milliseconds.default(20_000),
    maxMiB: z.number().positive().max(64).default(10),
    /** Jobs within an hour, for one source and for all. */
    perSource: z.number().int().min(1).default(20),
    perHour: z.number().int().min(1).default(200),
    tls: Tls.prefault({}),
  }),
  z.strictObject({
    ...COMMON,
    kind: z.literal('otlp'),
    /** `/v1/traces` is added when it is missing. */
    url: HttpUrl,
    headers: z.record(z.string(), Secret).default({}),
    /** Send what was asked and answered, not the figures alone. */
    content: z.boolean().default(false),
    tls: Tls.prefault({}),
  }),
])
export type OutputEntry = z.infer<typeof OutputEntry>
export type OutputKind = OutputEntry['kind']
export type OutputOf<K extends OutputKind> = Extract<OutputEntry, { kind: K }>
