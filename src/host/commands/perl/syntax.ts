/** The tree of a Perl program, as far as the interpreter goes. */
export type Node = { line: number } & (
  | { type: 'number'; value: number }
  | { type: 'string'; value: string }
  /** Pieces of an interpolated text; arrays among them are joined by `$"`. */
  | { type: 'interpolated'; parts: Node[] }
  /** `sigil` and name; `@` and `%` are whole containers, `&` a function, `*` a glob. */
  | { type: 'variable'; sigil: '$' | '@' | '%' | '&' | '*'; name: string }
  /** `${…}`, `@{…}`, `$$x`: what a reference points at. */
  | { type: 'dereference'; sigil: '$' | '@' | '%' | '&' | '*'; of: Node }
  | { type: 'lastIndex'; of: Node }
  /** `$a[i]`, `$r->[i]`: `of` is the array. */
  | { type: 'element'; of: Node; index: Node }
  /** `$h{k}`, `$r->{k}`: `of` is the hash. */
  | { type: 'entry'; of: Node; key: Node }
  | { type: 'slice'; of: Node; keys: Node; kind: 'array' | 'hash' | 'pairs' }
  | { type: 'listSlice'; of: Node; index: Node }
  | { type: 'my'; how: 'my' | 'our' | 'local' | 'state'; targets: Node[]; isList: boolean }
  | { type: 'assign'; operator: string; target: Node; value: Node }
  | { type: 'binary'; operator: string; left: Node; right: Node }
  | { type: 'logical'; operator: '&&' | '||' | '//' | 'xor'; left: Node; right: Node }
  | { type: 'unary'; operator: string; of: Node }
  | { type: 'step'; operator: '++' | '--'; prefix: boolean; of: Node }
  | { type: 'conditional'; test: Node; yes: Node; no: Node }
  | { type: 'list'; items: Node[] }
  | { type: 'range'; from: Node; to: Node }
  | { type: 'array'; items: Node[] }
  | { type: 'hash'; items: Node[] }
  | { type: 'sub'; name: string | undefined; body: Node }
  | { type: 'call'; name: string; args: Node[]; parenthesised: boolean }
  | { type: 'invoke'; code: Node; args: Node[] }
  | { type: 'method'; object: Node; name: string | Node; args: Node[] }
  | { type: 'reference'; of: Node }
  | { type: 'match'; target: Node | undefined; pattern: Node; flags: string; negated: boolean }
  | { type: 'substitute'; target: Node | undefined; pattern: Node; replacement: Node; flags: string }
  | { type: 'transliterate'; target: Node | undefined; from: string; to: string; flags: string }
  | { type: 'backtick'; command: Node }
  | { type: 'readLine'; handle: Node | undefined }
  | { type: 'glob'; pattern: Node }
  | { type: 'fileTest'; operator: string; of: Node | undefined }
  | { type: 'print'; name: 'print' | 'printf' | 'say'; handle: Node | undefined; args: Node[] }
  /** `map`, `grep`, `sort`, `first` and their kind: code and a list. */
  | { type: 'apply'; name: string; code: Node | undefined; args: Node[] }
  | { type: 'block'; body: Node[] }
  | { type: 'do'; body: Node }
  | { type: 'eval'; body: Node }
  | { type: 'if'; branches: { test: Node; body: Node }[]; otherwise: Node | undefined }
  | { type: 'while'; label: string | undefined; test: Node; body: Node; until: boolean; after: boolean; next: Node | undefined }
  | { type: 'for'; label: string | undefined; start: Node | undefined; test: Node | undefined; step: Node | undefined; body: Node }
  | { type: 'foreach'; label: string | undefined; variable: Node | undefined; list: Node; body: Node }
  | { type: 'jump'; kind: 'next' | 'last' | 'redo'; label: string | undefined }
  | { type: 'return'; value: Node | undefined }
  | { type: 'package'; name: string; body: Node | undefined }
  | { type: 'use'; module: string; args: Node | undefined; no: boolean }
  | { type: 'nothing' }
)

/** A program that Perl refuses; the message has no line yet when `line` is to be put behind it. */
export class PerlSyntaxError extends Error {}

/** Something of the language that the interpreter does not know. */
export class Unsupported extends Error {}
