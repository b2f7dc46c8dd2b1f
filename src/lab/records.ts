import type { z } from 'zod'
import type { StateStore } from '../store/contract.ts'

/** Records of one form in a scope of the state store, read anew each time: the console and the command line see each other's. */
export class Records<T> {
  readonly #state: StateStore
  readonly #scope: string
  readonly #schema: z.ZodType<T>

  constructor(state: StateStore, scope: string, schema: z.ZodType<T>) {
    this.#state = state
    this.#scope = scope
    this.#schema = schema
  }

  get(key: string): T | undefined {
    const bytes = this.#state.get(this.#scope, key)
    return bytes && this.#schema.parse(JSON.parse(bytes.toString('utf8')))
  }

  set(key: string, record: T): void {
    this.#state.set(this.#scope, key, JSON.stringify(record))
  }

  delete(key: string): void {
    this.#state.delete(this.#scope, key)
  }

  /** All of them, or those whose key begins with a text. */
  list(beginning = ''): T[] {
    return [...this.#state.entries(this.#scope)]
      .filter(({ key }) => key.startsWith(beginning))
      .map(({ value }) => this.#schema.parse(JSON.parse(value.toString('utf8'))))
  }
}
