import { Showing } from './showing.ts'

/** One piece of work that several askers wait for. */
interface Flight<T> {
  result: Promise<T>
  showing: Showing
  waiters: number
  stop: AbortController
}

/** Lets equal questions share one piece of work. It is cancelled when the last who waits for it has left. */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Flight<T>>()

  /**
   * @param work must end when its signal does, and must not reject
   * @returns the shared result, what of it is shown before it is whole, whether somebody else had begun it, and `leave` to stop waiting; the last one's reason is that of the signal
   */
  join(
    key: string,
    work: (signal: AbortSignal, showing: Showing) => Promise<T>,
  ): { result: Promise<T>; showing: Showing; shared: boolean; leave: (reason?: unknown) => void } {
    const running = this.#flights.get(key)
    const flight = running ?? this.#take(key, work)
    flight.waiters++
    let waiting = true
    const leave = (reason?: unknown) => {
      if (!waiting) return
      waiting = false
      flight.waiters--
      if (flight.waiters > 0) return
      // Forgotten at once: who comes next must not join what is being cancelled.
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
      flight.stop.abort(reason)
    }
    return { result: flight.result, showing: flight.showing, shared: running !== undefined, leave }
  }

  #take(key: string, work: (signal: AbortSignal, showing: Showing) => Promise<T>): Flight<T> {
    const stop = new AbortController()
    const showing = new Showing()
    const flight: Flight<T> = { result: work(stop.signal, showing), showing, waiters: 0, stop }
    this.#flights.set(key, flight)
    const forget = () => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
    }
    flight.result.then(forget, forget)
    return flight
  }

  /** Cancels everything. */
  close(): void {
    for (const flight of this.#flights.values()) flight.stop.abort()
    this.#flights.clear()
  }
}
