import { declareClass, methodCall } from './calls.ts'
import { bind, evaluate, toText } from './expressions.ts'
import { PhpGenerator } from './generator.ts'
import { isLoose } from './operators.ts'
import { type Completion, PhpFatal, PhpThrow, type Steps } from './outcome.ts'
import type { Php } from './php.ts'
import { assign, refOf, unset } from './places.ts'
import type { Statement } from './syntax.ts'
import { copied, isTrue, keyValue, PhpArray, PhpObject, Ref, shortType, type Value } from './value.ts'

/** Functions and classes are there before the first statement runs. */
export function hoist(php: Php, statements: readonly Statement[]): void {
  for (const statement of statements) {
    if (statement.is === 'function') {
      const name = statement.of.name.toLowerCase()
      const before = php.functions.get(name)
      if (before && before !== statement.of) {
        php.frame.line = statement.of.line
        throw new PhpFatal(`Cannot redeclare ${statement.of.name}() (previously declared in ${php.frame.file}:${before.line})`)
      }
      php.functions.set(name, statement.of)
    }
    if (statement.is === 'block') hoist(php, statement.body)
  }
  for (const statement of statements) {
    if (statement.is !== 'class' || statement.of.parent || statement.of.interfaces.length > 0 || statement.of.traits.length > 0) continue
    declareClass(php, statement.of)
  }
}

export function* runAll(php: Php, statements: readonly Statement[]): Steps<Completion> {
  for (const statement of statements) {
    const completion = yield* run(php, statement)
    if (completion) return completion
  }
  return undefined
}

function* run(php: Php, statement: Statement): Steps<Completion> {
  const waiting = php.step()
  if (waiting) yield waiting
  switch (statement.is) {
    case 'echo':
      for (const value of statement.values) yield* php.print(yield* toText(php, yield* evaluate(php, value)))
      return undefined
    case 'expression':
      php.frame.line = statement.line
      yield* evaluate(php, statement.value)
      return undefined
    case 'if':
      return yield* runAll(php, isTrue(yield* evaluate(php, statement.test)) ? statement.yes : statement.no)
    case 'block':
      return yield* runAll(php, statement.body)
    case 'while':
    case 'do':
    case 'for':
      return yield* loop(php, statement)
    case 'foreach':
      return yield* foreach(php, statement)
    case 'switch':
      return yield* runSwitch(php, statement)
    case 'break':
    case 'continue':
      return { is: statement.is, depth: statement.depth }
    case 'return':
      php.frame.result = statement.value ? copied(yield* evaluate(php, statement.value)) : null
      return { is: 'return' }
    case 'global':
      for (const name of statement.names) {
        const ref = php.globals.get(name) ?? new Ref()
        php.globals.set(name, ref)
        php.frame.variables.set(name, ref)
      }
      return undefined
    case 'static':
      yield* staticVariables(php, statement)
      return undefined
    case 'unset':
      for (const place of statement.of) yield* unset(php, place)
      return undefined
    case 'function':
      php.functions.set(statement.of.name.toLowerCase(), statement.of)
      return undefined
    case 'class':
      if (!php.classes.has(statement.of.name.toLowerCase())) declareClass(php, statement.of)
      return undefined
    case 'const':
      for (const { name, value } of statement.constants) php.constants.set(name, yield* evaluate(php, value))
      return undefined
    case 'try':
      return yield* runTry(php, statement)
  }
}

/** What a loop does with the completion of its body: `end` it with what goes on outside, or go on. */
function after(completion: Completion): { end: true; completion: Completion } | undefined {
  if (!completion || (completion.is === 'continue' && completion.depth <= 1)) return undefined
  if (completion.is === 'return') return { end: true, completion }
  if (completion.depth <= 1) return { end: true, completion: undefined }
  return { end: true, completion: { is: completion.is, depth: completion.depth - 1 } }
}

function* loop(php: Php, statement: Statement & { is: 'while' | 'do' | 'for' }): Steps<Completion> {
  if (statement.is === 'for') for (const one of statement.first) yield* evaluate(php, one)
  const tests = statement.is === 'for' ? statement.test : [statement.test]
  for (let isFirst = true; ; isFirst = false) {
    const waiting = php.step()
    if (waiting) yield waiting
    if (!(isFirst && statement.is === 'do')) {
      let goesOn: Value = true
      for (const test of tests) goesOn = yield* evaluate(php, test)
      if (!isTrue(goesOn)) return undefined
    }
    const ended = after(yield* runAll(php, statement.body))
    if (ended) return ended.completion
    if (statement.is === 'for') for (const one of statement.step) yield* evaluate(php, one)
  }
}

function* foreach(php: Php, statement: Statement & { is: 'foreach' }): Steps<Completion> {
  const { value: place, key, byReference, body } = statement
  if (byReference) return yield* foreachReference(php, statement)
  const of = yield* evaluate(php, statement.of)
  php.frame.line = statement.line
  if (of instanceof PhpGenerator || (of instanceof PhpObject && of.isA('Traversable'))) return yield* foreachIterator(php, statement, of)
  if (!(of instanceof PhpArray) && !(of instanceof PhpObject)) {
    php.warn(`foreach() argument must be of type array|object, ${shortType(of)} given`)
    return undefined
  }
  const array = of instanceof PhpArray ? of.copy() : of.properties.copy()
  for (const [name, value] of array.entries()) {
    yield* assign(php, place, copied(value))
    if (key) yield* assign(php, key, keyValue(name))
    const ended = after(yield* runAll(php, body))
    if (ended) return ended.completion
  }
  return undefined
}

function* foreachReference(php: Php, { of, value, key, body }: Statement & { is: 'foreach' }): Steps<Completion> {
  const { value: array } = yield* refOf(php, of)
  if (!(array instanceof PhpArray)) return undefined
  for (const name of array.keys()) {
    if (!array.has(name)) continue
    yield* bind(php, value, array.ref(name))
    if (key) yield* assign(php, key, keyValue(name))
    const ended = after(yield* runAll(php, body))
    if (ended) return ended.completion
  }
  return undefined
}

function* foreachIterator(php: Php, statement: Statement & { is: 'foreach' }, of: PhpObject): Steps<Completion> {
  let iterator = of
  while (iterator.isA('IteratorAggregate')) {
    const inner = yield* methodCall(php, iterator, 'getIterator', [])
    if (!(inner instanceof PhpObject)) return undefined
    iterator = inner
  }
  yield* methodCall(php, iterator, 'rewind', [])
  while (isTrue(yield* methodCall(php, iterator, 'valid', []))) {
    yield* assign(php, statement.value, yield* methodCall(php, iterator, 'current', []))
    if (statement.key) yield* assign(php, statement.key, yield* methodCall(php, iterator, 'key', []))
    const ended = after(yield* runAll(php, statement.body))
    if (ended) return ended.completion
    yield* methodCall(php, iterator, 'next', [])
  }
  return undefined
}

function* runSwitch(php: Php, { of, cases }: Statement & { is: 'switch' }): Steps<Completion> {
  const value = yield* evaluate(php, of)
  let at = -1
  for (const [n, { test }] of cases.entries()) {
    if (!test || !isLoose(value, yield* evaluate(php, test))) continue
    at = n
    break
  }
  if (at < 0) at = cases.findIndex(({ test }) => !test)
  for (; at >= 0 && at < cases.length; at++) {
    const completion = yield* runAll(php, cases[at]?.body ?? [])
    if (!completion) continue
    const ended = after(completion)
    return ended?.completion
  }
  return undefined
}

function* staticVariables(php: Php, { variables }: Statement & { is: 'static' }): Steps<void> {
  const owner = php.frame.function ?? php
  const known = php.statics.get(owner) ?? new Map<string, Ref>()
  php.statics.set(owner, known)
  for (const { name, preset } of variables) {
    const ref = known.get(name) ?? new Ref(preset ? yield* evaluate(php, preset) : null)
    known.set(name, ref)
    php.frame.variables.set(name, ref)
  }
}

function* runTry(php: Php, { body, catches, last }: Statement & { is: 'try' }): Steps<Completion> {
  const depth = php.frames.length
  let completion: Completion
  try {
    try {
      completion = yield* runAll(php, body)
    } catch (error) {
      if (!(error instanceof PhpThrow)) throw error
      php.frames.length = depth
      const handler = catches.find(({ types }) => types.some((type) => error.object.isA(type)))
      if (!handler) throw error
      if (handler.name !== undefined) yield* assign(php, { is: 'variable', name: handler.name, line: php.frame.line }, error.object)
      completion = yield* runAll(php, handler.body)
    }
  } catch (error) {
    if (!(error instanceof PhpThrow) || last.length === 0) throw error
    php.frames.length = depth
    const ended = yield* runAll(php, last)
    if (ended) return ended
    throw error
  }
  const { result } = php.frame
  const ended = yield* runAll(php, last)
  if (ended) return ended
  php.frame.result = result
  return completion
}
