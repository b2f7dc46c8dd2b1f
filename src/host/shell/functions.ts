import type { FunctionDefNode } from './grammar.ts'
import type { Shell } from './shell.ts'

/** Keeps a function, or forgets it, and books the memory that it takes. */
export function defineFunction(shell: Shell, name: string, body: FunctionDefNode | undefined): void {
  const before = shell.functions.get(name)
  // A loop that defines the same again and again takes no more.
  if (before === body) return
  if (body) shell.functions.set(name, body)
  else shell.functions.delete(name)
  shell.bookDefinition(sizeOf(body) - sizeOf(before))
}

/** About the bytes of a body: those of its nodes. */
function sizeOf(body: FunctionDefNode | undefined): number {
  return body ? JSON.stringify(body).length : 0
}
