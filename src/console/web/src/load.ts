import { useEffect, useRef, useState } from 'preact/hooks'
import { ApiProblem } from './api.ts'

export interface Loaded<T> {
  data: T | undefined
  problem: ApiProblem | undefined
  loading: boolean
}

/** What `load` gives, anew when a part of `key` changes; the old data stays until the new is there. */
export function useLoaded<T>(load: (abort: AbortSignal) => Promise<T>, key: readonly unknown[]): Loaded<T> {
  const [state, setState] = useState<Loaded<T>>({ data: undefined, problem: undefined, loading: true })
  const latest = useRef(load)
  latest.current = load
  useEffect(() => {
    const abort = new AbortController()
    setState((old) => ({ ...old, loading: true }))
    latest.current(abort.signal).then(
      (data) => setState({ data, problem: undefined, loading: false }),
      (error: unknown) => {
        if (!abort.signal.aborted) setState((old) => ({ ...old, problem: problemOf(error), loading: false }))
      },
    )
    return () => abort.abort()
  }, key)
  return state
}

export function problemOf(error: unknown): ApiProblem {
  return error instanceof ApiProblem ? error : new ApiProblem(0, 'the console cannot be reached')
}
