import { setTimeout as sleep } from 'node:timers/promises'
import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { evidenceText } from '../../events/bytes.ts'
import type { Recorder } from '../../events/recorder.ts'
import { coreEvents } from '../../events/schema.ts'
import type { Host, HostProcess, SpawnRequest } from '../../host/contract.ts'
import { createHosts } from '../../host/hosts.ts'
import type { Answer, Engine, Question } from '../../llm/question.ts'
import { MemoryState } from './memory-state.ts'
import type { Outcome } from './outcome.ts'
import type { RecordedTurn } from './recorded-turn.ts'

/** An address of nobody (RFC 5737): a rehearsal has no attacker. */
const ASKER = { ip: '192.0.2.1', port: 40_000 }
/** A command that waits for something (`sleep`, `tail -f`, `cat`) is broken off after this long, a model is waited for. */
const PATIENCE_MS = 2_000

type Played = Pick<Outcome, 'output' | 'stderr' | 'exitCode' | 'source' | 'generation'>

/**
 * A recorded session played again on a fresh machine of its persona, where nobody sees it. Earlier turns set the scene: what a
 * model answered then is answered again word for word. The turn in question goes to the given engine, and what its answer changes
 * on the machine is there to be looked at afterwards.
 */
export class Rehearsal {
  readonly #turn: RecordedTurn
  readonly #host: Host
  readonly #close: () => void
  readonly #recorder = new WaitingRecorder()
  readonly #request: SpawnRequest
  /** Answers what the machine cannot; changes with the scene. */
  #answering: Engine
  #questions = 0
  #shell: HostProcess | undefined

  constructor(turn: RecordedTurn, persona: Persona, identity: Identity) {
    this.#turn = turn
    this.#answering = silence
    const stage: Engine = {
      ask: (question) => {
        this.#questions++
        return this.#answering.ask(question).finally(() => this.#questions--)
      },
      state: () => this.#answering.state(),
    }
    const hosts = createHosts({ identity, engine: stage, state: new MemoryState() })
    this.#host = hosts.of(persona, ASKER.ip)
    this.#close = () => hosts.close()
    const address = persona.network.interfaces[0]?.address.split('/')[0] ?? '127.0.0.1'
    this.#request = { user: turn.user, remote: ASKER, local: { ip: address, port: 22 }, via: 'sshd', recorder: this.#recorder }
  }

  /** @param after commands that look at the state when the turn is over */
  async play(engine: Engine, after: readonly string[]): Promise<Outcome> {
    try {
      for (const earlier of this.#turn.earlier) {
        this.#answering = repeating(earlier)
        await this.#say(earlier.input, earlier.typed)
      }
      this.#answering = engine
      const played = await this.#say(this.#turn.input, this.#turn.typed)
      this.#answering = silence
      const seen: Record<string, string> = {}
      for (const command of after) seen[command] = (await this.#say(command, this.#turn.typed))?.output ?? ''
      return { ...(played ?? NOTHING), after: seen }
    } finally {
      this.#shell?.hangup()
      this.#close()
    }
  }

  async #say(input: string, typed: boolean): Promise<Played | undefined> {
    const turn = this.#recorder.next()
    const said = typed ? this.#terminal() : this.#host.spawn({ ...this.#request, command: input })
    if (typed) said.stdin.write(Buffer.from(`${input}\n`))
    else {
      said.stdin.end()
      void drain(said)
    }
    const inTime = await this.#patiently(turn)
    if (inTime) return inTime
    if (typed) said.stdin.write(Buffer.from('\x03'))
    else said.hangup()
    return this.#patiently(turn)
  }

  async #patiently(turn: Promise<Played>): Promise<Played | undefined> {
    for (;;) {
      const over = new AbortController()
      const waiting = sleep(PATIENCE_MS, undefined, { signal: over.signal }).catch(() => undefined)
      const played = await Promise.race([turn, waiting])
      over.abort()
      if (played || this.#questions === 0) return played ?? undefined
    }
  }

  #terminal(): HostProcess {
    if (this.#shell) return this.#shell
    const shell = this.#host.spawn({ ...this.#request, terminal: { term: 'xterm', columns: 200, rows: 50 } })
    void shell.exited.then(() => {
      if (this.#shell === shell) this.#shell = undefined
    })
    void drain(shell)
    this.#shell = shell
    return shell
  }
}

const NOTHING: Played = { output: '', stderr: '', exitCode: 255, source: 'fallback', generation: { trouble: 'the command did not end' } }

/** Without a model: every question gets the host's usual answer. */
const silence: Engine = {
  async ask<A>(question: Question<A>): Promise<Answer<A>> {
    return { value: question.fallback(), source: 'fallback', generation: {} }
  },
  state: () => ({ enabled: false, backends: [], asked: 0, cacheHits: 0, shared: 0, generated: 0, fallbacks: 0, queued: 0 }),
}

/** Says again what was said then, where that is of the form that is asked for. */
function repeating({ output, stderr, exitCode, source }: RecordedTurn['earlier'][number]): Engine {
  return {
    ...silence,
    async ask<A>(question: Question<A>): Promise<Answer<A>> {
      const before = { stdout: output.replaceAll('\r\n', '\n'), stderr, exitCode, operations: [] }
      const verdict = question.schema.safeParse(source === 'static' ? undefined : before)
      return { value: verdict.success ? verdict.data : question.fallback(), source: 'cache', generation: {} }
    },
  }
}

/** Hands out the next turn to whoever waits for it, and keeps nothing. */
class WaitingRecorder implements Recorder {
  readonly session = '00000000-0000-7000-8000-000000000000'
  #give: ((turn: Played) => void) | undefined

  next(): Promise<Played> {
    return new Promise((resolve) => {
      this.#give = resolve
    })
  }

  record(type: string, data: unknown): void {
    if (type !== 'turn') return
    const turn = coreEvents.turn.parse(data)
    this.#give?.({
      output: evidenceText(turn.output).replaceAll('\r\n', '\n'),
      stderr: turn.stderr === undefined ? '' : evidenceText(turn.stderr).replaceAll('\r\n', '\n'),
      exitCode: turn.exitCode ?? 0,
      source: turn.source,
      generation: turn.generation ?? {},
    })
  }

  capture(bytes: Uint8Array) {
    return { sha256: '0'.repeat(64), sha1: '0'.repeat(40), md5: '0'.repeat(32), size: bytes.length, truncated: false, magic: 'data' }
  }
}

async function drain({ stdout, stderr }: HostProcess): Promise<void> {
  const read = async (source: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const _ of source);
  }
  await Promise.all([read(stdout), read(stderr)])
}
