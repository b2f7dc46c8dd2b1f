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
      const failure = asBackendError(error, signal)
      throw failure.trouble === 'broken' ? new BackendError('unreachable', failure.message) : failure
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
    const words = CONNECTION_TROUBLES[(cause as NodeJS.ErrnoException).code ?? '']
    if (words) return new BackendError('broken', words)
  }
  return new BackendError('broken', deepestMessage(error))
}

const CONNECTION_TROUBLES: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there (connection refused)',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name cannot be looked up',
  ECONNRESET: 'the connection broke',
  EPIPE: 'the connection broke',
  UND_ERR_SOCKET: 'the connection broke',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
}

/** `fetch failed` and `terminated` say nothing; their causes do. */
function deepestMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? deepestMessage(error.cause) : error.message
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
