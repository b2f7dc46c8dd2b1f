import { posix } from 'node:path'
import { HostError } from '../contract.ts'
import { FatalSyntax } from './expression-parser.ts'
import { PhpSyntaxError } from './lexer.ts'
import { PhpExit, PhpFatal, PhpThrow, type Steps } from './outcome.ts'
import { parseCode, parsePhp } from './parser.ts'
import type { Php } from './php.ts'
import type { Expression, Statement } from './syntax.ts'
import type { Value } from './value.ts'

const DEEPEST_EVAL = 50

/** PHP's construct; no code of an attacker ever runs as code of ours. */
const EVALUATOR = 'eval'

/** Runs code of `eval`, with the variables of where it stands. */
export function* runCode(php: Php, code: string): Steps<Value> {
  const { frame } = php
  const file = `${frame.file}(${frame.line}) : ${EVALUATOR}()'d code`
  let statements: Statement[]
  try {
    statements = parseCode(code)
  } catch (error) {
    if (!(error instanceof PhpSyntaxError) || error instanceof FatalSyntax) throw error
    const object = php.exception(php.classes.get('parseerror') as never, error.message)
    object.properties.set('file', file)
    object.properties.set('line', BigInt(error.line))
    throw new PhpThrow(object)
  }
  return yield* inFile(php, file, statements)
}

/** Runs the statements with the variables of the function that is running. */
function* inFile(php: Php, file: string, statements: Statement[]): Steps<Value> {
  if (++php.evals > DEEPEST_EVAL) throw new PhpExit(255)
  const { frame } = php
  const inner = { ...frame, file, line: 1, result: null, label: 'eval' }
  php.enter(inner)
  php.interpreter.hoist(php, statements)
  const completion = yield* php.runAll(statements)
  php.frames.pop()
  php.evals--
  return completion?.is === 'return' ? inner.result : null
}

/** `include` and its kin, from the files of the machine. Nothing is fetched from anywhere. */
export function* includeFile(php: Php, { once, required, line }: Expression & { is: 'include' }, path: string): Steps<Value> {
  const { frame } = php
  frame.line = line
  const word = `${required ? 'require' : 'include'}${once ? '_once' : ''}`
  const full = posix.resolve(php.cwd, path)
  if (once && php.included.has(full)) return true
  let code: string
  try {
    if (/^[a-z]+:\/\//i.test(path) || !php.machine.files) throw new HostError('ENOENT', 'No such file or directory')
    code = php.machine.files.read(full).toString('latin1')
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    if (/^https?:\/\//i.test(path))
      php.warn(
        `${word}(): ${path.slice(0, 5).replace(/:.*/, '')}:// wrapper is disabled in the server configuration by allow_url_include=0`,
      )
    php.warn(
      `${word}(${path}): Failed to open stream: ${/^https?:\/\//i.test(path) ? 'no suitable wrapper could be found' : error.message}`,
    )
    const told = `Failed opening ${required ? 'required ' : ''}'${path}' ${required ? '' : 'for inclusion '}(include_path='.:/usr/share/php')`
    if (required) php.fail('Error', told)
    php.warn(`${word}(): ${told}`)
    return false
  }
  php.included.add(full)
  let statements: Statement[]
  try {
    statements = parsePhp(code)
  } catch (error) {
    if (!(error instanceof PhpSyntaxError)) throw error
    throw new PhpFatal(error.message)
  }
  const value = yield* inFile(php, full, statements)
  return value ?? 1n
}
