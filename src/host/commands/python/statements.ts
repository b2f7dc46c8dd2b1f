import { assign, augmentedAssign, deleteTarget } from './assignment.ts'
import { defineClass } from './classes.ts'
import { handleTry, raiseStatement, withStatement } from './exceptions.ts'
import { evaluate, makeFunction, operand } from './expressions.ts'
import type { Frame } from './frame.ts'
import { importFrom, importNames } from './imports.ts'
import type { Machine } from './machine.ts'
import { bind } from './scopes.ts'
import type { Statement } from './syntax.ts'
import { raise } from './types.ts'
import { type Steps, Unsupported, type Value } from './value.ts'

/** How a statement ended. */
export type Completion = 'next' | 'break' | 'continue' | 'return'

/** Runs statements one after another. @throws Raised */
export function* execute(m: Machine, body: readonly Statement[], frame: Frame): Steps<Completion> {
  for (const statement of body) {
    const pause = m.spend()
    if (pause) yield pause
    if (m.memory.isDue) yield* m.countMemory()
    frame.at = statement
    const completion = yield* one(m, statement, frame)
    if (completion !== 'next') return completion
  }
  return 'next'
}

function* one(m: Machine, node: Statement, frame: Frame): Steps<Completion> {
  switch (node.type) {
    case 'expression': {
      const value = yield* operand(m, node.value, frame)
      if (m.echo && frame.scope.kind === 'module' && frame === m.echoFrame) yield* m.echo(value)
      return 'next'
    }
    case 'assign': {
      const value = yield* operand(m, node.value, frame)
      for (const target of node.targets) yield* assign(m, target, value, frame)
      return 'next'
    }
    case 'annotate':
      if (node.value) yield* assign(m, node.target, yield* operand(m, node.value, frame), frame)
      if (frame.scope.kind !== 'function' && node.target.type === 'name') m.annotate(node.target.name, frame)
      return 'next'
    case 'augment':
      yield* augmentedAssign(m, node, frame)
      return 'next'
    case 'if': {
      const isTrue = yield* m.truth(yield* operand(m, node.test, frame))
      return yield* execute(m, isTrue ? node.body : node.otherwise, frame)
    }
    case 'while':
      for (;;) {
        const pause = m.spend()
        if (pause) yield pause
        frame.at = node.test
        if (!(yield* m.truth(yield* operand(m, node.test, frame)))) break
        const completion = yield* execute(m, node.body, frame)
        if (completion === 'break') return 'next'
        if (completion === 'return') return completion
      }
      return yield* execute(m, node.otherwise, frame)
    case 'for':
      return yield* forLoop(m, node, frame)
    case 'function': {
      const decorators: Value[] = []
      for (const decorator of node.decorators) decorators.push(yield* evaluate(m, decorator, frame))
      let value: Value = yield* makeFunction(m, node, node.name, node.body, frame, node.isAsync)
      for (const [i, decorator] of [...decorators.entries()].reverse()) {
        frame.at = node.decorators[i] as (typeof node.decorators)[0]
        value = yield* m.call(decorator, [value])
      }
      bind(m, node.name, value, frame)
      return 'next'
    }
    case 'class':
      yield* defineClass(m, node, frame)
      return 'next'
    case 'return':
      frame.returned = node.value ? yield* operand(m, node.value, frame) : null
      return 'return'
    case 'delete':
      for (const target of node.targets) yield* deleteTarget(m, target, frame)
      return 'next'
    case 'pass':
    case 'global':
    case 'nonlocal':
      return 'next'
    case 'break':
    case 'continue':
      return node.type
    case 'raise':
      return yield* raiseStatement(m, node, frame)
    case 'try':
      return yield* handleTry(m, node, frame)
    case 'with':
      if (node.isAsync) throw new Unsupported('async with')
      return yield* withStatement(m, node, 0, frame)
    case 'assert': {
      if (yield* m.truth(yield* operand(m, node.test, frame))) return 'next'
      const message = node.message && (yield* operand(m, node.message, frame))
      frame.at = node.test
      throw message === undefined ? raise('AssertionError') : raise('AssertionError', message)
    }
    case 'import':
      yield* importNames(m, node, frame)
      return 'next'
    case 'from':
      yield* importFrom(m, node, frame)
      return 'next'
  }
}

function* forLoop(m: Machine, node: Statement & { type: 'for' }, frame: Frame): Steps<Completion> {
  const source = yield* operand(m, node.iterable, frame)
  frame.at = node.iterable
  const iterator = yield* m.iterate(source)
  for (;;) {
    const pause = m.spend()
    if (pause) yield pause
    frame.at = node.iterable
    const value = yield* m.next(iterator)
    if (value === undefined) break
    yield* assign(m, node.target, value, frame)
    const completion = yield* execute(m, node.body, frame)
    if (completion === 'break') return 'next'
    if (completion === 'return') return completion
  }
  return yield* execute(m, node.otherwise, frame)
}
