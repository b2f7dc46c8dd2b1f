/** A shell's way of speaking: which program it is decides the words of its errors and which builtins it has. */
export interface Dialect {
  name: 'bash' | 'dash' | 'ash'
  /** Before each error: with the shell's or script's name and the line (from 1). */
  prefix(where: { name: string; line: number; interactive: boolean; source: 'command' | 'script' | 'stdin' | 'function' }): string
  notFound(command: string): string
  /** The status of a usage or syntax error. */
  misuse: number
  /** Whether an error of a special builtin or an expansion ends a script. */
  strict: boolean
}

export const bash: Dialect = {
  name: 'bash',
  prefix: ({ name, line, interactive }) => (interactive ? `${name}: ` : `${name}: line ${line}: `),
  notFound: (command) => `${command}: command not found`,
  misuse: 2,
  strict: false,
}

/** dash 0.5.12 names the line in every mode but at the prompt it counts on, from 1. */
export const dash: Dialect = {
  name: 'dash',
  prefix: ({ name, line }) => `${name}: ${line}: `,
  notFound: (command) => `${command}: not found`,
  misuse: 2,
  strict: true,
}

/** BusyBox ash: the line only in scripts. */
export const ash: Dialect = {
  name: 'ash',
  prefix: ({ name, line, source, interactive }) => (interactive || source === 'command' ? `${name}: ` : `${name}: line ${line}: `),
  notFound: (command) => `${command}: not found`,
  misuse: 2,
  strict: true,
}
