import type { WebResponse } from '../../http/index.ts'
import { VisitEnded } from '../../sensor/visit.ts'
import { ApiError, type Call } from './call.ts'
import { goJson } from './go-json.ts'

/** One line of a progress stream. */
export interface Progress {
  status: string
  digest?: string
  total?: number
  completed?: number
}

/**
 * The answer of an operation that tells of its progress: a line each, or the last alone with `"stream": false`. An error before
 * the first line has its own status; later it is a line.
 */
export async function progressAnswer({ body, visit }: Pick<Call, 'body' | 'visit'>, steps: AsyncIterable<Progress>): Promise<WebResponse> {
  if (body.stream === false) {
    let last: Progress = { status: '' }
    for await (const step of steps) {
      // Go's server takes a half-closed connection for one that is gone, and cancels what it does.
      if (visit.hasEnded) throw new VisitEnded()
      last = step
    }
    return { status: 200, headers: [['Content-Type', 'application/json']], body: goJson(last), dynamic: true }
  }
  const from = steps[Symbol.asyncIterator]()
  // What fails before any line is an answer of its own.
  let first: IteratorResult<Progress>
  try {
    first = await from.next()
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return { status: error.status, headers: [['Content-Type', 'application/json']], body: once({ error: error.message }), dynamic: true }
  }
  const lines = async function* (): AsyncGenerator<Buffer> {
    try {
      for (let step = first; !step.done; step = await from.next()) yield Buffer.from(`${goJson(step.value)}\n`)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      yield Buffer.from(`${goJson({ error: error.message })}\n`)
    }
  }
  return { status: 200, headers: [['Content-Type', 'application/x-ndjson']], body: lines(), dynamic: true }
}

async function* once(value: unknown): AsyncGenerator<Buffer> {
  yield Buffer.from(goJson(value))
}
