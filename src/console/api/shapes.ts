import { z } from 'zod'
import { SensorState } from '../../analysis/sensors.ts'
import { AnswerSource, Artifact, Generation } from '../../events/schema.ts'
import { Role } from '../accounts/accounts.ts'

/** What the API answers with. The pages take their types from here, OpenAPI its schemas. Times are UTC milliseconds. */

export const Problem = z.object({
  message: z.string(),
  /** Character of a query that is wrong. */
  at: z.number().optional(),
})
export const Done = z.object({ done: z.literal(true) })

export const Me = z.object({ account: z.string(), role: Role, csrf: z.string().optional(), sensor: z.string(), version: z.string() })
export const AccountShape = z.object({ name: z.string(), role: Role, createdAt: z.number() })
export const TokenShape = z.object({
  id: z.number(),
  name: z.string(),
  role: Role,
  account: z.string(),
  createdAt: z.number(),
  usedAt: z.number().optional(),
})
export const AuditShape = z.object({ time: z.number(), account: z.string(), address: z.string(), action: z.string(), detail: z.string() })

export const PeriodShape = z.object({ since: z.number(), until: z.number() })

/** A value of a field, how often it was seen, and whether never before the period. */
export const Counted = z.object({
  value: z.string(),
  count: z.number(),
  firstSeen: z.number(),
  lastSeen: z.number(),
  isNew: z.boolean(),
  country: z.string().optional(),
})
export const Facet = z.object({ value: z.string(), count: z.number() })
export const Slot = z.object({ start: z.number(), counts: z.record(z.string(), z.number()) })

export const Figure = z.object({ now: z.number(), before: z.number() })
export const Overview = z.object({
  period: PeriodShape,
  before: PeriodShape,
  figures: z.object({
    events: Figure,
    sources: Figure,
    sessions: Figure,
    /** Campaigns of two sessions and more that were first seen then. */
    newCampaigns: Figure,
    modelAnswers: Figure,
    /** Median of a model's answers in milliseconds, 0 when there were none. */
    latencyMs: Figure,
  }),
  lures: z.array(Slot),
  top: z.object({
    lure: z.array(Counted),
    input: z.array(Counted),
    request: z.array(Counted),
    credential: z.array(Counted),
    src_ip: z.array(Counted),
    country: z.array(Counted),
    asn: z.array(Counted),
    port: z.array(Counted),
    source: z.array(Counted),
  }),
  geo: z.array(z.object({ name: z.string(), type: z.string(), builtAt: z.number() })),
})
export type Overview = z.infer<typeof Overview>

export const SessionRow = z.object({
  session: z.string(),
  sensor: z.string(),
  lure: z.string(),
  standsFor: z.array(z.string()),
  persona: z.string().optional(),
  srcIp: z.string(),
  srcPort: z.number(),
  dstPort: z.number(),
  country: z.string().optional(),
  asn: z.string().optional(),
  startedAt: z.number(),
  endedAt: z.number().optional(),
  events: z.number(),
  turns: z.number(),
  logins: z.number(),
  credential: z.string().optional(),
  artifacts: z.number(),
  tags: z.array(z.string()),
  signature: z.string().optional(),
  lastInput: z.string().optional(),
  answers: z.record(z.string(), z.number()),
})
export type SessionRow = z.infer<typeof SessionRow>

export const Step = z.object({
  event: z.string(),
  time: z.number(),
  kind: z.string(),
  input: z.string(),
  output: z.string(),
  stderr: z.string().optional(),
  outputBytes: z.number().optional(),
  exitCode: z.number().optional(),
  durationMs: z.number().optional(),
  source: AnswerSource.optional(),
  generation: Generation.optional(),
  detail: z.record(z.string(), z.unknown()).optional(),
  tags: z.array(z.string()).optional(),
})
export type Step = z.infer<typeof Step>

export const ArtifactRow = Artifact.partial().extend({
  sha256: z.string(),
  count: z.number(),
  firstSeen: z.number(),
  lastSeen: z.number(),
  /** Whether its bytes are here. */
  kept: z.boolean(),
})
export type ArtifactRow = z.infer<typeof ArtifactRow>

export const SessionDetail = z.object({
  session: SessionRow,
  facts: z.array(z.object({ field: z.string(), value: z.string(), count: z.number() })),
  /** Recordings of its terminals and exec requests, in order. */
  recordings: z.array(z.object({ durationMs: z.number(), outputBytes: z.number() })),
  similar: z.array(SessionRow.extend({ shares: z.array(z.enum(['inputs', 'fingerprint', 'file'])) })),
  files: z.array(ArtifactRow),
  techniques: z.array(z.object({ id: z.string(), name: z.string() })),
  campaign: z.string().optional(),
})
export type SessionDetail = z.infer<typeof SessionDetail>

export const CampaignShape = z.object({
  id: z.string(),
  signatures: z.array(z.string()),
  fingerprints: z.array(z.string()),
  artifacts: z.array(z.string()),
  lures: z.array(z.string()),
  sessions: z.number(),
  sources: z.number(),
  turns: z.number(),
  firstSeen: z.number(),
  lastSeen: z.number(),
  sample: z.string(),
  /** What its sample typed last. */
  lastInput: z.string().optional(),
  isNew: z.boolean(),
})
export type CampaignShape = z.infer<typeof CampaignShape>

export const SourceDetail = z.object({
  ip: z.string(),
  country: z.string().optional(),
  asn: z.string().optional(),
  firstSeen: z.number(),
  lastSeen: z.number(),
  sessions: z.number(),
  /** Sessions by hour of the day (UTC), of those that are looked at. */
  hours: z.array(z.number()).length(24),
  facets: z.record(z.string(), z.array(Facet)),
  credentials: z.array(z.string()),
  latest: z.array(SessionRow),
})
export type SourceDetail = z.infer<typeof SourceDetail>

export const AttackMatrix = z.object({
  tactics: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      techniques: z.array(z.object({ id: z.string(), name: z.string(), count: z.number() })),
    }),
  ),
})
export type AttackMatrix = z.infer<typeof AttackMatrix>

export const LiveEvent = z.object({
  id: z.string(),
  time: z.number(),
  type: z.string(),
  lure: z.string().optional(),
  session: z.string().optional(),
  srcIp: z.string().optional(),
  dstPort: z.number().optional(),
  country: z.string().optional(),
  tags: z.array(z.string()).optional(),
  gist: z.string(),
})
export type LiveEvent = z.infer<typeof LiveEvent>

export const CheckShape = z.object({ part: z.string(), ok: z.boolean(), what: z.string(), cure: z.string() })

export const Health = z.object({
  running: z
    .object({
      pid: z.number(),
      version: z.string(),
      startedAt: z.number(),
      updatedAt: z.number(),
      memoryBytes: z.number(),
      ports: z.array(
        z
          .object({
            lure: z.string(),
            transport: z.string(),
            host: z.string(),
            port: z.number(),
            tls: z.boolean().optional(),
            persona: z.string(),
          })
          .loose(),
      ),
      engine: z.record(z.string(), z.unknown()),
      store: z.record(z.string(), z.unknown()),
      sensor: z.record(z.string(), z.unknown()),
      bus: z.record(z.string(), z.unknown()),
    })
    .optional(),
  counts: z.object({ events: z.number(), sessions: z.number(), sources: z.number(), deadLetters: z.number() }),
  geo: z.array(z.object({ name: z.string(), type: z.string(), builtAt: z.number() })),
  retain: z.object({ days: z.number(), gib: z.number() }),
})
export type Health = z.infer<typeof Health>

export const SensorShape = z.object({
  name: z.string(),
  state: SensorState,
  version: z.string().optional(),
  startedAt: z.number().optional(),
  firstSeen: z.number().optional(),
  lastSeen: z.number().optional(),
  events: z.number(),
  eventsOfDay: z.number(),
  behindMs: z.number(),
  lures: z.number().optional(),
  ports: z.number().optional(),
  connections: z.number().optional(),
  memoryBytes: z.number().optional(),
  trouble: z.string().optional(),
})
export type SensorShape = z.infer<typeof SensorShape>

export const RecognitionShape = z.object({
  prompt: z.string(),
  sessions: z.number(),
  medianInputs: z.number(),
  medianSeconds: z.number(),
  leftEarly: z.number(),
  checked: z.number(),
  guarded: z.number(),
  lastInputs: z.array(Facet),
})
export type RecognitionShape = z.infer<typeof RecognitionShape>

export const HoneytokenShape = z.object({
  persona: z.string(),
  file: z.string(),
  kind: z.string(),
  secret: z.string(),
  how: z.string(),
  value: z.string(),
  count: z.number(),
  firstSeen: z.number(),
  lastSeen: z.number(),
  mintedFor: z.string().optional(),
  usedBy: z.array(z.string()).optional(),
})

/** One that a source was shown. */
export const MintedShape = z.object({
  owner: z.string(),
  kind: z.string(),
  name: z.string(),
  place: z.string(),
  value: z.string(),
  mintedFor: z.string(),
  mintedAt: z.number(),
})

export const Honeytokens = z.object({
  /** Secrets that lie in the personas' files, the same for everybody. */
  planted: z.number(),
  /** How many were minted, and the newest of them. */
  minted: z.number(),
  newest: z.array(MintedShape),
  returns: z.array(HoneytokenShape),
})
export type Honeytokens = z.infer<typeof Honeytokens>

export const AlertShape = z.object({
  rule: z.string(),
  group: z.string(),
  count: z.number(),
  sessions: z.array(z.string()),
  time: z.number(),
})
export type AlertShape = z.infer<typeof AlertShape>

/** A rule of sundew.yaml, its spans in milliseconds. */
export const AlertRuleShape = z.object({
  name: z.string(),
  when: z.string(),
  count: z.number(),
  window: z.number(),
  group: z.string(),
  coolDown: z.number(),
  to: z.array(z.string()),
  enabled: z.boolean(),
})
export type AlertRuleShape = z.infer<typeof AlertRuleShape>

/** What VirusTotal knows of a hash. */
export const VerdictShape = z.object({
  known: z.boolean(),
  malicious: z.number().optional(),
  engines: z.number().optional(),
  label: z.string().optional(),
  page: z.string().optional(),
})
export type VerdictShape = z.infer<typeof VerdictShape>
