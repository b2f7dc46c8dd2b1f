import { Identity } from '../../src/config/identity.ts'
import type { Persona } from '../../src/config/persona.ts'
import { loadPersona } from '../../src/config/personas.ts'
import type { Recorder } from '../../src/events/recorder.ts'
import type { Host, SpawnRequest } from '../../src/host/contract.ts'
import { createHosts } from '../../src/host/hosts.ts'
import type { Engine } from '../../src/llm/question.ts'
import type { StateStore } from '../../src/store/contract.ts'

/** A recorder that keeps all in a list. */
export class ListRecorder implements Recorder {
  readonly session = '01890000-0000-7000-8000-000000000000'
  readonly events: { type: string; data: Record<string, unknown> }[] = []
  readonly captured: { bytes: Buffer; name: string; how: string }[] = []

  record(type: string, data: unknown): void {
    this.events.push({ type, data: data as Record<string, unknown> })
  }

  capture(bytes: Uint8Array, detail: { name?: unknown; how: string }) {
    this.captured.push({ bytes: Buffer.from(bytes), name: String(detail.name ?? ''), how: detail.how })
    return { sha256: '0'.repeat(64), sha1: '0'.repeat(40), md5: '0'.repeat(32), size: bytes.length, truncated: false, magic: 'data' }
  }

  of(type: string): Record<string, unknown>[] {
    return this.events.filter((event) => event.type === type).map((event) => event.data)
  }
}

/** A state store in memory. */
export class MemoryState implements StateStore {
  readonly scopes = new Map<string, Map<string, { value: Buffer; updatedAt: number }>>()

  get(scope: string, key: string): Buffer | undefined {
    return this.scopes.get(scope)?.get(key)?.value
  }

  set(scope: string, key: string, value: Uint8Array | string): void {
    const entries = this.scopes.get(scope) ?? new Map()
    this.scopes.set(scope, entries)
    entries.set(key, { value: Buffer.from(value as Uint8Array), updatedAt: Date.now() })
  }

  delete(scope: string, key: string): void {
    this.scopes.get(scope)?.delete(key)
  }

  clear(scope: string): void {
    this.scopes.delete(scope)
  }

  *entries(scope: string): Iterable<{ key: string; value: Buffer; updatedAt: number }> {
    for (const [key, entry] of this.scopes.get(scope) ?? []) yield { key, ...entry }
  }
}

/** An engine without a model: every question gets its fallback. */
export const noModel: Engine = {
  async ask(question) {
    return { value: question.fallback(), source: 'fallback', generation: {} }
  },
  state: () => ({ enabled: false, backends: [], asked: 0, cacheHits: 0, shared: 0, generated: 0, fallbacks: 0, queued: 0 }),
}

export interface TestHost {
  host: Host
  persona: Persona
  recorder: ListRecorder
  state: MemoryState
  /** Runs a command as `ssh user@host COMMAND` does. */
  run(
    command: string,
    options?: { user?: string; stdin?: string | Uint8Array },
  ): Promise<{ stdout: string; stderr: string; exitCode: number }>
  request(command?: string, user?: string): SpawnRequest
  /** Ends all hosts, which keeps what they have to remember. */
  close(): void
}

export interface HostOptions {
  engine?: Engine
  state?: MemoryState
  now?: () => number
  persona?: Persona
  sourceIp?: string
}

export const testIdentity = new Identity(Buffer.alloc(32, 7))

/** A host of one of the personas in prompts/, for one source. */
export function makeHost(persona = 'debian-web', options: HostOptions = {}): TestHost {
  const loaded = options.persona ?? loadPersona('prompts', persona, testIdentity)
  const state = options.state ?? new MemoryState()
  const sourceIp = options.sourceIp ?? '198.51.100.7'
  const hosts = createHosts({ identity: testIdentity, engine: options.engine ?? noModel, state, ...(options.now && { now: options.now }) })
  const host = hosts.of(loaded, sourceIp)
  const recorder = new ListRecorder()
  const request = (command?: string, user = 'root'): SpawnRequest => ({
    user,
    ...(command !== undefined && { command }),
    remote: { ip: sourceIp, port: 50122 },
    local: { ip: '10.20.0.14', port: 22 },
    via: 'sshd',
    recorder,
  })
  const run: TestHost['run'] = async (command, { user = 'root', stdin } = {}) => {
    const process = host.spawn(request(command, user))
    if (stdin !== undefined) process.stdin.write(Buffer.from(stdin as string))
    process.stdin.end()
    const [stdout, stderr, status] = await Promise.all([collect(process.stdout), collect(process.stderr), process.exited])
    return { stdout, stderr, exitCode: status.code }
  }
  return { host, persona: loaded, recorder, state, run, request, close: () => hosts.close() }
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const part of source) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}
