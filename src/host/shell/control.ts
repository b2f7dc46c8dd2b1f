/** `exit`, or an error that ends the shell. */
export class ShellExit {
  readonly status: number

  constructor(status: number) {
    this.status = status
  }
}

/** `break` and `continue`, through so many loops. */
export class LoopJump {
  readonly kind: 'break' | 'continue'
  levels: number

  constructor(kind: 'break' | 'continue', levels: number) {
    this.kind = kind
    this.levels = levels
  }
}

/** `return` from a function or a sourced file. */
export class FunctionReturn {
  readonly status: number

  constructor(status: number) {
    this.status = status
  }
}

/** An error that gives up the whole command line (bash's DISCARD): a wrong expression, a readonly variable. */
export class Abandon {
  readonly status: number

  constructor(status: number) {
    this.status = status
  }
}

/** Ctrl-C at an interactive shell: what runs is given up and the prompt comes back. */
export class Interrupted {
  readonly status = 130
}

/** A redirection failed; its message has been printed. The command does not run. */
export class RedirectionFailed {
  readonly status = 1
}

export type Jump = ShellExit | LoopJump | FunctionReturn | Abandon | Interrupted

export function isJump(error: unknown): error is Jump {
  return (
    error instanceof ShellExit ||
    error instanceof LoopJump ||
    error instanceof FunctionReturn ||
    error instanceof Abandon ||
    error instanceof Interrupted
  )
}
