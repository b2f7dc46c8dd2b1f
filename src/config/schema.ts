import { z } from 'zod'
import { Alerts } from './alerts.ts'
import { Broker } from './broker.ts'
import { OutputEntry } from './outputs.ts'
import { PromptGate } from './prompt-gate.ts'

const Port = z.number().int().min(0).max(65535)
const Milliseconds = z.number().int().positive()
const Bytes = z.number().int().positive()
const Tokens = z.number().int().positive()

/** One use of a lure. The same lure may stand in the list several times with other ports, personas and options. */
export const LureEntry = z.strictObject({
  lure: z.string(),
  enabled: z.boolean().default(true),
  /** Address to listen on instead of `listen.host`. */
  host: z.string().optional(),
  /** Ports instead of the lure's own, in the order of its declaration; used as they are, `listen.offset` is not added. */
  ports: z.array(Port).min(1).optional(),
  persona: z.string().optional(),
  options: z.record(z.string(), z.unknown()).default({}),
})
export type LureEntry = z.infer<typeof LureEntry>

export const Backend = z.strictObject({
  kind: z.enum(['ollama', 'openai']),
  url: z.url({ protocol: /^https?$/ }),
  model: z.string().optional(),
  /** Sent as bearer token by `openai` backends. */
  apiKey: z.string().optional(),
  /** Calls at the same time. */
  concurrency: z.number().int().min(1).max(256).default(2),
  /** Calls that may begin within one minute; absent = no bound. */
  perMinute: z.number().int().min(1).max(100_000).optional(),
})
export type Backend = z.infer<typeof Backend>

export const SecondGuard = Backend.omit({ concurrency: true, perMinute: true }).extend({
  model: z.string(),
  /** Without a verdict by then, that of the rules holds. */
  deadlineMs: Milliseconds.default(2_000),
})
export type SecondGuard = z.infer<typeof SecondGuard>

export const PROFILES = ['standard', 'llm', 'linux', 'windows', 'ics', 'medical', 'web', 'mini', 'tarpit', 'everything'] as const

/** `postgresql://user:password@host:5432/database` */
const PostgresUrl = z.string().superRefine((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const cure = 'write postgresql://USER:PASSWORD@HOST:5432/DATABASE; %40 stands for an @ in the password'
  const refuse = (message: string) => context.addIssue({ code: 'custom', message, params: { cure }, input: undefined })
  if (!url || !/^postgres(ql)?:$/.test(url.protocol)) refuse('is no address of a PostgreSQL server')
  else if (!url.hostname) refuse('names no host')
  else if (!/^\/[^/]+$/.test(url.pathname)) refuse('names no database')
})

/** Everything of sundew.yaml with its defaults. The commented file in the project's root is checked against it by a test. */
export const Settings = z.strictObject({
  sensor: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,64}$/)
    .default('sundew'),
  profile: z.enum(PROFILES).default('standard'),
  data: z.string().default('data'),
  /** Folder with one sub-folder a persona. */
  prompts: z.string().default('prompts'),
  /** Persona of every lure that names none. */
  persona: z.string().default('debian-web'),
  listen: z
    .strictObject({
      host: z.string().default('127.0.0.1'),
      /** Added to every standard port. 0 serves the real ports. */
      offset: z.number().int().min(0).max(40000).default(10000),
      /** Addresses whose PROXY protocol header is believed. */
      trustedProxies: z.array(z.string()).default([]),
    })
    .prefault({}),
  lures: z.array(LureEntry).default([]),
  llm: z
    .strictObject({
      enabled: z.boolean().default(true),
      model: z.string().default('qwen3:4b-instruct'),
      backends: z.array(Backend).default([{ kind: 'ollama', url: 'http://127.0.0.1:11434', concurrency: 2 }]),
      deadlineMs: Milliseconds.default(12_000),
      /** Questions that may wait for a free backend; more get the built-in answer at once. */
      queue: z.number().int().min(0).default(64),
      /** Ask a second idle backend too when the first has not answered after this long; the first answer wins. */
      hedgeMs: Milliseconds.optional(),
      cache: z
        .strictObject({
          memoryMiB: z.number().positive().default(16),
          diskMiB: z.number().positive().default(256),
          ttlHours: z
            .number()
            .positive()
            .default(24 * 30),
          /** How long a question that no good answer could be had for goes to the built-in engine straight away. */
          negativeMinutes: z.number().positive().default(10),
        })
        .prefault({}),
      /** What may be spent on answers; past it the built-in engine answers. Tokens of prompt and answer; absent = no bound. */
      budget: z
        .strictObject({
          /** Per source address and hour. */
          source: Tokens.default(300_000),
          /** Per /24 (IPv4) or /48 (IPv6) and hour. */
          network: Tokens.default(900_000),
          session: Tokens.default(300_000),
          /** Of all sources together per hour. */
          hour: Tokens.default(3_000_000),
          /** Since the data folder was made. */
          total: Tokens.optional(),
          /** Money by the price table, in its currency. */
          spend: z.strictObject({ hour: z.number().positive().optional(), total: z.number().positive().optional() }).prefault({}),
          /** Model → price of a million tokens. A model that is not in it is free. */
          prices: z.record(z.string(), z.strictObject({ input: z.number().min(0), output: z.number().min(0) })).default({}),
          /** Model that answers a source from four fifths of a bound on. */
          smallModel: z.string().optional(),
        })
        .prefault({}),
      /** Answers that are made while nobody needs the model, to what several sessions asked before. */
      ahead: z
        .strictObject({
          /** 0 switches it off. */
          tokensPerHour: z.number().int().min(0).default(60_000),
          /** Only what so many sessions asked. */
          sessions: z.number().int().min(1).default(2),
          everySeconds: z.number().positive().default(30),
        })
        .prefault({}),
      breaker: z.strictObject({ failures: z.number().int().min(1).default(3), pauseMs: Milliseconds.default(15_000) }).prefault({}),
      /** A second model that looks at what the rules have passed. Absent = the rules alone decide. */
      secondGuard: SecondGuard.optional(),
    })
    .prefault({}),
  limits: z
    .strictObject({
      connections: z.number().int().min(1).default(4096),
      connectionsPerSource: z.number().int().min(1).default(64),
      visitMs: Milliseconds.default(3_600_000),
      idleMs: Milliseconds.default(300_000),
      bytesIn: Bytes.default(128 * 1024 * 1024),
      bytesOut: Bytes.default(256 * 1024 * 1024),
      artifactBytes: Bytes.default(64 * 1024 * 1024),
      artifactsPerSource: z.number().int().min(1).default(1000),
    })
    .prefault({}),
  /** The reply governor: what may leave over UDP, so that nobody can be flooded through us. */
  udp: z
    .strictObject({
      answersPerMinute: z.number().int().min(0).default(3),
      answersPerHour: z.number().int().min(0).default(10),
      /** The same for the /24 (IPv4) or /48 (IPv6) around a source. */
      networkAnswersPerMinute: z.number().int().min(0).default(6),
      networkAnswersPerHour: z.number().int().min(0).default(30),
      /** Over all sources and lures together. */
      totalAnswersPerSecond: z.number().min(0).default(20),
      totalBytesPerSecond: z.number().min(0).default(8000),
      largestAnswer: Bytes.default(1200),
      /** Packets of one source within a minute that make a flood: from then on they are counted, not listed. */
      floodPackets: z.number().int().min(2).default(20),
      /** Govern loopback sources too. Off: nobody else can be reached over loopback, and trying out real clients needs more. */
      governLoopback: z.boolean().default(false),
    })
    .prefault({}),
  /** `store: postgresql://…` is short for its `url`. */
  store: z.preprocess(
    (value) => (typeof value === 'string' ? { url: value } : value),
    z
      .strictObject({
        /** PostgreSQL instead of `events.db` in the data folder. A password may be in PGPASSWORD. */
        url: PostgresUrl.optional(),
        flushMs: z.number().int().min(1).max(50).default(25),
        retainDays: z.number().positive().default(90),
        retainGiB: z.number().positive().default(20),
      })
      .prefault({}),
  ),
  /** The operator's pages and API. Not a lure: it needs a login, and should be reached by nobody but operators. */
  console: z
    .strictObject({
      enabled: z.boolean().default(true),
      host: z.string().default('127.0.0.1'),
      port: Port.default(64297),
      /** Set when a proxy serves the console over HTTPS: browsers then send the cookie over nothing else. */
      secureCookies: z.boolean().default(false),
      /** How long a browser stays logged in. */
      loginHours: z.number().positive().default(12),
    })
    .prefault({}),
  /** Who is told of what, and who is never told of. */
  alerts: Alerts.prefault({}),
  lab: z
    .strictObject({
      /** Gates to production by persona. One that stands here is not to be changed at the console or the command line. */
      gates: z.record(z.string(), PromptGate).default({}),
    })
    .prefault({}),
  /** What operators may ask of others about what was captured; only when they ask for it, and hashes only. */
  lookups: z
    .strictObject({
      virusTotal: z.strictObject({ url: z.url().default('https://www.virustotal.com/api/v3'), key: z.string().default('') }).prefault({}),
    })
    .prefault({}),
  /** Where events go besides the store; docs/outputs.md. */
  outputs: z.array(OutputEntry).default([]),
  /** Only `sundew broker` reads it. */
  broker: Broker.prefault({}),
  /** Prometheus text at `/metrics` of a port of its own; the console has it too, behind its login. */
  metrics: z
    .strictObject({ enabled: z.boolean().default(false), host: z.string().default('127.0.0.1'), port: Port.default(64296) })
    .prefault({}),
  log: z.strictObject({ level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info') }).prefault({}),
})
export type Settings = z.infer<typeof Settings>
