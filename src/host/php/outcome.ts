import type { PhpObject, Value } from './value.ts'

/** An exception of the script. */
export class PhpThrow extends Error {
  readonly object: PhpObject

  constructor(object: PhpObject) {
    super('an exception of the script')
    this.object = object
  }
}

/** The script ends: `exit`, or a bound of ours. */
export class PhpExit extends Error {
  readonly status: number

  constructor(status = 0) {
    super('the script ends')
    this.status = status
  }
}

/** `PHP Fatal error:  …` that nobody can catch. */
export class PhpFatal extends Error {}

/** A computation that waits for promises by yielding them, and whose result nobody has to wait for if it does not. */
export type Steps<T> = Generator<unknown, T, unknown>

/** How a statement ended, when it did not just end. */
export type Completion = { is: 'break' | 'continue'; depth: number } | { is: 'return' } | undefined

/** A value that a generator of PHP hands out, on its way through the steps. */
export class Yielded {
  readonly key: Value | undefined
  readonly value: Value

  constructor(key: Value | undefined, value: Value) {
    this.key = key
    this.value = value
  }
}
