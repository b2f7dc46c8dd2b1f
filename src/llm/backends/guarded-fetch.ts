import { BackendError, type BackendTrouble, LONGEST_TEXT } from '../backend.ts'

/** Bytes of a whole response: every token of the longest text in its own JSON envelope. */
const LONGEST_RESPONSE = LONGEST_TEXT * 64
const LONGEST_ERROR = 4096

/**
 * `fetch` for the model packages that ends with the caller's signal, follows no redirect, bounds what it reads, and turns
 * every failure into a {@link BackendError} before a package prints it or retries.
 */
export function guardedFetch(signal: AbortSignal): typeof fetch {
  return async (input, init) => {
    const ended = init?.signal ? AbortSignal.any([signal, init.signal]) : signal
    let response: Response
    try {
      response = await fetch(input, { ...init, signal: ended, redirect: 'error' })
    } catch (error) {
      throw asBackendError(error, signal)
    }
    if (!response.ok) throw await refusal(response, signal)
    const type = response.headers.get('content-type') ?? ''
    if (!/json|event-stream/i.test(type)) {
      await response.body?.cancel()
      throw new BackendError('broken', `answered with ${type || 'no content type'}; this is not the API of a model server`)
    }
    return new Response(response.body?.pipeThrough(limited(LONGEST_RESPONSE)) ?? null, response)
  }
}

/** Whatever went wrong in a call, as the error the engine knows. */
export function asBackendError(error: unknown, signal: AbortSignal): BackendError {
  if (error instanceof BackendError) return error
  if (signal.aborted) return new BackendError('cancelled', 'cancelled')
  // Packages wrap what their fetch threw; ours lies somewhere below.
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof BackendError) return cause
    const code = (cause as NodeJS.ErrnoException).code
    if (code && /^(ECONN|ENOTFOUND|EAI_|EHOST|ENET|ETIMEDOUT|EPIPE|UND_ERR_(SOCKET|CONNECT))/.test(code)) {
      return new BackendError('unreachable', explain(code, cause.message))
    }
  }
  return new BackendError('broken', error instanceof Error ? error.message : String(error))
}

function explain(code: string, message: string): string {
  if (code === 'ECONNREFUSED') return 'nothing listens there (connection refused)'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the host name is not known'
  if (code === 'ECONNRESET' || code === 'UND_ERR_SOCKET' || code === 'EPIPE') return 'the connection broke'
  return message || code
}

async function refusal(response: Response, signal: AbortSignal): Promise<BackendError> {
  let said = ''
  try {
    const body = response.body?.pipeThrough(limited(LONGEST_ERROR))
    said = errorText(body ? await new Response(body).text() : '')
  } catch (error) {
    if (signal.aborted) return new BackendError('cancelled', 'cancelled')
    said = `(its error could not be read: ${String(error)})`
  }
  return new BackendError(troubleOf(response.status, said), `HTTP ${response.status}: ${said || response.statusText}`)
}

function troubleOf(status: number, said: string): BackendTrouble {
  if (/context (size|length|window)|exceed_context|prompt (is )?too long|input length exceeds/i.test(said)) return 'context'
  if (status === 404) return 'model-missing'
  if (status === 401 || status === 403) return 'unauthorised'
  if (status === 429 || status === 503) return 'busy'
  return 'refused'
}

/** Ollama says {error: "…"}, OpenAI {error: {message: "…"}}. */
function errorText(body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: string | { message?: string } }
    return (typeof error === 'string' ? error : error?.message) ?? body.slice(0, 300)
  } catch {
    // Not JSON: a proxy's page, say. Its beginning tells the operator enough.
    return body.slice(0, 300)
  }
}

function limited(most: number): TransformStream<Uint8Array, Uint8Array> {
  let read = 0
  return new TransformStream({
    transform(chunk, controller) {
      read += chunk.byteLength
      if (read > most) controller.error(new BackendError('too-long', `the server sent more than ${most} bytes`))
      else controller.enqueue(chunk)
    },
  })
}
