import { callValue, exceptionText, isCallable, methodCall, staticClass } from './calls.ts'
import { FatalSyntax } from './expression-parser.ts'
import { evaluate } from './expressions.ts'
import { NATIVE } from './functions/index.ts'
import { PhpSyntaxError } from './lexer.ts'
import type { PhpMachine } from './machine.ts'
import { PhpExit, PhpFatal, PhpThrow, type Steps } from './outcome.ts'
import { parseCode, parsePhp } from './parser.ts'
import { type Interpreter, Php } from './php.ts'
import { hoist, runAll } from './statements.ts'
import type { Statement } from './syntax.ts'
import { objects, PhpResource } from './value.ts'

export type { PhpMachine } from './machine.ts'

/** Steps of a script that nobody else bounds. */
const MOST_STEPS = 300_000
const FAILED = 255
const INTERPRETER: Interpreter = {
  evaluate,
  runAll,
  hoist,
  callValue,
  methodCall,
  staticClass,
  isCallable,
  native: new Set(Object.keys(NATIVE)),
}

export interface PhpResult {
  /** What was printed and not taken by the machine. */
  output: string
  status: number
}

/**
 * What a PHP file prints. Computes to the byte what is computed, takes fields from the request, runs commands on the simulated
 * host, and complains in PHP's words.
 *
 * @example await runPhp('<?php echo md5("x") . 6*7;', { version: '8.2.29', uname: 'Linux web 6.1.0' })
 * // 9dd4e461268c8034f5c8564e155c67a642
 */
export async function runPhp(file: string, machine: PhpMachine): Promise<string> {
  return (await runScript(() => parsePhp(file), machine)).output
}

/** The same for code as eval takes it. */
export async function evalPhp(code: string, machine: PhpMachine): Promise<string> {
  return (await runScript(() => parseCode(code), machine)).output
}

/** Runs what `parse` gives, up to its end, `exit` or an error. */
export async function runScript(parse: () => Statement[], machine: PhpMachine): Promise<PhpResult> {
  const php = new Php({ mostSteps: machine.spend ? Number.POSITIVE_INFINITY : MOST_STEPS, ...machine }, INTERPRETER)
  for (const [n, name] of ['stdin', 'stdout', 'stderr'].entries()) php.resources.set(n + 1, new PhpResource(name, n + 1))
  let status = await ended(php, () => parse())
  for (const { callee, args } of php.atEnd) {
    php.frames.length = 1
    if (status === FAILED) break
    const last = await guarded(php, () => drive(php, callValue(php, callee, args)))
    status = last ?? status
  }
  php.output.close()
  await drive(php, php.flush())
  return { output: php.output.kept, status }
}

async function ended(php: Php, parse: () => Statement[]): Promise<number> {
  const status = await guarded(php, async () => {
    const statements = parse()
    await drive(php, whole(php, statements))
  })
  return status ?? 0
}

function* whole(php: Php, statements: readonly Statement[]): Steps<void> {
  hoist(php, statements)
  try {
    yield* runAll(php, statements)
  } catch (error) {
    // `php -r` asks no handler.
    if (!(error instanceof PhpThrow) || php.exceptionHandler === null || php.main.file === 'Command line code') throw error
    php.frames.length = 1
    const handler = php.exceptionHandler
    php.exceptionHandler = null
    yield* callValue(php, handler, [error.object])
    throw new PhpExit(FAILED)
  }
}

/** @returns the status of a script that did not come to its end */
async function guarded(php: Php, run: () => Promise<unknown>): Promise<number | undefined> {
  try {
    await run()
    return undefined
  } catch (error) {
    if (error instanceof PhpExit) return error.status
    if (error instanceof PhpThrow) {
      const { properties } = error.object
      const file = String(properties.get('file'))
      const line = Number(properties.get('line'))
      if (error.object.type.name === 'ParseError') php.report('Parse error', String(properties.get('message')), file, line)
      else php.report('Fatal error', `Uncaught ${exceptionText(error.object)}\n  thrown`, file, line)
    } else if (error instanceof FatalSyntax) php.report('Fatal error', error.message, php.main.file, error.line)
    else if (error instanceof PhpSyntaxError) php.report('Parse error', error.message, php.main.file, error.line)
    else if (error instanceof PhpFatal) php.report('Fatal error', error.message)
    // Our own stack has ended before theirs would have: it is what PHP dies of too.
    else if (error instanceof RangeError && /call stack/i.test(error.message)) return 139
    else throw error
    return FAILED
  }
}

/** Goes through the steps, and waits for what they wait for. */
async function drive<T>(php: Php, steps: Steps<T>): Promise<T> {
  let input: unknown
  for (;;) {
    // Each script numbers its objects by itself.
    objects.last = php.lastObject
    const { done, value } = steps.next(input)
    php.lastObject = objects.last
    if (done) return value
    try {
      input = await value
    } catch (error) {
      const thrown = steps.throw(error)
      if (thrown.done) return thrown.value
      input = await thrown.value
    }
  }
}

/** Whether this evaluator knows all functions that a file calls, and can read it: then what it prints is exact. */
export function isKnownPhp(file: string): boolean {
  let statements: Statement[]
  try {
    statements = parsePhp(file)
  } catch (error) {
    if (error instanceof PhpSyntaxError) return false
    throw error
  }
  const own = new Set<string>()
  const note = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    if ('is' in node && node.is === 'function' && 'of' in node) own.add(String((node.of as { name: string }).name).toLowerCase())
    Object.values(node).forEach(note)
  }
  note(statements)
  const isKnown = (node: unknown): boolean => {
    if (typeof node !== 'object' || node === null) return true
    if ('is' in node && node.is === 'call' && 'name' in node && typeof node.name === 'string') {
      const name = node.name.toLowerCase()
      if (!own.has(name) && !Object.hasOwn(NATIVE, name)) return false
    }
    return Object.values(node).every(isKnown)
  }
  return isKnown(statements)
}
