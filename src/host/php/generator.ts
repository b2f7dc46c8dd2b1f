import { type Steps, Yielded } from './outcome.ts'
import type { Frame, Php } from './php.ts'
import { PhpObject, type PhpType, type Value } from './value.ts'

/** A generator of PHP: a function that runs up to each of its `yield`s. */
export class PhpGenerator extends PhpObject {
  readonly #body: Steps<unknown>
  readonly #frame: Frame
  #current: Yielded | undefined
  #next = 0n
  #key: Value = null
  #isStarted = false
  isDone = false
  #hasMoved = false

  constructor(type: PhpType, body: Steps<unknown>, frame: Frame) {
    super(type)
    this.#body = body
    this.#frame = frame
  }

  *start(php: Php): Steps<void> {
    if (this.#isStarted) return
    this.#isStarted = true
    yield* this.#go(php, null)
  }

  *call(php: Php, method: string, args: readonly Value[]): Steps<Value | undefined> {
    yield* this.start(php)
    switch (method.toLowerCase()) {
      case 'current':
        return this.#current?.value ?? null
      case 'key':
        return this.isDone ? null : this.#key
      case 'next':
        this.#hasMoved = true
        yield* this.#go(php, null)
        return null
      case 'send':
        this.#hasMoved = true
        yield* this.#go(php, args[0] ?? null)
        return this.#current?.value ?? null
      case 'valid':
        return !this.isDone
      case 'rewind':
        return this.#hasMoved ? php.fail('Exception', 'Cannot rewind a generator that was already run') : null
      case 'getreturn':
        return this.#frame.result
      default:
        return undefined
    }
  }

  *#go(php: Php, sent: Value): Steps<void> {
    if (this.isDone) return
    php.enter(this.#frame)
    let value: unknown = sent
    try {
      for (;;) {
        const { done, value: given } = this.#body.next(value)
        if (done) {
          this.isDone = true
          this.#current = undefined
          return
        }
        if (given instanceof Yielded) {
          this.#current = given
          this.#key = given.key ?? this.#next++
          return
        }
        value = yield given
      }
    } finally {
      php.frames.pop()
    }
  }
}
