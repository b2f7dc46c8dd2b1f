/** A shell's way of speaking: which program it is decides the words of its errors and which builtins it has. */
export interface Dialect {
  name: 'bash' | 'dash' | 'ash' | 'mksh'
  /** Before each error: with the shell's or script's name and the line (from 1). */
  prefix(where: { name: string; line: number; interactive: boolean; source: 'command' | 'script' | 'stdin' }): string
  notFound(command: string): string
  /** The status of a usage or syntax error. */
  misuse: number
  /** `r=1` of a readonly variable. */
  readonly: (name: string) => string
  /** What a wrong expression is called; `error` has bash's words. */
  arithmetic: (error: ArithmeticWords) => string
  /** Status of a redirection that failed. */
  redirection: number
  /** `local` outside of a function, `fg` without jobs. */
  notInFunction: string
  noJob: string
  /** Whether an error of a special builtin or an expansion ends a script. */
  strict: boolean
}

/** What dialects need of a wrong expression. */
export interface ArithmeticWords {
  message: string
  expression: string
  division: boolean
}

export const bash: Dialect = {
  name: 'bash',
  prefix: ({ name, line, interactive }) => (interactive ? `${name}: ` : `${name}: line ${line}: `),
  notFound: (command) => `${command}: command not found`,
  misuse: 2,
  readonly: (name) => `${name}: readonly variable`,
  arithmetic: ({ message }) => message,
  redirection: 1,
  notInFunction: 'can only be used in a function',
  noJob: 'no job control',
  strict: false,
}

/** dash 0.5.12 names the line in every mode but at the prompt it counts on, from 1. */
export const dash: Dialect = {
  name: 'dash',
  prefix: ({ name, line }) => `${name}: ${line}: `,
  notFound: (command) => `${command}: not found`,
  misuse: 2,
  readonly: (name) => `${name}: is read only`,
  arithmetic: ({ expression, division }) =>
    `arithmetic expression: ${division ? 'division by zero' : 'expecting primary'}: "${expression}"`,
  redirection: 2,
  notInFunction: 'not in a function',
  noJob: 'No current job',
  strict: true,
}

/** BusyBox ash: the line only in scripts. */
export const ash: Dialect = {
  name: 'ash',
  prefix: ({ name, line, source, interactive }) => (interactive || source !== 'script' ? `${name}: ` : `${name}: line ${line}: `),
  notFound: (command) => `${command}: not found`,
  misuse: 2,
  readonly: (name) => `${name}: is read only`,
  arithmetic: ({ division }) => (division ? 'divide by zero' : 'arithmetic syntax error'),
  redirection: 1,
  notInFunction: 'not in a function',
  noJob: 'No current job',
  strict: true,
}

/** The MirBSD Korn shell R56 of Android 9: the line only where a file or standard input is read. */
export const mksh: Dialect = {
  name: 'mksh',
  prefix: ({ name, line, source, interactive }) => {
    if (interactive || source === 'command') return `${name}: `
    return source === 'script' ? `${name}[${line}]: ` : `${name}: <stdin>[${line}]: `
  },
  notFound: (command) => `${command}: not found`,
  misuse: 1,
  readonly: (name) => `read-only: ${name}`,
  arithmetic: ({ expression, division }) => (division ? `${expression}: zero divisor` : `${expression}: unexpected 'end of expression'`),
  redirection: 1,
  notInFunction: 'not in a function',
  noJob: 'no such job',
  strict: false,
}
