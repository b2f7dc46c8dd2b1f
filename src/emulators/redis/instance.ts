import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import type { RedisClient } from './client.ts'
import { Database, type KeyspaceBudget, KeyspaceMeter } from './database.ts'
import { seedDataset } from './dataset.ts'
import type { Profile } from './profiles.ts'

/** Facts of this server that are the same for everybody who looks, and after a restart. */
export interface ServerFacts {
  identity: Identity
  persona: Persona
  profile: Profile
  port: number
  password: string
  runId: string
  replicationId: string
  processId: number
  /** UTC milliseconds. */
  startedAt: number
}

export function serverFacts(identity: Identity, persona: Persona, profile: Profile, port: number, password: string): ServerFacts {
  const upDays = identity.integer('redis/up-days', 11, 160)
  const upSeconds = upDays * 86_400 + identity.integer('redis/up-seconds', 0, 86_399)
  return {
    identity,
    persona,
    profile,
    port,
    password,
    runId: identity.hex('redis/run-id', 20),
    replicationId: identity.hex('redis/replication-id', 20),
    processId: identity.integer('redis/pid', 480, 1900),
    startedAt: Number(identity.keep('redis.started-at', () => String(Date.now() - upSeconds * 1000))),
  }
}

export interface SlowCommand {
  id: number
  /** UTC seconds. */
  at: number
  microseconds: number
  args: string[]
  address: string
  clientName: string
}

export interface CommandCount {
  calls: number
  microseconds: number
  rejected: number
  failed: number
}

const SLOW_COMMANDS = 128
const SCRIPTS = 500
const SCRIPT_BYTES = 256 * 1024
const WRITTEN_FILES = 100

/**
 * The server as one source sees it. Attackers do not meet each other: what one deletes, changes or leaves behind is
 * there for itself alone, over all its connections.
 */
export class Instance {
  readonly facts: ServerFacts
  readonly meter: KeyspaceMeter
  readonly databases: readonly Database[]
  readonly config: Map<string, string>
  readonly clients = new Set<RedisClient>()
  readonly commandCounts = new Map<string, CommandCount>()
  readonly errorCounts = new Map<string, number>()
  readonly slowCommands: SlowCommand[] = []
  /** Lua scripts by their SHA-1. */
  readonly scripts = new Map<string, string>()
  /** Names of the users made with ACL SETUSER, with their rules. */
  readonly users = new Map<string, string>()
  /** Loaded modules, name → path. */
  readonly modules = new Map<string, string>()
  /** Files that dumps went to, so that MODULE LOAD finds them. */
  readonly written = new Set<string>()
  /** The master that SLAVEOF named. It is never dialled, so the link stays down. */
  master: { host: string; port: number; since: number } | undefined
  replicationOffset = 0
  hasBacklog = false
  /** Database that the stream to the replicas last selected. */
  streamDatabase: number | undefined
  connections = 0
  commands = 0
  bytesIn = 0
  bytesOut = 0
  hits = 0
  misses = 0
  errors = 0
  changes = 0
  /** UTC milliseconds of the latest BGSAVE. */
  backgroundSaveAt = 0
  saves = 0
  fullSyncs = 0
  /** UTC seconds. */
  lastSave: number
  #slowIds = 0
  #scriptBytes = 0
  readonly #waiting = new Set<() => void>()

  constructor(facts: ServerFacts, budget: KeyspaceBudget) {
    this.facts = facts
    this.meter = new KeyspaceMeter(() => this.databases, budget)
    this.databases = Array.from({ length: 16 }, () => new Database(this.meter))
    this.config = new Map(Object.entries(facts.profile.release.config))
    this.config.set('port', String(facts.port))
    this.config.set('requirepass', facts.password)
    if (facts.profile.release.major >= 7) {
      this.config.set('enable-protected-configs', facts.profile.protectedConfigs ? 'yes' : 'no')
      this.config.set('enable-module-command', facts.profile.moduleCommand ? 'yes' : 'no')
    }
    this.lastSave = Math.floor(Date.now() / 1000) - facts.identity.integer('redis/last-save', 60, 890)
    seedDataset(this.databases[0] as Database, facts.identity, facts.persona)
  }

  /** Resolves at the next write to a list or sorted set, for those who block on one. */
  nextWrite(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve))
  }

  /** Wakes who blocks. */
  wrote(): void {
    this.changes++
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }

  /** Keeps a script for EVALSHA; the oldest make room. */
  keepScript(sha1: string, text: string): void {
    if (this.scripts.has(sha1) || text.length > SCRIPT_BYTES) return
    this.scripts.set(sha1, text)
    this.#scriptBytes += text.length
    for (const [oldest, old] of this.scripts) {
      if (this.#scriptBytes <= SCRIPT_BYTES && this.scripts.size <= SCRIPTS) return
      this.scripts.delete(oldest)
      this.#scriptBytes -= old.length
    }
  }

  forgetScripts(): void {
    this.scripts.clear()
    this.#scriptBytes = 0
  }

  /** Notes where a dump went. */
  noteWritten(path: string): void {
    if (this.written.size < WRITTEN_FILES) this.written.add(path)
  }

  noteSlow(slow: Omit<SlowCommand, 'id'>): void {
    this.slowCommands.unshift({ ...slow, id: this.#slowIds++ })
    if (this.slowCommands.length > SLOW_COMMANDS) this.slowCommands.pop()
  }

  /** Where the next dump goes. */
  dumpPath(): string {
    const dir = (this.config.get('dir') ?? '').replace(/\/{1,8}$/, '')
    return `${dir}/${this.config.get('dbfilename')}`
  }
}
