import type { HostText } from '../command.ts'
import type { KernelProcess } from '../process/kernel-process.ts'
import type { Dialect } from './dialect.ts'
import type { FieldBuilder } from './expand/fields.ts'
import type { CompoundCommandNode, StatementNode, WordNode, WordPart } from './grammar.ts'
import type { Shell } from './shell.ts'

/** How a part of a word is looked at. */
export interface PartContext {
  /** Inside double quotes (or a here-document): no splitting, no globbing. */
  quoted: boolean
  /** Literal text of the word behind `:-` and its like is split as the expansion that it is. */
  literalSplits?: boolean
}

/** A builtin: gets its arguments without its name. */
export type Builtin = (shell: Shell, args: HostText[], name: string) => Promise<number> | number

/**
 * What expansions and commands need of each other: a word may hold a program, a program holds words. One object ties
 * the knot, so that no file needs to import in a circle.
 */
export interface Machinery {
  words(shell: Shell, words: readonly WordNode[]): Promise<HostText[]>
  text(shell: Shell, word: WordNode): Promise<HostText>
  parts(shell: Shell, parts: readonly WordPart[], out: FieldBuilder, context: PartContext): Promise<void>
  list(shell: Shell, statements: readonly StatementNode[]): Promise<number>
  compound(shell: Shell, command: CompoundCommandNode): Promise<number>
  /** Reads and runs program text in this shell (`eval`, `source`, traps). */
  source(shell: Shell, text: HostText, name: string): Promise<number>
  /** Runs a command given as words: a function, a builtin or a file. */
  command(shell: Shell, argv: HostText[], how: { functions: boolean }): Promise<number>
  /** Runs a file of program text in a process that was meant for it, with a new shell. */
  script(process: KernelProcess, dialect: Dialect, path: string, args: readonly HostText[]): Promise<number>
  builtins: ReadonlyMap<string, Builtin>
}
