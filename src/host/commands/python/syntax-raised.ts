import type { PythonSyntaxError } from './syntax.ts'
import { raise, tuple } from './types.ts'
import type { Raised } from './value.ts'

/** The Python exception for source that could not be read. */
export function syntaxRaised(error: PythonSyntaxError, file: string, source: string): Raised {
  const { line, column, endLine, endColumn } = error.at
  const lines = source.split('\n')
  const at = Math.min(line, Math.max(1, lines.length))
  const text = error.isCompilers && file.startsWith('<') ? undefined : lines[at - 1]
  const raised = raise(error.kind, error.message)
  const { exception } = raised
  exception.syntax = { file, line, column, endLine, endColumn, text: line > lines.length ? undefined : text }
  exception.args = [error.message, tuple(file, BigInt(line), BigInt(column + 1), text ?? null, BigInt(endLine), BigInt(endColumn + 1))]
  for (const [name, value] of Object.entries({
    msg: error.message,
    filename: file,
    lineno: BigInt(line),
    offset: BigInt(column + 1),
    text: text ?? null,
  }))
    exception.attributes.set(name, value)
  if (error.incomplete) exception.attributes.set('incomplete', true)
  return raised
}
