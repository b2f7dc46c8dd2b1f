import { FILE_FUNCTIONS } from './functions-files.ts'
import { LIST_FUNCTIONS } from './functions-lists.ts'
import { SYSTEM_FUNCTIONS } from './functions-system.ts'
import { TEXT_FUNCTIONS } from './functions-texts.ts'
import type { Interpreter } from './interpreter.ts'
import type { Node } from './syntax.ts'
import type { Scope, Value } from './value.ts'

/** A function of Perl's own: it sees its arguments unevaluated, for some change them. */
export type PerlFunction = (p: Interpreter, call: Node & { type: 'call' }, scope: Scope, wantsList: boolean) => Promise<Value[]>

export const FUNCTIONS: Readonly<Record<string, PerlFunction>> = {
  ...TEXT_FUNCTIONS,
  ...LIST_FUNCTIONS,
  ...FILE_FUNCTIONS,
  ...SYSTEM_FUNCTIONS,
}
