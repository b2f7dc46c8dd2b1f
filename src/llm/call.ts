import { type BackendAnswer, BackendError, type BackendRequest, type BackendTrouble } from './backend.ts'
import type { Lease } from './pool.ts'

/** Reason of an abort: nobody is there any more who waits in time. Distinguishes a slow backend from an attacker who left. */
export const DEADLINE = Symbol('deadline')

/** Troubles that trying again soon cannot cure. */
const GRAVE: ReadonlySet<BackendTrouble> = new Set(['model-missing', 'unauthorised'])
/** Troubles of the question, not of the backend. */
const OF_THE_QUESTION: ReadonlySet<BackendTrouble> = new Set(['context', 'too-long'])

export interface CallMade {
  lease: Lease
  answer: BackendAnswer
}

/**
 * Makes one call and gives its lease back the right way.
 * @param patienceMs a call that was cancelled at the deadline before this long says nothing about the backend
 * @throws BackendError
 */
export async function makeCall(
  lease: Lease,
  request: Omit<BackendRequest, 'model'>,
  patienceMs: number,
  signal: AbortSignal,
): Promise<CallMade> {
  const started = performance.now()
  try {
    const answer = await lease.backend.generate({ ...request, model: lease.model }, signal)
    lease.succeeded()
    return { lease, answer }
  } catch (error) {
    const failure = error instanceof BackendError ? error : new BackendError('broken', String(error))
    const ranMs = performance.now() - started
    if (OF_THE_QUESTION.has(failure.trouble)) lease.succeeded()
    else if (failure.trouble !== 'cancelled') lease.failed(advice(failure, lease), GRAVE.has(failure.trouble))
    else if (signal.reason === DEADLINE && ranMs >= patienceMs) lease.failed(`no answer within ${Math.round(ranMs)} ms`, false)
    else lease.cancelled()
    throw failure
  }
}

function advice(failure: BackendError, lease: Lease): string {
  if (failure.trouble === 'model-missing') return `${failure.message}; cure: ${lease.backend.pullCommand(lease.model)}`
  return failure.message
}

/**
 * The same, and when no answer has come after `hedgeMs`, asks a second backend as well. The first good answer wins, the
 * other call is cancelled.
 * @param second gives the second backend's lease, or undefined when there is none to spare
 */
export function makeHedgedCall(
  first: Lease,
  second: () => Lease | undefined,
  hedgeMs: number,
  request: Omit<BackendRequest, 'model'>,
  patienceMs: number,
  signal: AbortSignal,
): Promise<CallMade> {
  return new Promise((resolve, reject) => {
    const rivals = new AbortController()
    const either = AbortSignal.any([signal, rivals.signal])
    let running = 0
    const run = (lease: Lease) => {
      running++
      makeCall(lease, request, patienceMs, either).then(
        (made) => {
          clearTimeout(timer)
          resolve(made)
          rivals.abort()
        },
        (error: unknown) => {
          running--
          if (running > 0) return
          clearTimeout(timer)
          reject(error)
        },
      )
    }
    const timer = setTimeout(() => {
      const lease = second()
      if (lease) run(lease)
    }, hedgeMs)
    run(first)
  })
}
