/**
 * A configuration that cannot be used. Says where it stands, what was found and expected, and what to do; the command
 * line prints it and exits with 2 before any port opens.
 */
export class ConfigProblem extends Error {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(problems.map(renderProblem).join('\n'))
    this.name = 'ConfigProblem'
    this.problems = problems
  }
}

export interface Problem {
  /** File or environment variable that the value came from. */
  file: string
  line?: number
  /** Dotted path of the key: `lures[2].ports[0]`. */
  key: string
  /** What is wrong: what was found and what was expected. */
  what: string
  cure: string
}

function renderProblem(p: Problem): string {
  const at = p.line === undefined ? p.file : `${p.file}:${p.line}`
  return `${at}: ${p.key || '(whole file)'}: ${p.what}\n    cure: ${p.cure}`
}
