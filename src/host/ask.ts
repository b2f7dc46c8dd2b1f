import type { Program } from './process/kernel-process.ts'

/** The program of an executable that has no implementation: the engine says what it answers. */
export function askedProgram(_name: string, _path: string): Program {
  return async () => 0
}

/** What somebody's own executable does: nothing that shows. */
export function foreignProgram(): Program {
  return async () => 0
}
