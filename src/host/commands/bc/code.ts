/** How a parameter is given: a number, or an array by copy or by its name. */
export type ParameterKind = 'value' | 'array' | 'reference'

export type Step =
  | { op: 'constant'; text: string }
  | { op: 'load' | 'store' | 'increment' | 'decrement'; name: string }
  /** The index is on the stack, below the value for `storeElement`. */
  | { op: 'loadElement' | 'storeElement' | 'incrementElement' | 'decrementElement'; name: string }
  | { op: 'duplicate' | 'swap' | 'drop' | 'negate' | 'not' }
  | { op: 'calculate' | 'compare'; operator: string }
  | { op: 'jump' | 'ifZero' | 'ifNotZero'; to: number }
  | { op: 'print'; newline: boolean }
  | { op: 'text'; text: string }
  | { op: 'arrayName'; name: string }
  | { op: 'call'; name: string; given: readonly ('value' | 'array')[] }
  | { op: 'builtIn'; name: string }
  | { op: 'return' | 'halt' }

/** @property at address of what follows it in the byte code of GNU bc, as run-time errors name it */
export type Instruction = Step & { at: number }

export interface Code {
  name: string
  instructions: Instruction[]
}

export interface BcFunction extends Code {
  parameters: readonly { name: string; kind: ParameterKind }[]
  autos: readonly { name: string; kind: ParameterKind }[]
  isVoid: boolean
}

/** Gathers instructions, and counts the bytes that GNU bc's would take. */
export class CodeWriter {
  readonly instructions: Instruction[] = []
  #address = 0

  add(step: Step): Instruction {
    this.#address += bytesOf(step)
    const instruction = { ...step, at: this.#address }
    this.instructions.push(instruction)
    return instruction
  }

  /** Index of the next instruction, for jumps. */
  get here(): number {
    return this.instructions.length
  }

  /** A jump whose target is told later. */
  jump(op: 'jump' | 'ifZero' | 'ifNotZero'): (to: number) => void {
    const made = this.add({ op, to: -1 }) as Extract<Instruction, { to: number }>
    return (to) => {
      made.to = to
    }
  }
}

function bytesOf(step: Step): number {
  switch (step.op) {
    case 'constant':
      return step.text === '0' || step.text === '1' ? 1 : step.text.length + 2
    case 'text':
      return step.text.length + 2
    case 'load':
    case 'store':
    case 'increment':
    case 'decrement':
    case 'loadElement':
    case 'storeElement':
    case 'incrementElement':
    case 'decrementElement':
    case 'builtIn':
      return 2
    case 'jump':
    case 'ifZero':
    case 'ifNotZero':
      return 3
    case 'call':
      return 3 + step.given.length
    default:
      return 1
  }
}
