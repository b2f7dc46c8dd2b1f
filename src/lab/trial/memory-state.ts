import type { StateStore } from '../../store/contract.ts'

/** A state store that is gone after its trial: what is tried out must leave nothing behind. */
export class MemoryState implements StateStore {
  readonly #scopes = new Map<string, Map<string, { value: Buffer; updatedAt: number }>>()

  get(scope: string, key: string): Buffer | undefined {
    return this.#scopes.get(scope)?.get(key)?.value
  }

  set(scope: string, key: string, value: Uint8Array | string): void {
    const known = this.#scopes.get(scope) ?? new Map<string, { value: Buffer; updatedAt: number }>()
    this.#scopes.set(scope, known.set(key, { value: Buffer.from(value), updatedAt: Date.now() }))
  }

  delete(scope: string, key: string): void {
    this.#scopes.get(scope)?.delete(key)
  }

  clear(scope: string): void {
    this.#scopes.delete(scope)
  }

  *entries(scope: string): Iterable<{ key: string; value: Buffer; updatedAt: number }> {
    for (const [key, entry] of this.#scopes.get(scope) ?? []) yield { key, ...entry }
  }
}
