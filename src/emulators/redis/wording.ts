import type { Major } from './release.ts'

/** Bytes of the arguments that an unknown command is quoted with. */
const QUOTED_ARGUMENTS = 128

/** Texts that changed between releases; each recorded from that release (test/emulators/redis/). */
export function unknownCommand(major: Major, name: string, args: readonly string[]): string {
  const [open, close, separator] = major >= 7 ? ["'", "'", ' '] : ['`', '`', ', ']
  let quoted = ''
  for (const arg of args) {
    if (quoted.length >= QUOTED_ARGUMENTS) break
    quoted += `${open}${arg.slice(0, QUOTED_ARGUMENTS - quoted.length)}${close}${separator}`
  }
  return `ERR unknown command ${open}${name.slice(0, 128)}${close}, with args beginning with: ${quoted}`
}

export function wrongArity(name: string): string {
  return `ERR wrong number of arguments for '${name}' command`
}

export function unknownSubcommand(major: Major, container: string, subcommand: string): string {
  const upper = container.toUpperCase()
  if (major >= 7) return `ERR unknown subcommand '${subcommand.slice(0, 128)}'. Try ${upper} HELP.`
  const stop = container === 'client' ? '' : '.'
  return `ERR Unknown subcommand or wrong number of arguments for '${subcommand.slice(0, 128)}'. Try ${upper} HELP${stop}`
}

export function onlySubscriberCommands(major: Major, name: string): string {
  if (major === 5) return 'ERR only (P)SUBSCRIBE / (P)UNSUBSCRIBE / PING / QUIT allowed in this context'
  const [prefix, reset] = major >= 7 ? ['(P|S)', ' / RESET'] : ['(P)', '']
  return `ERR Can't execute '${name}': only ${prefix}SUBSCRIBE / ${prefix}UNSUBSCRIBE / PING / QUIT${reset} are allowed in this context`
}

export function noPasswordSet(major: Major): string {
  return major === 5
    ? 'ERR Client sent AUTH, but no password is set'
    : 'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?'
}

export function wrongPassword(major: Major): string {
  if (major === 5) return 'ERR invalid password'
  return `WRONGPASS invalid username-password pair${major >= 7 ? ' or user is disabled.' : ''}`
}

export function configRefused(major: Major, parameter: string, value: string, reason: string): string {
  if (major >= 7) return `ERR CONFIG SET failed (possibly related to argument '${parameter}') - ${reason}`
  if (parameter === 'dir') return `ERR Changing directory: ${reason}`
  if (major === 5 && parameter === 'dbfilename') return `ERR ${reason}`
  return `ERR Invalid argument '${value}' for CONFIG SET '${parameter}'${major === 6 ? ` - ${reason}` : ''}`
}

export function unknownParameter(major: Major, parameter: string): string {
  return major >= 7
    ? `ERR Unknown option or number of arguments for CONFIG SET - '${parameter}'`
    : `ERR Unsupported CONFIG parameter: ${parameter}`
}

/** An error raised by Lua, with the SHA-1 of the script it was raised in. */
export function scriptError(major: Major, sha1: string, kind: ScriptTrouble, line: number): string {
  const code = kind.is === 'command' ? '' : 'ERR '
  if (major >= 7) return `${code}${newScriptTrouble(kind, line)} script: ${sha1}, on @user_script:${line}.`
  const end = major === 5 ? ' ' : ''
  return `ERR Error running script (call to f_${sha1}): ${oldScriptTrouble(kind, line)}${end}`
}

export type ScriptTrouble =
  | { is: 'unknown-global' | 'new-global'; name: string }
  | { is: 'unknown-command' | 'wrong-arity' | 'not-allowed' }
  | { is: 'lua' | 'command'; message: string }

function newScriptTrouble(kind: ScriptTrouble, line: number): string {
  switch (kind.is) {
    case 'unknown-global':
      return `user_script:${line}: Script attempted to access nonexistent global variable '${kind.name}'`
    case 'new-global':
      return `user_script:${line}: Attempt to modify a readonly table`
    case 'unknown-command':
      return 'Unknown Redis command called from script'
    case 'wrong-arity':
      return 'Wrong number of args calling Redis command from script'
    case 'not-allowed':
      return 'This Redis command is not allowed from script'
    case 'command':
      return kind.message
    case 'lua':
      return `user_script:${line}: ${kind.message}`
  }
}

function oldScriptTrouble(kind: ScriptTrouble, line: number): string {
  switch (kind.is) {
    case 'unknown-global':
      return `@enable_strict_lua:15: user_script:${line}: Script attempted to access nonexistent global variable '${kind.name}'`
    case 'new-global':
      return `@enable_strict_lua:8: user_script:${line}: Script attempted to create global variable '${kind.name}'`
    case 'unknown-command':
      return `@user_script:${line}: @user_script: ${line}: Unknown Redis command called from Lua script`
    case 'wrong-arity':
      return `@user_script:${line}: @user_script: ${line}: Wrong number of args calling Redis command From Lua script`
    case 'not-allowed':
      return `@user_script:${line}: @user_script: ${line}: This Redis command is not allowed from scripts`
    case 'command':
      return `@user_script:${line}: ${kind.message}`
    case 'lua':
      return `@user_script:${line}: user_script:${line}: ${kind.message}`
  }
}
