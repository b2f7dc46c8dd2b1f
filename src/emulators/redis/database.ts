import { ARGUMENT_COST } from './codec.ts'
import { outOfMemory, wrongType } from './command-error.ts'
import { emptyValue, isEmpty, sizeOf, type TypeName, type Value, type ValueOf } from './values.ts'

/** Bytes that one source may keep in its Redis, and all sources together; beyond, writes fail as they do at `maxmemory`. */
const SOURCE_BYTES = 4 * 1024 * 1024
const TOTAL_BYTES = 128 * 1024 * 1024
/** What a full keyspace must have taken in since the last count for a new count to be worth it. */
const RECOUNT_BYTES = 256 * 1024

/** What all keyspaces of a lure hold together. */
export class KeyspaceBudget {
  spent = 0

  get isSpent(): boolean {
    return this.spent > TOTAL_BYTES
  }

  get isHalfSpent(): boolean {
    return this.spent > TOTAL_BYTES / 2
  }
}

/** Counts what goes into the keyspace of one source, and recounts what is there when the sum passes the bound. */
export class KeyspaceMeter {
  readonly #databases: () => readonly Database[]
  readonly #budget: KeyspaceBudget
  /** What went in since the last count on top of what was there; never less than the keyspace holds. */
  #spent = 0
  #counted = 0

  constructor(databases: () => readonly Database[], budget: KeyspaceBudget) {
    this.#databases = databases
    this.#budget = budget
  }

  /** @throws CommandError `OOM` when the bytes do not fit. */
  spend(bytes: number): void {
    this.#set(this.#spent + bytes)
    if (this.#fits) return
    if (this.#spent - this.#counted > RECOUNT_BYTES) {
      this.#counted = this.held()
      this.#set(this.#counted + bytes)
    }
    if (this.#fits) return
    this.#set(this.#spent - bytes)
    throw outOfMemory()
  }

  /** Bytes in the keyspace now. */
  held(): number {
    return this.#databases().reduce((sum, db) => sum + db.bytes(), 0)
  }

  /** Gives back everything, when the keyspace is forgotten or emptied. */
  release(): void {
    this.#counted = 0
    this.#set(0)
  }

  get #fits(): boolean {
    return this.#spent <= SOURCE_BYTES && !this.#budget.isSpent
  }

  #set(spent: number): void {
    this.#budget.spent += spent - this.#spent
    this.#spent = spent
  }
}

/** One numbered database: keys, their values and when they expire. */
export class Database {
  #values = new Map<string, Value>()
  #expires = new Map<string, number>()
  readonly #meter: KeyspaceMeter
  /** Changes with every write; WATCH compares it. */
  readonly #versions = new Map<string, number>()
  #clock = 0
  expired = 0

  constructor(meter: KeyspaceMeter) {
    this.#meter = meter
  }

  get size(): number {
    this.expireAll()
    return this.#values.size
  }

  get expiring(): number {
    return this.#expires.size
  }

  peek(key: string): Value | undefined {
    const at = this.#expires.get(key)
    if (at !== undefined && at <= Date.now()) {
      this.delete(key)
      this.expired++
    }
    return this.#values.get(key)
  }

  /** The value when the key holds this type. @throws CommandError `WRONGTYPE` */
  get<T extends TypeName>(key: string, type: T): ValueOf<T> | undefined {
    const value = this.peek(key)
    if (value && value.type !== type) throw wrongType()
    return value as ValueOf<T> | undefined
  }

  /** The value to change in place, made when there is none. Call {@link changed} afterwards. */
  open<T extends TypeName>(key: string, type: T): ValueOf<T> {
    const known = this.get(key, type)
    if (known) return known
    const value = emptyValue(type)
    this.#values.set(key, value)
    return value
  }

  put(key: string, value: Value, keepExpiry = false): void {
    this.#meter.spend(sizeOf(value) + key.length)
    this.#values.set(key, value)
    if (!keepExpiry) this.#expires.delete(key)
    this.changed(key)
  }

  delete(key: string): boolean {
    this.#expires.delete(key)
    const existed = this.#values.delete(key)
    if (existed) this.#bump(key)
    return existed
  }

  /** Notes a change made in place; a collection that became empty is a key that is gone. */
  changed(key: string): void {
    const value = this.#values.get(key)
    if (value && isEmpty(value)) this.delete(key)
    this.#bump(key)
  }

  version(key: string): number {
    this.peek(key)
    return this.#versions.get(key) ?? 0
  }

  /** UTC milliseconds at which the key goes, undefined when it stays. */
  expiresAt(key: string): number | undefined {
    return this.#expires.get(key)
  }

  expire(key: string, at: number | undefined): void {
    if (at === undefined) this.#expires.delete(key)
    else if (at <= Date.now()) this.delete(key)
    else this.#expires.set(key, at)
    this.#bump(key)
  }

  keys(): string[] {
    this.expireAll()
    return [...this.#values.keys()]
  }

  clear(): void {
    for (const key of this.#values.keys()) this.#bump(key)
    this.#values.clear()
    this.#expires.clear()
  }

  /** Exchanges contents with another database (SWAPDB). */
  swap(other: Database): void {
    for (const key of [...this.#values.keys(), ...other.#values.keys()]) {
      this.#bump(key)
      other.#bump(key)
    }
    ;[this.#values, other.#values] = [other.#values, this.#values]
    ;[this.#expires, other.#expires] = [other.#expires, this.#expires]
  }

  expireAll(now = Date.now()): void {
    for (const [key, at] of this.#expires) {
      if (at > now) continue
      this.delete(key)
      this.expired++
    }
  }

  bytes(): number {
    let sum = 0
    for (const [key, value] of this.#values) sum += key.length + ARGUMENT_COST + sizeOf(value)
    return sum
  }

  #bump(key: string): void {
    // Only what is watched is asked for; a bounded memory of versions is enough.
    if (this.#versions.size > 10_000) this.#versions.clear()
    this.#versions.set(key, ++this.#clock)
  }
}
