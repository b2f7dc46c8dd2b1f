import { holds } from '../gnu/comparison.ts'
import type { BcFunction, Code, Instruction } from './code.ts'
import { BcError, calculate, compare, type Decimal, ONE, parseNumber, pow10, show, squareRoot, whole, ZERO } from './decimal.ts'
import { LIBRARY } from './library.ts'

/** What a program needs from around it. */
export interface Surroundings {
  say(text: string): void
  warn(text: string): void
  /** A line of the input, for `read()`. */
  line(): Promise<string | undefined>
  /** Accounts for work, and waits for its turn. */
  spend(steps: number): Promise<void> | undefined
  hold(bytes: number): void
  random(): number
}

/** `halt`. */
export class Halt extends Error {}

/** Numbers beyond it take more memory than a calculator has. */
const LARGEST = pow10(200_000)
const LONG = pow10(1000)
const LINE = 70
const MOST_ELEMENT = 16_777_215n
const MOST_SCALE = 100_000n
const MOST_CALLS = 20_000
/** What a frame, a variable or an element takes. */
const CELL_BYTES = 128

const TEXTS: Readonly<Record<string, string>> = {
  limits:
    'BC_BASE_MAX     = 2147483647\nBC_DIM_MAX      = 16777215\nBC_SCALE_MAX    = 2147483647\nBC_STRING_MAX   = 2147483647\nMAX Exponent    = 9223372036854775807\nNumber of vars  = 32767\n',
}

type Elements = Map<number, Decimal>
type Item = Decimal | { array: string }

interface Frame {
  code: Code
  at: number
  /** What the names of its parameters and autos meant before. */
  former: (() => void)[]
}

/** Runs what the compiler has made: a stack machine as GNU bc is one. */
export class Machine {
  readonly functions = new Map<string, BcFunction>()
  readonly #around: Surroundings
  readonly #hasLibrary: boolean
  readonly #lineLength: number
  readonly #variables = new Map<string, Decimal>()
  readonly #arrays = new Map<string, Elements>()
  #scale: number
  #ibase = 10n
  #obase = 10n
  #last = ZERO
  #column = 0

  constructor(around: Surroundings, { hasLibrary, lineLength = LINE }: { hasLibrary: boolean; lineLength?: number }) {
    this.#around = around
    this.#hasLibrary = hasLibrary
    this.#lineLength = lineLength
    this.#scale = hasLibrary ? 20 : 0
  }

  /** @throws Halt; BcError, after which the rest of the line is not run */
  async run(code: Code): Promise<void> {
    const stack: Item[] = []
    const frames: Frame[] = [{ code, at: 0, former: [] }]
    try {
      for (let frame = frames.at(-1); frame; frame = frames.at(-1)) {
        const instruction = frame.code.instructions[frame.at++]
        if (!instruction) break
        const turn = this.#around.spend(1)
        if (turn) await turn
        try {
          await this.#step(instruction, frame, stack, frames)
        } catch (error) {
          if (error instanceof BcError)
            throw new BcError(`Runtime error (func=${frame.code.name}, adr=${error.at ?? instruction.at}): ${error.message}`)
          throw error
        }
      }
    } finally {
      for (const frame of frames.reverse()) for (const restore of frame.former) restore()
    }
  }

  /** Text as bc writes it: lines that are too long go on after a backslash. */
  #put(text: string): void {
    if (this.#lineLength === 0 || (!text.includes('\n') && this.#column + text.length < this.#lineLength - 1)) {
      this.#column += text.length
      this.#around.say(text)
      return
    }
    let said = ''
    for (const character of text) {
      if (character === '\n') this.#column = 0
      else if (++this.#column === this.#lineLength - 1) {
        said += '\\\n'
        this.#column = 1
      }
      said += character
    }
    this.#around.say(said)
  }

  async #step(instruction: Instruction, frame: Frame, stack: Item[], frames: Frame[]): Promise<void> {
    const pop = (): Decimal => stack.pop() as Decimal
    switch (instruction.op) {
      case 'constant':
        stack.push(parseNumber(instruction.text, this.#ibase))
        return
      case 'load':
        stack.push(this.#load(instruction.name))
        return
      case 'store':
        this.#store(instruction.name, stack.at(-1) as Decimal, frame, instruction)
        return
      case 'increment':
      case 'decrement': {
        const by = instruction.op === 'increment' ? '+' : '-'
        this.#store(instruction.name, calculate(by, this.#load(instruction.name), ONE, 0), frame, instruction)
        return
      }
      case 'loadElement':
        stack.push(this.#elements(instruction.name).get(indexOf(pop(), instruction.name)) ?? ZERO)
        return
      case 'storeElement': {
        const value = pop()
        this.#setElement(instruction.name, indexOf(pop(), instruction.name), value)
        stack.push(value)
        return
      }
      case 'incrementElement':
      case 'decrementElement': {
        const index = indexOf(pop(), instruction.name)
        const before = this.#elements(instruction.name).get(index) ?? ZERO
        this.#setElement(instruction.name, index, calculate(instruction.op === 'incrementElement' ? '+' : '-', before, ONE, 0))
        return
      }
      case 'duplicate':
        stack.push(stack.at(-1) as Item)
        return
      case 'swap': {
        const [top, below] = [pop(), pop()]
        stack.push(top, below)
        return
      }
      case 'drop':
        stack.pop()
        return
      case 'negate': {
        const { digits, scale } = pop()
        stack.push({ digits: -digits, scale })
        return
      }
      case 'not':
        stack.push(pop().digits === 0n ? ONE : ZERO)
        return
      case 'calculate': {
        const right = pop()
        stack.push(await this.#calculate(instruction.operator, pop(), right, frame, instruction))
        return
      }
      case 'compare': {
        const right = pop()
        stack.push(holds(instruction.operator, compare(pop(), right)) ? ONE : ZERO)
        return
      }
      case 'jump':
        frame.at = instruction.to
        return
      case 'ifZero':
      case 'ifNotZero':
        if ((pop().digits === 0n) === (instruction.op === 'ifZero')) frame.at = instruction.to
        return
      case 'print': {
        this.#last = pop()
        this.#put(show(this.#last, this.#obase))
        if (instruction.newline) this.#put('\n')
        return
      }
      case 'text':
        this.#put(instruction.text)
        return
      case 'arrayName':
        stack.push({ array: instruction.name })
        return
      case 'call':
        return this.#call(instruction, stack, frames)
      case 'builtIn':
        return this.#builtIn(instruction.name, stack)
      case 'return':
        for (const restore of frame.former) restore()
        frames.pop()
        return
      case 'halt':
        throw new Halt()
    }
  }

  async #calculate(operator: string, left: Decimal, right: Decimal, frame: Frame, { at }: Instruction): Promise<Decimal> {
    if (operator === '^' && right.scale > 0)
      this.#around.warn(`Runtime warning (func=${frame.code.name}, adr=${at}): non-zero scale in exponent`)
    if (isLong(left) || isLong(right)) await this.#around.spend(500)
    const value = calculate(operator, left, right, this.#scale)
    if (value.digits > LARGEST || value.digits < -LARGEST) throw new OutOfMemory()
    return value
  }

  #load(name: string): Decimal {
    switch (name) {
      case 'scale':
        return { digits: BigInt(this.#scale), scale: 0 }
      case 'ibase':
        return { digits: this.#ibase, scale: 0 }
      case 'obase':
        return { digits: this.#obase, scale: 0 }
      case 'last':
        return this.#last
      default:
        return this.#variables.get(name) ?? ZERO
    }
  }

  #store(name: string, value: Decimal, frame: Frame, { at }: Instruction): void {
    const warn = (text: string): void => this.#around.warn(`Runtime warning (func=${frame.code.name}, adr=${at}): ${text}`)
    switch (name) {
      case 'scale':
        if (value.digits < 0n) warn('negative scale, set to 0')
        this.#scale = Number(within(whole(value), 0n, MOST_SCALE))
        return
      case 'ibase':
        if (whole(value) < 2n) warn('ibase too small, set to 2')
        if (whole(value) > 36n) warn('ibase too large, set to 36')
        this.#ibase = within(whole(value), 2n, 36n)
        return
      case 'obase':
        if (whole(value) < 2n) warn('obase too small, set to 2')
        this.#obase = within(whole(value), 2n, 2_147_483_647n)
        return
      case 'last':
        this.#last = value
        return
      case 'history':
        return
      default:
        if (!this.#variables.has(name)) this.#around.hold(CELL_BYTES)
        this.#variables.set(name, value)
    }
  }

  #elements(name: string): Elements {
    const known = this.#arrays.get(name)
    if (known) return known
    const made: Elements = new Map()
    this.#arrays.set(name, made)
    return made
  }

  #setElement(name: string, index: number, value: Decimal): void {
    const elements = this.#elements(name)
    if (!elements.has(index)) this.#around.hold(CELL_BYTES)
    elements.set(index, value)
  }

  async #call({ name, given, at }: Extract<Instruction, { op: 'call' }>, stack: Item[], frames: Frame[]): Promise<void> {
    const called = this.functions.get(name)
    const values = stack.splice(stack.length - given.length)
    const library = this.#hasLibrary ? LIBRARY[name] : undefined
    if (!called && library && Object.hasOwn(LIBRARY, name)) {
      if (given.length !== (name === 'j' ? 2 : 1)) throw new BcError('Parameter number mismatch')
      stack.push(await this.#work(library(values as Decimal[], this.#scale)))
      return
    }
    if (!called) throw new BcError(`Function ${name} not defined.`, at - given.length - 1)
    const spare = given.length - called.parameters.length
    if (spare !== 0) throw new BcError('Parameter number mismatch', spare > 0 ? at - spare : at)
    for (const [i, { kind }] of called.parameters.entries())
      if ((kind === 'value') !== (given[i] === 'value'))
        throw new BcError(`Parameter type mismatch parameter ${called.parameters[i]?.name}.`)
    if (frames.length >= MOST_CALLS) throw new OutOfMemory()
    this.#around.hold(CELL_BYTES)
    const former: Frame['former'] = []
    // Arrays are looked at before a name of theirs means another.
    const arrays = values.map((value) => ('array' in value ? this.#elements(value.array) : undefined))
    for (const [i, { name: own, kind }] of called.parameters.entries()) {
      if (kind === 'value') former.unshift(this.#shadow(this.#variables, own, values[i] as Decimal))
      else former.unshift(this.#shadow(this.#arrays, own, kind === 'array' ? new Map(arrays[i]) : (arrays[i] as Elements)))
    }
    for (const { name: own, kind } of called.autos)
      former.unshift(kind === 'value' ? this.#shadow(this.#variables, own, ZERO) : this.#shadow(this.#arrays, own, new Map()))
    frames.push({ code: called, at: 0, former })
  }

  /** Gives a name another meaning; what is returned gives the old one back. */
  #shadow<T>(names: Map<string, T>, name: string, value: T): () => void {
    const before = names.get(name)
    names.set(name, value)
    return () => {
      if (before === undefined) names.delete(name)
      else names.set(name, before)
    }
  }

  async #work<T>(steps: Generator<number, T, void>): Promise<T> {
    for (;;) {
      const { done, value } = steps.next()
      if (done) return value as T
      const turn = this.#around.spend(value as number)
      if (turn) await turn
    }
  }

  async #builtIn(name: string, stack: Item[]): Promise<void> {
    switch (name) {
      case 'length': {
        const { digits, scale } = stack.pop() as Decimal
        const figures = String(digits < 0n ? -digits : digits).length
        stack.push({ digits: BigInt(digits === 0n ? Math.max(1, scale) : Math.max(figures, scale)), scale: 0 })
        return
      }
      case 'scale':
        stack.push({ digits: BigInt((stack.pop() as Decimal).scale), scale: 0 })
        return
      case 'sqrt':
        stack.push(squareRoot(stack.pop() as Decimal, this.#scale))
        return
      case 'random':
        stack.push({ digits: BigInt(this.#around.random()), scale: 0 })
        return
      case 'read': {
        const number = /^\s*(-?)([0-9A-Z]*\.?[0-9A-Z]*)/.exec((await this.#around.line()) ?? '')
        const value = parseNumber(number?.[2]?.replace(/^\.?$/, '0') ?? '0', this.#ibase)
        stack.push({ digits: number?.[1] ? -value.digits : value.digits, scale: value.scale })
        return
      }
      default:
        this.#put(TEXTS[name] ?? '')
    }
  }
}

/** A number or a depth that no memory would hold. */
export class OutOfMemory extends Error {}

function isLong({ digits }: Decimal): boolean {
  return digits > LONG || digits < -LONG
}

function within(value: bigint, least: bigint, most: bigint): bigint {
  return value < least ? least : value > most ? most : value
}

function indexOf(value: Decimal, array: string): number {
  const index = whole(value)
  if (value.digits < 0n || index > MOST_ELEMENT) throw new BcError(`Array ${array} subscript out of bounds.`)
  return Number(index)
}
