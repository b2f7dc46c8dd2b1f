/** The syntax of PHP as the parser gives it. Lines count from 1; strings are bytes, one a character. */
export type Expression =
  | { is: 'literal'; value: string | bigint | number | boolean | null }
  | { is: 'template'; parts: Expression[] }
  | { is: 'command'; text: Expression; line: number }
  | { is: 'variable'; name: string | Expression; line: number }
  | { is: 'constant'; name: string; line: number }
  | { is: 'index'; of: Expression; at: Expression | undefined; line: number }
  | { is: 'property'; of: Expression; name: string | Expression; nullSafe: boolean; line: number }
  | { is: 'static'; of: string | Expression; name: string; line: number }
  | { is: 'class-constant'; of: string | Expression; name: string; line: number }
  | { is: 'call'; name: string | Expression; args: Argument[]; line: number }
  | { is: 'method'; of: Expression; name: string | Expression; args: Argument[]; nullSafe: boolean; line: number }
  | { is: 'static-call'; of: string | Expression; name: string | Expression; args: Argument[]; line: number }
  | { is: 'new'; of: string | Expression | ClassSyntax; args: Argument[]; line: number }
  | { is: 'unary'; operator: string; of: Expression; line: number }
  | { is: 'binary'; operator: string; left: Expression; right: Expression; line: number }
  | { is: 'choice'; test: Expression; yes: Expression | undefined; no: Expression }
  | { is: 'assign'; to: Expression; value: Expression; line: number }
  | { is: 'assign-reference'; to: Expression; from: Expression; line: number }
  | { is: 'assign-with'; operator: string; to: Expression; value: Expression; line: number }
  | { is: 'step'; by: 1 | -1; first: boolean; of: Expression; line: number }
  | { is: 'array'; items: ArrayItem[]; line: number }
  | { is: 'isset'; of: Expression[] }
  | { is: 'empty'; of: Expression }
  | { is: 'closure'; of: FunctionSyntax; uses: { name: string; byReference: boolean }[]; isStatic: boolean }
  | { is: 'match'; of: Expression; arms: { when: Expression[] | undefined; value: Expression }[]; line: number }
  | { is: 'exit'; value: Expression | undefined }
  | { is: 'print'; value: Expression }
  | { is: 'throw'; value: Expression; line: number }
  | { is: 'include'; file: Expression; once: boolean; required: boolean; line: number }
  | { is: 'eval'; code: Expression; line: number }
  | { is: 'yield'; key: Expression | undefined; value: Expression | undefined; from: boolean; line: number }

/** Without a value it is a hole of `[, $b] = …`. */
export interface ArrayItem {
  key: Expression | undefined
  value: Expression | undefined
  byReference: boolean
  spread: boolean
}

export interface Argument {
  value: Expression
  spread: boolean
  name: string | undefined
}

export interface Parameter {
  name: string
  preset: Expression | undefined
  byReference: boolean
  variadic: boolean
  /** As written: `?int`, `string|array`. */
  type: string | undefined
  /** A constructor's parameter that is a property too. */
  promoted: boolean
}

export interface FunctionSyntax {
  name: string
  parameters: Parameter[]
  body: Statement[]
  byReference: boolean
  /** A generator: its body has `yield`. */
  yields: boolean
  /** `fn` sees the variables around it. */
  isArrow: boolean
  returns: string | undefined
  line: number
}

export interface ClassSyntax {
  kind: 'class' | 'interface' | 'trait' | 'enum'
  name: string
  parent: string | undefined
  interfaces: string[]
  isAbstract: boolean
  constants: { name: string; value: Expression }[]
  cases: { name: string; value: Expression | undefined }[]
  properties: { name: string; value: Expression | undefined; isStatic: boolean; visibility: Visibility; isTyped: boolean }[]
  methods: { of: FunctionSyntax; isStatic: boolean; isAbstract: boolean; visibility: Visibility }[]
  traits: string[]
  line: number
}
export type Visibility = 'public' | 'protected' | 'private'

export type Statement =
  | { is: 'echo'; values: Expression[] }
  | { is: 'expression'; value: Expression; line: number }
  | { is: 'if'; test: Expression; yes: Statement[]; no: Statement[] }
  | { is: 'while'; test: Expression; body: Statement[] }
  | { is: 'do'; test: Expression; body: Statement[] }
  | { is: 'for'; first: Expression[]; test: Expression[]; step: Expression[]; body: Statement[] }
  | { is: 'foreach'; of: Expression; key: Expression | undefined; value: Expression; byReference: boolean; body: Statement[]; line: number }
  | { is: 'switch'; of: Expression; cases: { test: Expression | undefined; body: Statement[] }[] }
  | { is: 'break'; depth: number }
  | { is: 'continue'; depth: number }
  | { is: 'return'; value: Expression | undefined }
  | { is: 'global'; names: string[] }
  | { is: 'static'; variables: { name: string; preset: Expression | undefined }[] }
  | { is: 'unset'; of: Expression[] }
  | { is: 'function'; of: FunctionSyntax }
  | { is: 'class'; of: ClassSyntax }
  | { is: 'const'; constants: { name: string; value: Expression }[] }
  | { is: 'try'; body: Statement[]; catches: { types: string[]; name: string | undefined; body: Statement[] }[]; last: Statement[] }
  | { is: 'block'; body: Statement[] }
