import { raise } from './types.ts'
import { Call, type Raised, Resume, type Steps, Yielded } from './value.ts'

interface Level {
  steps: Steps<unknown>
  /** A generator's body: what it yields goes to who resumed it. */
  isGenerator: boolean
}

/** How long a method may run that is called where nothing can wait. */
const MOST_SHORT_MS = 20

type Turn = { kind: 'done'; value: unknown } | { kind: 'wait'; for: unknown }

/** The stack of Python's calls, kept apart from ours. */
class Stack {
  readonly #levels: Level[] = []
  #sent: unknown
  #error: { value: unknown } | undefined

  constructor(root: Steps<unknown>) {
    this.#levels.push({ steps: root, isGenerator: false })
  }

  send(value: unknown): void {
    this.#sent = value
  }

  fail(error: unknown): void {
    this.#error = { value: error }
  }

  /** Goes on until something must be waited for or all is done. @throws what nobody caught */
  advance(): Turn {
    for (;;) {
      const top = this.#levels.at(-1) as Level
      let turn: IteratorResult<unknown, unknown>
      const error = this.#error
      this.#error = undefined
      try {
        turn = error ? top.steps.throw(error.value) : top.steps.next(this.#sent)
      } catch (thrown) {
        this.#levels.pop()
        if (this.#levels.length === 0) throw thrown
        this.#error = { value: thrown }
        continue
      }
      if (turn.done) {
        this.#levels.pop()
        if (this.#levels.length === 0) return { kind: 'done', value: turn.value }
        this.#sent = top.isGenerator ? { done: true, value: turn.value ?? null } : turn.value
        continue
      }
      const wanted = turn.value
      if (wanted instanceof Call) {
        this.#levels.push({ steps: wanted.steps, isGenerator: false })
        this.#sent = undefined
      } else if (wanted instanceof Resume) this.#resume(wanted)
      else if (wanted instanceof Yielded) {
        this.#levels.pop()
        this.#sent = { done: false, value: wanted.value }
      } else return { kind: 'wait', for: wanted }
    }
  }

  #resume({ body, sent, thrown }: Resume): void {
    this.#levels.push({ steps: body, isGenerator: true })
    if (thrown) this.#error = { value: thrown satisfies Raised }
    else this.#sent = sent
  }
}

/** Runs steps to their end, waiting for what they hand out. @throws what nobody caught */
export async function drive(root: Steps<unknown>): Promise<unknown> {
  const stack = new Stack(root)
  for (;;) {
    const turn = stack.advance()
    if (turn.kind === 'done') return turn.value
    try {
      stack.send(await turn.for)
    } catch (error) {
      stack.fail(error)
    }
  }
}

/** Runs steps that nobody can wait for; pauses are left out, and who takes too many is stopped. @throws Raised RuntimeError */
export function runShortly(root: Steps<unknown>): unknown {
  const stack = new Stack(root)
  const end = performance.now() + MOST_SHORT_MS
  for (;;) {
    const turn = stack.advance()
    if (turn.kind === 'done') return turn.value
    // The turn that is left out ends with the process, which nobody waits for here.
    if (turn.for instanceof Promise) turn.for.catch(() => undefined)
    if (performance.now() > end) throw raise('RecursionError', 'maximum recursion depth exceeded in comparison')
    stack.send(undefined)
  }
}
