import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { Identity } from '../../src/config/identity.ts'
import { loadPersona } from '../../src/config/personas.ts'
import { Settings } from '../../src/config/schema.ts'
import type { SundewEvent } from '../../src/events/schema.ts'
import { uuid7 } from '../../src/events/uuid7.ts'
import { Lab } from '../../src/lab/lab.ts'
import { openStores, type Stores } from '../../src/store/open.ts'
import { sampleEvent } from '../store/sample-events.ts'

export const silent = pino({ level: 'silent' })

/** A lab over stores and a prompts folder of its own. */
export class LabUnderTest {
  readonly folder = mkdtempSync(join(tmpdir(), 'sundew-lab-'))
  readonly prompts = join(this.folder, 'prompts')
  readonly identity = new Identity(Buffer.alloc(32, 7))
  readonly settings: Settings
  readonly stores: Stores
  readonly lab: Lab

  constructor(backend = 'http://127.0.0.1:9') {
    cpSync('prompts/debian-web', join(this.prompts, 'debian-web'), { recursive: true })
    this.settings = Settings.parse({
      data: join(this.folder, 'data'),
      prompts: this.prompts,
      llm: { model: 'small', backends: [{ kind: 'ollama', url: backend, concurrency: 2 }] },
    })
    this.stores = openStores(this.settings, silent)
    this.lab = this.open()
  }

  /** A second lab over the same folders, as another process has it. */
  open(): Lab {
    const { settings, identity, stores } = this
    return new Lab({
      settings,
      identity,
      log: silent,
      state: stores.state,
      store: () => stores.events,
      persona: (name) => loadPersona(this.prompts, name, identity),
    })
  }

  async keep(...events: SundewEvent[]): Promise<void> {
    for (const event of events) this.stores.events.append(event)
    await this.stores.events.flush()
  }

  /** A session of commands that a model answered; the ids of its turns. */
  async session(turns: readonly TurnSeed[], at: { session?: string; srcIp?: string } = {}): Promise<{ session: string; events: string[] }> {
    const session = at.session ?? uuid7()
    const about = { session, lure: 'ssh', persona: 'debian-web', srcIp: at.srcIp ?? '203.0.113.8', dstPort: 22 }
    const events = turns.map((seed) => sampleEvent({ ...about, type: 'turn', data: turnData(seed) }))
    await this.keep(sampleEvent({ ...about, type: 'session.open', data: {} }), ...events)
    return { session, events: events.map(({ id }) => id) }
  }

  async close(): Promise<void> {
    await this.stores.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export interface TurnSeed {
  input: string
  output?: string
  source?: string
  version?: string
  guard?: string[]
  totalMs?: number
}

function turnData({ input, output = '', source = 'llm', version = 'v', guard, totalMs = 900 }: TurnSeed): Record<string, unknown> {
  const generation = {
    persona: 'debian-web',
    promptVersion: version,
    model: 'small',
    totalMs,
    question: { kind: 'shell', key: input },
    ...(guard && { guard }),
  }
  return {
    kind: 'shell',
    input,
    output,
    source,
    exitCode: 0,
    durationMs: totalMs,
    detail: { cwd: '/root', user: 'root', tty: 'pts/0' },
    ...(source === 'static' ? {} : { generation }),
  }
}
