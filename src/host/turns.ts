import { evidence } from '../events/bytes.ts'
import type { SessionContext } from './process/kernel-process.ts'
import { toBytes } from './text.ts'

/** Output of a turn that its event keeps; the rest is counted. */
const KEPT_OUTPUT = 64 * 1024
/** Turns that a question to the engine looks back on, and what it sees of each. */
const REMEMBERED_TURNS = 12
const REMEMBERED_OUTPUT = 2000

/** Collects bytes up to a bound and counts all of them. */
class Bounded {
  readonly #parts: Uint8Array[] = []
  #kept = 0
  bytes = 0

  add(chunk: Uint8Array): void {
    this.bytes += chunk.length
    const room = KEPT_OUTPUT - this.#kept
    if (room <= 0) return
    const part = chunk.subarray(0, room)
    this.#parts.push(Uint8Array.from(part))
    this.#kept += part.length
  }

  take(): Buffer {
    return Buffer.concat(this.#parts)
  }
}

/** One line of an attacker and what came back, from the moment it was sent. */
export class Turn {
  readonly #session: SessionContext
  readonly #input: string
  readonly #detail: { cwd: string; user: string; tty: string | undefined }
  readonly #startedAt = performance.now()
  readonly #output = new Bounded()
  readonly #errors = new Bounded()

  constructor(session: SessionContext, input: string, detail: { cwd: string; user: string; tty: string | undefined }) {
    this.#session = session
    this.#input = input
    this.#detail = detail
    session.answered = undefined
  }

  output(bytes: Uint8Array): void {
    this.#output.add(bytes)
  }

  errors(bytes: Uint8Array): void {
    this.#errors.add(bytes)
  }

  /** Writes the turn down. */
  end(exitCode: number): void {
    const output = this.#output.take()
    const stderr = this.#errors.take()
    const { answered } = this.#session
    const { cwd, user, tty } = this.#detail
    this.#session.recorder.record('turn', {
      input: evidence(toBytes(this.#input)),
      output: evidence(output),
      ...(this.#output.bytes > KEPT_OUTPUT && { outputBytes: this.#output.bytes }),
      ...(stderr.length > 0 && { stderr: evidence(stderr) }),
      source: answered?.source ?? 'static',
      ...(answered && { generation: answered.generation }),
      exitCode,
      durationMs: Math.round(performance.now() - this.#startedAt),
      kind: 'shell',
      detail: { cwd, user, ...(tty !== undefined && { tty }) },
    })
    this.#remember(output, stderr)
    this.#session.answered = undefined
  }

  #remember(output: Buffer, stderr: Buffer): void {
    const { history } = this.#session
    const shown = Buffer.concat([output, stderr]).toString('utf8').slice(0, REMEMBERED_OUTPUT)
    history.push({ input: this.#input.slice(0, REMEMBERED_OUTPUT), output: shown })
    if (history.length > REMEMBERED_TURNS) history.shift()
  }
}
