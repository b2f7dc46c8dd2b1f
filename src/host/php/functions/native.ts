import type { Steps } from '../outcome.ts'
import type { Php } from '../php.ts'
import type { Ref, Value } from '../value.ts'

/** A function of PHP. `refs` are the places of its arguments that it may write to. */
export type Native = (args: readonly Value[], php: Php, refs: readonly (Ref | undefined)[]) => Value | Steps<Value>
export type Natives = Readonly<Record<string, Native>>
