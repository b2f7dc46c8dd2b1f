/** The command is refused; the message is the error reply, code first. */
export class CommandError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'CommandError'
  }
}

export const wrongType = (): CommandError => new CommandError('WRONGTYPE Operation against a key holding the wrong kind of value')
export const syntaxError = (): CommandError => new CommandError('ERR syntax error')
export const notAnInteger = (): CommandError => new CommandError('ERR value is not an integer or out of range')
export const outOfMemory = (): CommandError => new CommandError("OOM command not allowed when used memory > 'maxmemory'.")
