import type { Expression, Scope, Span, Statement } from './syntax.ts'
import type { PyException, Value } from './value.ts'

/** Source as tracebacks show it: `<string>`, `<stdin>` or a file with its lines. */
export interface SourceFile {
  name: string
  lines: readonly string[] | undefined
  /** Of ours, in Python: tracebacks show CPython's lines in its place. */
  isLibrary?: boolean
}

/** A running function, class body or module. */
export class Frame {
  readonly name: string
  readonly scope: Scope
  readonly locals: Map<string, Value>
  readonly globals: Map<string, Value>
  /** Around a function: where its free names are. */
  readonly outer: Frame | undefined
  readonly source: SourceFile
  back: Frame | undefined
  depth = 0
  /** What is being evaluated. */
  at: (Expression | Statement | { at: Span }) & { at: Span } = NOWHERE
  /** What is being handled, for a bare `raise` and for contexts. */
  handled: PyException | undefined
  returned: Value = null
  /** `__class__` of a method, for super(). */
  definedIn: Value | undefined
  /** The first argument, for super(). */
  self: Value | undefined
  qualname = ''

  constructor(facts: {
    name: string
    scope: Scope
    locals: Map<string, Value>
    globals: Map<string, Value>
    outer: Frame | undefined
    source: SourceFile
  }) {
    this.name = facts.name
    this.scope = facts.scope
    this.locals = facts.locals
    this.globals = facts.globals
    this.outer = facts.outer
    this.source = facts.source
  }
}

export const NOWHERE = { at: { line: 1, column: 0, endLine: 1, endColumn: 0 } }
