import type { KernelProcess } from '../../process/kernel-process.ts'
import { raise } from './types.ts'
import {
  PyBytes,
  PyClass,
  PyDict,
  PyException,
  PyFunction,
  PyGenerator,
  PyInstance,
  PyList,
  PyModule,
  PyObject,
  PySet,
  PyTuple,
  type Steps,
  type Value,
} from './value.ts'

/** A larger single object is a MemoryError. */
const LARGEST = 48 * 1024 * 1024
/** After so many new bytes what is alive is counted again. */
const LEAST_GROWTH = 6 * 1024 * 1024
/** Objects that are counted between two pauses. */
const OBJECTS_A_PAUSE = 4096

/**
 * What a program holds, as the host's memory books it. New bytes are booked as they come; from time to time what can still be reached is
 * counted and the rest released, as Python's own garbage would be.
 */
export class Memory {
  readonly #process: KernelProcess
  #booked = 0
  #fresh = 0
  #alive = 0

  constructor(process: KernelProcess) {
    this.#process = process
  }

  /** Books an object. @throws Raised MemoryError when it is too large */
  allocate(bytes: number): void {
    if (bytes > LARGEST) throw raise('MemoryError')
    this.#fresh += bytes
    if (this.#alive + this.#fresh - this.#booked > 65_536) this.#book()
  }

  /** Books what a container in the making takes; {@link grown} turns it into an object. */
  growing(bytes: number): void {
    this.#process.hold(bytes)
  }

  grown(bytes: number): void {
    this.#process.release(bytes)
    this.#fresh += bytes
    this.#book()
  }

  /** Whether it is time to count. */
  get isDue(): boolean {
    return this.#fresh > Math.max(LEAST_GROWTH, this.#alive)
  }

  /** Counts what the roots reach. */
  *count(roots: Iterable<Iterable<Value>>): Steps<void> {
    const seen = new Set<object>()
    const stack: Value[] = []
    for (const root of roots) for (const value of root) stack.push(value)
    let bytes = 0
    let left = OBJECTS_A_PAUSE
    while (stack.length > 0) {
      if (--left <= 0) {
        left = OBJECTS_A_PAUSE
        const pause = this.#process.spend(OBJECTS_A_PAUSE >> 3)
        if (pause) yield pause
      }
      const value = stack.pop() as Value
      if (typeof value === 'string') bytes += value.length > 64 ? value.length : 16
      else if (value instanceof PyObject && !seen.has(value)) {
        seen.add(value)
        bytes += sizeOf(value, stack)
      }
    }
    this.#alive = bytes
    this.#fresh = 0
    this.#book()
  }

  #book(): void {
    const now = this.#alive + this.#fresh
    if (now > this.#booked) this.#process.hold(now - this.#booked)
    else this.#process.release(this.#booked - now)
    this.#booked = now
  }
}

/** Bytes of an object itself; what it holds goes to the stack. */
function sizeOf(value: PyObject, stack: Value[]): number {
  let bytes = 64
  if (value.attributes) {
    for (const inner of value.attributes.values()) stack.push(inner)
    bytes += value.attributes.size * 64
  }
  if (value instanceof PyList || value instanceof PyTuple) {
    for (const item of value.items) stack.push(item)
    return bytes + value.items.length * 16
  }
  if (value instanceof PyDict) {
    for (const { key, value: inner } of value.map.values()) stack.push(key, inner)
    return bytes + value.map.size * 96
  }
  if (value instanceof PySet) {
    for (const item of value.map.values()) stack.push(item)
    return bytes + value.map.size * 64
  }
  if (value instanceof PyBytes) return bytes + value.data.length
  if (value instanceof PyException) for (const item of value.args) stack.push(item)
  else if (value instanceof PyGenerator) for (const inner of value.frame.locals.values()) stack.push(inner)
  else if (value instanceof PyFunction) for (const inner of value.closure.locals.values()) stack.push(inner)
  else if (value instanceof PyClass && !value.isBuiltin) for (const inner of value.dict.values()) stack.push(inner)
  else if (value instanceof PyInstance && typeof value.payload === 'string') stack.push(value.payload)
  else if (value instanceof PyModule) return bytes
  return bytes
}
