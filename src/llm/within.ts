export type Outcome<T> = { how: 'done'; value: T } | { how: 'deadline' } | { how: 'left' }

/** Waits for a promise, but no longer than `ms`, and no longer than the signal lasts. Rejects as the promise does. */
export function within<T>(promise: Promise<T>, ms: number, signal: AbortSignal | undefined): Promise<Outcome<T>> {
  if (signal?.aborted) return Promise.resolve({ how: 'left' })
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', left)
    }
    const finish = (outcome: Outcome<T>) => {
      stop()
      resolve(outcome)
    }
    const left = () => finish({ how: 'left' })
    const timer = setTimeout(() => finish({ how: 'deadline' }), ms)
    signal?.addEventListener('abort', left, { once: true })
    promise.then(
      (value) => finish({ how: 'done', value }),
      (error: unknown) => {
        stop()
        reject(error)
      },
    )
  })
}
