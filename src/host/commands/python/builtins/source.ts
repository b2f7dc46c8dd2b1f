import { Frame } from '../frame.ts'
import type { Machine } from '../machine.ts'
import { parseExpression, parseProgram } from '../parser.ts'
import { define } from '../signature.ts'
import { type Program, PythonSyntaxError } from '../syntax.ts'
import { syntaxRaised } from '../syntax-raised.ts'
import { raise, T, typeError, typeName } from '../types.ts'
import { Call, PyBytes, PyCode, PyDict, type PyModule, type Steps, type Value } from '../value.ts'

/** Longer source is not read: reading it would hold up everybody. */
const MOST_SOURCE = 512 * 1024

/** Compiled source by its code object; it is parsed once. */
const programs = new WeakMap<PyCode, Program>()

export function parseSource(source: string, file: string, mode: string): Program {
  if (source.length > MOST_SOURCE) throw raise('MemoryError')
  if (source.includes('\0')) throw raise('ValueError', 'source code string cannot contain null bytes')
  try {
    return mode === 'eval' ? parseExpression(source) : parseProgram(source)
  } catch (error) {
    if (error instanceof PythonSyntaxError) throw syntaxRaised(error, file, source)
    throw error
  }
}

function compiled(m: Machine, given: Value, file: string, mode: string): PyCode {
  if (given instanceof PyCode) return given
  const source = typeof given === 'string' ? given : given instanceof PyBytes ? m.decode(given.data, 'utf-8', 'strict') : undefined
  if (source === undefined) throw typeError(`${mode === 'eval' ? 'eval' : 'exec'}() arg 1 must be a string, bytes or code object`)
  m.noteSource(source)
  const code = new PyCode(source, file, mode, T.code)
  programs.set(code, parseSource(source.replace(/\r\n?/g, '\n'), file, mode))
  return code
}

/** A dict of a program as a namespace; what the code binds comes back into it. */
function* run(m: Machine, code: PyCode, globals: Value | undefined, locals: Value | undefined): Steps<Value> {
  const program = programs.get(code) as Program
  const here = m.frame as Frame
  if (globals !== undefined && globals !== null && !(globals instanceof PyDict))
    throw typeError(`${code.mode}() globals must be a dict, not ${typeName(globals)}`)
  const outside = globals instanceof PyDict ? m.mapOf(globals) : here.globals
  const inside = locals instanceof PyDict && locals !== globals ? m.mapOf(locals) : globals instanceof PyDict ? outside : here.locals
  const frame = new Frame({
    name: '<module>',
    scope: program.scope,
    locals: inside,
    globals: outside,
    outer: undefined,
    source: { name: code.file, lines: undefined },
  })
  try {
    if (code.mode === 'eval') {
      const [statement] = program.body
      if (statement?.type !== 'expression') return null
      return (yield new Call(m.inFrame(frame, m.evaluate(statement.value, frame)))) as Value
    }
    yield new Call(m.inFrame(frame, m.execute(program.body, frame) as Steps<unknown>))
    return null
  } finally {
    if (globals instanceof PyDict) m.writeBack(globals, outside)
    if (locals instanceof PyDict && locals !== globals) m.writeBack(locals, inside)
  }
}

export const execute: [string, Value][] = [
  [
    'exec',
    define('exec', 'source, globals=, locals=', (m, source: Value, globals: Value | undefined, locals: Value | undefined) =>
      run(m, compiled(m, source, '<string>', 'exec'), globals, locals),
    ),
  ],
  [
    'eval',
    define('eval', 'source, globals=, locals=', (m, source: Value, globals: Value | undefined, locals: Value | undefined) =>
      run(m, compiled(m, source, '<string>', 'eval'), globals, locals),
    ),
  ],
  [
    'compile',
    define('compile', 'source, filename, mode, flags=, dont_inherit=, optimize=', (m, source: Value, file: Value, mode: Value) =>
      compiled(m, source, String(file), mode === 'eval' ? 'eval' : 'exec'),
    ),
  ],
  [
    '__import__',
    define(
      '__import__',
      'name, globals=, locals=, fromlist=, level=',
      function* (m: Machine, name: Value, _globals: Value | undefined, _locals: Value | undefined, from: Value | undefined): Steps<Value> {
        if (typeof name !== 'string') throw typeError(`__import__() argument 1 must be str, not ${typeName(name)}`)
        const module: PyModule = yield* m.importModule(name)
        const isDeep = from !== undefined && (yield* m.truth(from))
        return isDeep ? module : ((m.modules.get(name.split('.')[0] as string) ?? module) as Value)
      },
    ),
  ],
]
