import { type BackendAnswer, BackendError, type BackendRequest, type BackendTrouble } from './backend.ts'
import type { Lease } from './pool.ts'

/** Reason of an abort: nobody is there any more who waits in time. Distinguishes a slow backend from an attacker who left. */
export const DEADLINE = Symbol('deadline')

/** Share of the deadline that a call must have run before a timeout counts against its backend. */
export const PATIENCE = 0.5
/** Deadlines after which an answer counts against its backend: above one, as a busy machine of ours adds some of its own. */
const LATENESS = 1.5

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
 * @param onText told all that was written so far, whenever there is more
 * @throws BackendError
 */
export async function makeCall(
  lease: Lease,
  request: Omit<BackendRequest, 'model'>,
  patienceMs: number,
  signal: AbortSignal,
  onText?: (written: string) => void,
): Promise<CallMade> {
  const started = performance.now()
  try {
    const answer = await lease.backend.generate({ ...request, model: lease.model }, signal, onText)
    const ranMs = performance.now() - started
    // It is of use, and it came too late for whoever asked: a server that is always late must not be waited for each time.
    if (ranMs > (patienceMs / PATIENCE) * LATENESS) lease.late(`answered after ${Math.round(ranMs)} ms, later than the deadline`)
    else lease.succeeded()
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
 * The same, and when no answer has come after `hedgeMs`, asks a second backend as well. The first good answer wins, or the
 * first that begins to be shown; the other call is cancelled.
 * @param watch makes what each call tells its text to; true when something of it was shown
 * @param second gives the second backend's lease, or undefined when there is none to spare
 */
export function makeHedgedCall(
  first: Lease,
  second: () => Lease | undefined,
  hedgeMs: number,
  request: Omit<BackendRequest, 'model'>,
  patienceMs: number,
  signal: AbortSignal,
  watch: () => (written: string) => boolean,
): Promise<CallMade> {
  return new Promise((resolve, reject) => {
    const rivals = new Set<AbortController>()
    let running = 0
    const run = (lease: Lease) => {
      running++
      const stop = new AbortController()
      rivals.add(stop)
      const wins = () => {
        clearTimeout(timer)
        rivals.delete(stop)
        for (const rival of rivals) rival.abort()
      }
      const told = watch()
      const onText = (written: string) => {
        if (!stop.signal.aborted && told(written)) wins()
      }
      makeCall(lease, request, patienceMs, AbortSignal.any([signal, stop.signal]), onText).then(
        (made) => {
          wins()
          resolve(made)
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
