import { TimeSlice } from '../../../sensor/time-slice.ts'
import type { Expression, Statement } from './parser.ts'

export type LuaValue = undefined | boolean | number | string | LuaTable | LuaFunction
/** A function of the script or of the library; awaits because some commands do. */
export type LuaFunction = (args: LuaValue[], line: number) => Promise<LuaValue[]> | LuaValue[]

export class LuaTable {
  readonly #entries = new Map<LuaValue, LuaValue>()
  #length = 0
  /** Where the latest walk with next() stands, so that walking a table is not quadratic. */
  #walk: { key: LuaValue; rest: MapIterator<LuaValue> } | undefined

  static from(items: readonly LuaValue[]): LuaTable {
    const table = new LuaTable()
    for (const [i, item] of items.entries()) table.set(i + 1, item)
    return table
  }

  static of(fields: Record<string, LuaValue>): LuaTable {
    const table = new LuaTable()
    for (const [name, value] of Object.entries(fields)) table.set(name, value)
    return table
  }

  get size(): number {
    return this.#entries.size
  }

  /** `#table`: the last of the elements 1, 2, 3 … */
  get length(): number {
    return this.#length
  }

  get(key: LuaValue): LuaValue {
    return this.#entries.get(key)
  }

  set(key: LuaValue, value: LuaValue): void {
    if (value === undefined) {
      this.#entries.delete(key)
      if (typeof key === 'number' && key >= 1 && key <= this.#length) this.#length = key - 1
      return
    }
    this.#entries.set(key, value)
    while (this.#entries.has(this.#length + 1)) this.#length++
  }

  /** The key after this one, undefined after the last; begins with undefined. */
  keyAfter(key: LuaValue): LuaValue {
    let rest = this.#walk?.rest
    if (!rest || key === undefined || this.#walk?.key !== key) {
      rest = this.#entries.keys()
      if (key !== undefined) for (const one of rest) if (one === key) break
    }
    const { value } = rest.next()
    this.#walk = { key: value, rest }
    return value
  }

  entries(): IterableIterator<[LuaValue, LuaValue]> {
    return this.#entries.entries()
  }

  /** Elements 1, 2, 3 … up to the first nil. */
  list(): LuaValue[] {
    return Array.from({ length: this.#length }, (_, i) => this.get(i + 1))
  }
}

/** Something that the script raised, or a rule of the sandbox. */
export class LuaError extends Error {
  readonly value: LuaValue
  readonly line: number
  /** Rule of the sandbox that was broken, with the name it was broken by. */
  readonly rule: 'unknown-global' | 'new-global' | undefined

  constructor(value: LuaValue, line: number, rule?: LuaError['rule']) {
    super(typeof value === 'string' ? value : 'error object')
    this.name = 'LuaError'
    this.value = value
    this.line = line
    this.rule = rule
  }
}

/** Statements and calls that one script may take; building a string counts by its length. */
const STEPS = 100_000
const BYTES_PER_STEP = 64
/** Time that the work of one script may take, the commands that it calls included. */
const WORK_MS = 1000
const KILLED = 'Script killed by user with SCRIPT KILL...'
const DEEPEST_CALL = 60
/** Longest string that a script may build. */
export const LONGEST_LUA_STRING = 256 * 1024

class Scope {
  readonly names = new Map<string, LuaValue>()
  readonly parent: Scope | undefined
  readonly varargs: LuaValue[]

  constructor(parent: Scope | undefined, varargs: LuaValue[] = parent?.varargs ?? []) {
    this.parent = parent
    this.varargs = varargs
  }

  find(name: string): Scope | undefined {
    for (let scope: Scope | undefined = this; scope; scope = scope.parent) if (scope.names.has(name)) return scope
    return undefined
  }
}

type Signal = { returned: LuaValue[] } | 'break' | undefined

/**
 * Runs a parsed chunk of Lua 5.1 with these globals, in bounded steps and depth. What scripts for Redis use is there;
 * metatables, coroutines and goto are not.
 */
export class LuaInterpreter {
  readonly #globals: ReadonlyMap<string, LuaValue>
  #steps = 0
  readonly #slice = new TimeSlice()
  #resumedAt = performance.now()
  #worked = 0
  #depth = 0

  constructor(globals: ReadonlyMap<string, LuaValue>) {
    this.#globals = globals
  }

  /** The first value returned. @throws LuaError */
  async run(chunk: readonly Statement[], varargs: LuaValue[] = []): Promise<LuaValue> {
    const signal = await this.#block(chunk, new Scope(undefined, varargs))
    return typeof signal === 'object' ? signal.returned[0] : undefined
  }

  async #block(body: readonly Statement[], scope: Scope): Promise<Signal> {
    for (const statement of body) {
      this.#step(0)
      if (this.#slice.isOver) await this.#yield()
      const signal = await this.#execute(statement, scope)
      if (signal) return signal
    }
    return undefined
  }

  #step(line: number): void {
    if (++this.#steps > STEPS) throw new LuaError(KILLED, line)
  }

  async #yield(): Promise<void> {
    this.#worked += performance.now() - this.#resumedAt
    if (this.#worked > WORK_MS) throw new LuaError(KILLED, 1)
    await this.#slice.turn()
    this.#resumedAt = performance.now()
  }

  #spend(bytes: number, line: number): void {
    this.#steps += Math.floor(bytes / BYTES_PER_STEP)
    this.#step(line)
  }

  async #execute(statement: Statement, scope: Scope): Promise<Signal> {
    switch (statement.kind) {
      case 'local': {
        const values = await this.#values(statement.values, scope)
        // A local function sees itself: its name must be there before it is called, not before it is made.
        for (const [i, name] of statement.names.entries()) scope.names.set(name, values[i])
        return undefined
      }
      case 'assign': {
        const values = await this.#values(statement.values, scope)
        for (const [i, target] of statement.targets.entries()) await this.#assign(target, values[i], scope)
        return undefined
      }
      case 'call':
        await this.#evaluateAll(statement.call, scope)
        return undefined
      case 'if':
        for (const { condition, body } of statement.branches) {
          if (isTrue(await this.#evaluate(condition, scope))) return this.#block(body, new Scope(scope))
        }
        return this.#block(statement.otherwise, new Scope(scope))
      case 'while':
        return this.#loop(async () => isTrue(await this.#evaluate(statement.condition, scope)), statement.body, scope)
      case 'repeat': {
        let runs = 0
        return this.#loop(async () => runs++ === 0 || !isTrue(await this.#evaluate(statement.condition, scope)), statement.body, scope)
      }
      case 'count':
        return this.#count(statement, scope)
      case 'each':
        return this.#each(statement, scope)
      case 'do':
        return this.#block(statement.body, new Scope(scope))
      case 'return':
        return { returned: await this.#values(statement.values, scope) }
      case 'break':
        return 'break'
    }
  }

  async #loop(goesOn: () => Promise<boolean>, body: readonly Statement[], scope: Scope): Promise<Signal> {
    while (await goesOn()) {
      this.#step(0)
      const signal = await this.#block(body, new Scope(scope))
      if (signal === 'break') return undefined
      if (signal) return signal
    }
    return undefined
  }

  async #count({ name, from, to, step, body }: Extract<Statement, { kind: 'count' }>, scope: Scope): Promise<Signal> {
    const [first, last, by] = [
      toNumber(await this.#evaluate(from, scope)),
      toNumber(await this.#evaluate(to, scope)),
      step ? toNumber(await this.#evaluate(step, scope)) : 1,
    ]
    if (first === undefined || last === undefined || by === undefined) throw new LuaError("'for' initial value must be a number", 1)
    for (let i = first; by > 0 ? i <= last : i >= last; i += by) {
      this.#step(0)
      const inner = new Scope(scope)
      inner.names.set(name, i)
      const signal = await this.#block(body, inner)
      if (signal === 'break') return undefined
      if (signal) return signal
    }
    return undefined
  }

  async #each({ names, values, body }: Extract<Statement, { kind: 'each' }>, scope: Scope): Promise<Signal> {
    const [next, state, start] = await this.#values(values, scope)
    if (typeof next !== 'function') throw new LuaError(`attempt to call a ${typeName(next)} value`, 1)
    let control = start
    for (;;) {
      this.#step(0)
      const results = await next([state, control], 1)
      control = results[0]
      if (control === undefined) return undefined
      const inner = new Scope(scope)
      for (const [i, name] of names.entries()) inner.names.set(name, results[i])
      const signal = await this.#block(body, inner)
      if (signal === 'break') return undefined
      if (signal) return signal
    }
  }

  async #assign(target: Expression, value: LuaValue, scope: Scope): Promise<void> {
    if (target.kind === 'name') {
      const owner = scope.find(target.name)
      if (!owner) throw new LuaError(target.name, target.line, 'new-global')
      owner.names.set(target.name, value)
    } else if (target.kind === 'index') {
      const object = await this.#evaluate(target.object, scope)
      if (!(object instanceof LuaTable)) throw new LuaError(`attempt to index a ${typeName(object)} value`, target.line)
      object.set(await this.#evaluate(target.key, scope), value)
    }
  }

  /** Values of a list; a call or `...` at its end gives all of its values. */
  async #values(list: readonly Expression[], scope: Scope): Promise<LuaValue[]> {
    const values: LuaValue[] = []
    for (const [i, expression] of list.entries()) {
      if (i === list.length - 1) values.push(...(await this.#evaluateAll(expression, scope)))
      else values.push(await this.#evaluate(expression, scope))
    }
    return values
  }

  async #evaluate(expression: Expression, scope: Scope): Promise<LuaValue> {
    return (await this.#evaluateAll(expression, scope))[0]
  }

  async #evaluateAll(expression: Expression, scope: Scope): Promise<LuaValue[]> {
    switch (expression.kind) {
      case 'constant':
        return [expression.value]
      case 'vararg':
        return scope.varargs
      case 'name':
        return [this.#read(expression.name, expression.line, scope)]
      case 'index': {
        const object = await this.#evaluate(expression.object, scope)
        return [index(object, await this.#evaluate(expression.key, scope), expression)]
      }
      case 'call': {
        const callee = await this.#evaluate(expression.callee, scope)
        return this.#call(callee, await this.#values(expression.args, scope), expression)
      }
      case 'method': {
        const object = await this.#evaluate(expression.object, scope)
        const method = typeof object === 'string' ? this.#stringMethod(expression.name) : index(object, expression.name, expression)
        return this.#call(method, [object, ...(await this.#values(expression.args, scope))], expression)
      }
      case 'table':
        return [await this.#table(expression.items, scope)]
      case 'unary':
        return [unary(expression.operator, await this.#evaluate(expression.operand, scope), expression.line)]
      case 'binary':
        return [await this.#binary(expression, scope)]
      case 'function':
        return [this.#closure(expression, scope)]
    }
  }

  #read(name: string, line: number, scope: Scope): LuaValue {
    const owner = scope.find(name)
    if (owner) return owner.names.get(name)
    if (!this.#globals.has(name)) throw new LuaError(name, line, 'unknown-global')
    return this.#globals.get(name)
  }

  #stringMethod(name: string): LuaValue {
    const library = this.#globals.get('string')
    return library instanceof LuaTable ? library.get(name) : undefined
  }

  async #call(callee: LuaValue, args: LuaValue[], expression: Expression & { line: number }): Promise<LuaValue[]> {
    this.#step(expression.line)
    if (typeof callee !== 'function')
      throw new LuaError(`attempt to call ${describe(expression)}(a ${typeName(callee)} value)`, expression.line)
    if (++this.#depth > DEEPEST_CALL) throw new LuaError('stack overflow', expression.line)
    try {
      const results = await callee(args, expression.line)
      if (typeof results[0] === 'string') this.#spend(results[0].length, expression.line)
      return results
    } finally {
      this.#depth--
    }
  }

  async #table(items: readonly { key: Expression | undefined; value: Expression }[], scope: Scope): Promise<LuaTable> {
    const table = new LuaTable()
    let next = 1
    for (const [i, { key, value }] of items.entries()) {
      if (key) table.set(await this.#evaluate(key, scope), await this.#evaluate(value, scope))
      else if (i === items.length - 1) for (const one of await this.#evaluateAll(value, scope)) table.set(next++, one)
      else table.set(next++, await this.#evaluate(value, scope))
    }
    return table
  }

  async #binary({ operator, left, right, line }: Extract<Expression, { kind: 'binary' }>, scope: Scope): Promise<LuaValue> {
    const a = await this.#evaluate(left, scope)
    if (operator === 'and') return isTrue(a) ? this.#evaluate(right, scope) : a
    if (operator === 'or') return isTrue(a) ? a : this.#evaluate(right, scope)
    const result = binary(operator, a, await this.#evaluate(right, scope), line)
    if (operator === '..') this.#spend((result as string).length, line)
    return result
  }

  #closure({ parameters, isVariadic, body }: Extract<Expression, { kind: 'function' }>, scope: Scope): LuaFunction {
    return async (args) => {
      const inner = new Scope(scope, isVariadic ? args.slice(parameters.length) : [])
      for (const [i, name] of parameters.entries()) inner.names.set(name, args[i])
      const signal = await this.#block(body, inner)
      return typeof signal === 'object' ? signal.returned : []
    }
  }
}

export function isTrue(value: LuaValue): boolean {
  return value !== undefined && value !== false
}

export function typeName(value: LuaValue): string {
  if (value === undefined) return 'nil'
  return value instanceof LuaTable ? 'table' : typeof value
}

export function toNumber(value: LuaValue): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || !/^\s{0,8}[+-]?(?:0x[0-9a-f]{1,16}|\d{1,40}\.?\d{0,40}(?:e[+-]?\d{1,4})?)\s{0,8}$/i.test(value))
    return undefined
  return Number(value)
}

/** tostring(): numbers with 14 digits, as `%.14g`. */
export function toText(value: LuaValue): string {
  if (typeof value === 'number')
    return Number.isInteger(value) && Math.abs(value) < 1e15 ? String(value) : String(Number(value.toPrecision(14)))
  if (typeof value === 'string') return value
  if (typeof value === 'boolean' || value === undefined) return value === undefined ? 'nil' : String(value)
  return `${typeName(value)}: 0x55d0a3c0`
}

function index(object: LuaValue, key: LuaValue, { line }: { line: number }): LuaValue {
  if (object instanceof LuaTable) return object.get(key)
  throw new LuaError(`attempt to index a ${typeName(object)} value`, line)
}

function describe(expression: Expression): string {
  if (expression.kind === 'call' && expression.callee.kind === 'name') return `global '${expression.callee.name}' `
  if (expression.kind === 'call' && expression.callee.kind === 'index' && expression.callee.key.kind === 'constant') {
    return `field '${String(expression.callee.key.value)}' `
  }
  return expression.kind === 'method' ? `method '${expression.name}' ` : ''
}

function unary(operator: string, value: LuaValue, line: number): LuaValue {
  if (operator === 'not') return !isTrue(value)
  if (operator === '#') {
    if (typeof value === 'string') return value.length
    if (value instanceof LuaTable) return value.length
    throw new LuaError(`attempt to get length of a ${typeName(value)} value`, line)
  }
  const n = toNumber(value)
  if (n === undefined) throw new LuaError(`attempt to perform arithmetic on a ${typeName(value)} value`, line)
  return -n
}

const ARITHMETIC: Record<string, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a - Math.floor(a / b) * b,
  '^': (a, b) => a ** b,
}

function binary(operator: string, a: LuaValue, b: LuaValue, line: number): LuaValue {
  if (operator === '==') return a === b
  if (operator === '~=') return a !== b
  if (operator === '..') return concatenate(a, b, line)
  const arithmetic = ARITHMETIC[operator]
  if (!arithmetic) return compare(operator, a, b, line)
  const [x, y] = [toNumber(a), toNumber(b)]
  if (x === undefined || y === undefined) {
    throw new LuaError(`attempt to perform arithmetic on a ${typeName(x === undefined ? a : b)} value`, line)
  }
  return arithmetic(x, y)
}

function concatenate(a: LuaValue, b: LuaValue, line: number): string {
  for (const value of [a, b]) {
    if (typeof value !== 'string' && typeof value !== 'number')
      throw new LuaError(`attempt to concatenate a ${typeName(value)} value`, line)
  }
  const text = toText(a) + toText(b)
  if (text.length > LONGEST_LUA_STRING) throw new LuaError('not enough memory', line)
  return text
}

function compare(operator: string, a: LuaValue, b: LuaValue, line: number): boolean {
  const comparable = (typeof a === 'number' && typeof b === 'number') || (typeof a === 'string' && typeof b === 'string')
  if (!comparable) {
    const what = typeName(a) === typeName(b) ? `two ${typeName(a)} values` : `${typeName(a)} with ${typeName(b)}`
    throw new LuaError(`attempt to compare ${what}`, line)
  }
  const [x, y] = [a as number, b as number]
  return operator === '<' ? x < y : operator === '>' ? x > y : operator === '<=' ? x <= y : x >= y
}
