export type Expression =
  | { type: 'number'; value: number }
  | { type: 'string'; value: string }
  | { type: 'regex'; source: string }
  | { type: 'variable'; name: string }
  | { type: 'field'; index: Expression }
  | { type: 'element'; array: string; keys: Expression[] }
  | { type: 'assign'; operator: string; target: Lvalue; value: Expression }
  | { type: 'conditional'; test: Expression; yes: Expression; no: Expression }
  | { type: 'and' | 'or'; left: Expression; right: Expression }
  | { type: 'in'; keys: Expression[]; array: string }
  | { type: 'match'; negated: boolean; left: Expression; right: Expression }
  | { type: 'compare'; operator: string; left: Expression; right: Expression }
  | { type: 'concat'; left: Expression; right: Expression }
  | { type: 'arithmetic'; operator: string; left: Expression; right: Expression }
  | { type: 'not' | 'minus' | 'plus'; operand: Expression }
  | { type: 'step'; by: 1 | -1; prefix: boolean; target: Lvalue }
  | { type: 'call'; name: string; arguments: Expression[] }
  | { type: 'builtin'; name: string; arguments: Expression[] }
  | { type: 'getline'; source: 'input' | 'file' | 'command'; from: Expression | undefined; target: Lvalue | undefined }
  | { type: 'group'; items: Expression[] }

export type Lvalue = Extract<Expression, { type: 'variable' | 'field' | 'element' }>

export type Statement =
  | { type: 'block'; body: Statement[] }
  | { type: 'expression'; value: Expression }
  | { type: 'print' | 'printf'; values: Expression[]; redirect: { how: '>' | '>>' | '|'; to: Expression } | undefined }
  | { type: 'if'; test: Expression; yes: Statement; no: Statement | undefined }
  | { type: 'while'; test: Expression; body: Statement }
  | { type: 'do'; test: Expression; body: Statement }
  | { type: 'for'; start: Statement | undefined; test: Expression | undefined; step: Statement | undefined; body: Statement }
  | { type: 'each'; name: string; array: string; body: Statement }
  | { type: 'break' | 'continue' | 'next' | 'nextfile' }
  | { type: 'exit' | 'return'; value: Expression | undefined }
  | { type: 'delete'; array: string; keys: Expression[] | undefined }

export type Pattern =
  | { type: 'BEGIN' | 'END' | 'always' }
  | { type: 'expression'; value: Expression }
  | { type: 'range'; from: Expression; to: Expression; active: boolean }

export interface Rule {
  pattern: Pattern
  /** Absent = print the record. */
  action: Statement | undefined
}

export interface AwkFunction {
  name: string
  parameters: string[]
  body: Statement
}

export interface AwkProgram {
  rules: Rule[]
  functions: Map<string, AwkFunction>
}
