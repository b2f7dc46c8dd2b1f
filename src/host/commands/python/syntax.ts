/** Where a piece of source stands: lines from 1, columns from 0 in characters. */
export interface Span {
  line: number
  column: number
  endLine: number
  endColumn: number
}

export type Constant = null | boolean | bigint | number | string | Uint8Array | typeof ELLIPSIS | { imaginary: number }

export const ELLIPSIS = Symbol('Ellipsis')

export interface Parameter {
  name: string
  default?: Expression | undefined
}

export interface Parameters {
  /** Those before `/` come first. */
  positional: Parameter[]
  positionalOnly: number
  rest?: string | undefined
  keywordOnly: Parameter[]
  keywords?: string | undefined
}

export interface Clause {
  target: Expression
  iterable: Expression
  conditions: Expression[]
}

export interface Argument {
  kind: 'plain' | 'star' | 'double-star' | 'keyword'
  name?: string
  value: Expression
}

export type FormatPart = string | { value: Expression; conversion: string; format: FormatPart[] | undefined }

export type Expression = { at: Span } & (
  | { type: 'constant'; value: Constant }
  | { type: 'name'; name: string; where?: 'global' | 'local' | 'free' | 'class' }
  | { type: 'format'; parts: FormatPart[] }
  | { type: 'tuple' | 'list' | 'set'; items: Expression[] }
  | { type: 'dict'; entries: { key: Expression | undefined; value: Expression }[] }
  | { type: 'binary'; operator: string; left: Expression; right: Expression }
  | { type: 'unary'; operator: string; operand: Expression }
  | { type: 'and' | 'or'; items: Expression[] }
  | { type: 'compare'; first: Expression; rest: { operator: string; value: Expression }[] }
  | { type: 'call'; function: Expression; args: Argument[] }
  | { type: 'attribute'; object: Expression; name: string }
  | { type: 'subscript'; object: Expression; index: Expression }
  | { type: 'slice'; from: Expression | undefined; to: Expression | undefined; step: Expression | undefined }
  | { type: 'conditional'; test: Expression; yes: Expression; no: Expression }
  | { type: 'lambda'; parameters: Parameters; body: Expression; scope?: Scope }
  | {
      type: 'comprehension'
      kind: 'list' | 'set' | 'dict' | 'generator'
      item: Expression
      value?: Expression
      clauses: Clause[]
      scope?: Scope
    }
  | { type: 'star'; value: Expression }
  | { type: 'walrus'; name: Expression & { type: 'name' }; value: Expression }
  | { type: 'yield'; value: Expression | undefined }
  | { type: 'yield-from'; value: Expression }
  | { type: 'await'; value: Expression }
)

export interface Handler {
  at: Span
  type: Expression | undefined
  name: (Expression & { type: 'name' }) | undefined
  body: Statement[]
}

export interface ImportName {
  name: string
  as: string | undefined
}

export type Statement = { at: Span } & (
  | { type: 'expression'; value: Expression }
  | { type: 'assign'; targets: Expression[]; value: Expression }
  | { type: 'annotate'; target: Expression; annotation: Expression; value: Expression | undefined }
  | { type: 'augment'; target: Expression; operator: string; value: Expression }
  | { type: 'if'; test: Expression; body: Statement[]; otherwise: Statement[] }
  | { type: 'while'; test: Expression; body: Statement[]; otherwise: Statement[] }
  | { type: 'for'; target: Expression; iterable: Expression; body: Statement[]; otherwise: Statement[] }
  | { type: 'function'; name: string; parameters: Parameters; body: Statement[]; decorators: Expression[]; isAsync: boolean; scope?: Scope }
  | { type: 'class'; name: string; args: Argument[]; body: Statement[]; decorators: Expression[]; scope?: Scope }
  | { type: 'return'; value: Expression | undefined }
  | { type: 'delete'; targets: Expression[] }
  | { type: 'pass' | 'break' | 'continue' }
  | { type: 'global' | 'nonlocal'; names: string[] }
  | { type: 'raise'; value: Expression | undefined; cause: Expression | undefined }
  | { type: 'try'; body: Statement[]; handlers: Handler[]; otherwise: Statement[]; last: Statement[] }
  | { type: 'with'; items: { value: Expression; target: Expression | undefined }[]; body: Statement[]; isAsync: boolean }
  | { type: 'assert'; test: Expression; message: Expression | undefined }
  | { type: 'import'; names: ImportName[] }
  | { type: 'from'; module: string; level: number; names: ImportName[] }
)

/** What a function, class or module binds. */
export interface Scope {
  kind: 'module' | 'function' | 'class'
  parent: Scope | undefined
  locals: Set<string>
  globals: Set<string>
  nonlocals: Set<string>
  yields: boolean
}

export interface Program {
  body: Statement[]
  scope: Scope
  /** SyntaxWarnings, in the order in which the compiler gives them. */
  warnings: { line: number; message: string }[]
}

/** Source that is not Python 3.11, in CPython's words. */
export class PythonSyntaxError extends Error {
  readonly kind: 'SyntaxError' | 'IndentationError' | 'TabError'
  readonly at: Span
  /** Whether more lines could make it whole. */
  readonly incomplete: boolean
  /** Found by the compiler, which has no source to show but that of a file. */
  isCompilers = false

  constructor(message: string, at: Span, kind: PythonSyntaxError['kind'] = 'SyntaxError', incomplete = false) {
    super(message)
    this.at = at
    this.kind = kind
    this.incomplete = incomplete
  }
}
