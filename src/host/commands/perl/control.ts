import type { Value } from './value.ts'

/** `next`, `last`, `redo`. */
export class LoopJump extends Error {
  readonly kind: 'next' | 'last' | 'redo'
  readonly label: string | undefined
  constructor(kind: 'next' | 'last' | 'redo', label: string | undefined) {
    super(kind)
    this.kind = kind
    this.label = label
  }
}

export class Returned extends Error {
  readonly values: Value[]
  constructor(values: Value[]) {
    super('return')
    this.values = values
  }
}

/** `die`: a text that ends with the place, or an object. */
export class Died extends Error {
  readonly value: Value
  constructor(value: Value) {
    super('die')
    this.value = value
  }
}

export class Exited extends Error {
  readonly status: number
  constructor(status: number) {
    super('exit')
    this.status = status
  }
}
