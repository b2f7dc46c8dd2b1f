import type { Machine } from './machine.ts'
import { T, typeError } from './types.ts'
import { type Native, PyBuiltin, type PyClass, type Steps, type Value } from './value.ts'

type Implementation = (m: Machine, ...args: never[]) => Value | Steps<Value> | Promise<Value>

interface Shape {
  names: string[]
  required: number
  /** How many may come by position. */
  positional: number
  rest: boolean
  keywords: boolean
}

function shapeOf(signature: string): Shape {
  const shape: Shape = { names: [], required: 0, positional: 0, rest: false, keywords: false }
  let isKeywordOnly = false
  for (const word of signature.split(/,\s*/)) {
    if (word === '') continue
    if (word === '*') isKeywordOnly = true
    else if (word === '*args') shape.rest = isKeywordOnly = true
    else if (word === '**kw') shape.keywords = true
    else {
      const isOptional = word.endsWith('=')
      shape.names.push(isOptional ? word.slice(0, -1) : word)
      if (!isKeywordOnly) shape.positional++
      if (!isOptional && !isKeywordOnly) shape.required++
    }
  }
  return shape
}

/**
 * A builtin from a signature like `s, sep=, *args, key=, **kw`: `run` gets the machine and then one argument a name (undefined when it was
 * left out), the rest as an array, and the other keywords as a map.
 */
export function define(name: string, signature: string, run: Implementation, isMethod = false): PyBuiltin {
  const shape = shapeOf(signature)
  return new PyBuiltin(name, bind(name, shape, run, isMethod), T.builtin, isMethod)
}

function bind(name: string, shape: Shape, run: Implementation, isMethod: boolean): Native {
  const { names, required, positional, rest, keywords: takesOthers } = shape
  return (m, args, keywords) => {
    const given = args.length - (isMethod ? 1 : 0)
    if ((args.length > positional && !rest) || (args.length < required && keywords.size === 0)) throw count(name, shape, given, isMethod)
    const values: unknown[] = names.map((_, i) => (i < positional ? args[i] : undefined))
    let others: Map<string, Value> | undefined
    for (const [key, value] of keywords) {
      const at = names.indexOf(key)
      if (at < 0 || (isMethod && at === 0)) {
        if (!takesOthers) throw unexpected(name, key, shape, isMethod)
        others ??= new Map()
        others.set(key, value)
      } else if (values[at] !== undefined)
        throw typeError(`argument for ${name}() given by name ('${key}') and position (${at + 1 - (isMethod ? 1 : 0)})`)
      else values[at] = value
    }
    for (let i = 0; i < required; i++)
      if (values[i] === undefined) throw typeError(`${name}() missing required argument '${names[i]}' (pos ${i + 1 - (isMethod ? 1 : 0)})`)
    const all = [...values, ...(rest ? [args.slice(positional)] : []), ...(takesOthers ? [others ?? new Map()] : [])]
    return run(m, ...(all as never[]))
  }
}

function unexpected(name: string, key: string, shape: Shape, isMethod: boolean): Error {
  if (shape.names.length - (isMethod ? 1 : 0) === shape.required - (isMethod ? 1 : 0) && shape.names.length === shape.positional)
    return typeError(`${name}() takes no keyword arguments`)
  return typeError(`'${key}' is an invalid keyword argument for ${name}()`)
}

function count(name: string, shape: Shape, given: number, isMethod: boolean): Error {
  const self = isMethod ? 1 : 0
  const [least, most] = [shape.required - self, shape.positional - self]
  const plural = (n: number): string => `${n} argument${n === 1 ? '' : 's'}`
  if (least === most && !shape.rest) {
    if (least === 0) return typeError(`${name}() takes no arguments (${given} given)`)
    if (least === 1) return typeError(`${name}() takes exactly one argument (${given} given)`)
    return typeError(`${name} expected ${plural(least)}, got ${given}`)
  }
  return given < least
    ? typeError(`${name} expected at least ${plural(least)}, got ${given}`)
    : typeError(`${name} expected at most ${plural(most)}, got ${given}`)
}

type Table = Readonly<Record<string, readonly [signature: string, run: Implementation]>>

/** Methods of a builtin class; the first parameter is the object. */
export function methods(cls: PyClass, table: Table): void {
  for (const [name, [signature, run]] of Object.entries(table)) cls.dict.set(name, define(name, signature, run, true))
}

/** Functions of a module. */
export function functions(table: Table, module?: string): [string, PyBuiltin][] {
  return Object.entries(table).map(([name, [signature, run]]) => {
    const made = define(name, signature, run)
    made.module = module
    return [name, made]
  })
}
