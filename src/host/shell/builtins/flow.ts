import { HostError } from '../../contract.ts'
import { SIGNALS, signalName } from '../../process/signals.ts'
import { toText } from '../../text.ts'
import { FunctionReturn, LoopJump, ShellExit } from '../control.ts'
import { ArithmeticError } from '../expand/arithmetic.ts'
import type { Builtin } from '../machinery.ts'
import { quoteForReuse } from '../quote.ts'
import type { Shell } from '../shell.ts'
import { invalidOption, takeFlags, usageLine } from './usage.ts'

export const colon: Builtin = () => 0
export const falseBuiltin: Builtin = () => 1

function jump(kind: 'break' | 'continue'): Builtin {
  return async (shell, args) => {
    if (shell.loopDepth === 0) {
      if (shell.dialect.name === 'bash') await shell.complain(`${kind}: only meaningful in a \`for', \`while', or \`until' loop`)
      return 0
    }
    const levels = args[0] === undefined ? 1 : integer(args[0])
    if (levels === undefined) {
      await shell.complain(`${kind}: ${args[0]}: numeric argument required`)
      throw new ShellExit(128)
    }
    if (levels < 1) {
      await shell.complain(`${kind}: ${args[0]}: loop count out of range`)
      throw new LoopJump('break', shell.loopDepth)
    }
    throw new LoopJump(kind, Math.min(levels, shell.loopDepth))
  }
}

export const breakBuiltin = jump('break')
export const continueBuiltin = jump('continue')

export const exit: Builtin = async (shell, args, name) => {
  if (name === 'logout' && !shell.login && shell.dialect.name === 'bash') {
    await shell.complain("logout: not login shell: use `exit'")
    return 1
  }
  if (shell.interactive && (shell.login || name === 'logout' || name === 'exit') && shell.subshellDepth === 0) {
    if (shell.dialect.name === 'bash') await shell.process.stderr.write(shell.login ? 'logout\n' : 'exit\n')
    const stopped = shell.jobs?.all.some((job) => job.processes.some((p) => p.stopped && !p.status))
    if (stopped && !shell.warnedOfJobs) {
      shell.warnedOfJobs = true
      await shell.process.stderr.write('There are stopped jobs.\n')
      return 1
    }
  }
  const given = args[0]
  if (given === undefined) throw new ShellExit(shell.inTrap ? shell.trapStatus : shell.status)
  const status = integer(given)
  if (status === undefined) {
    await shell.complain(
      shell.dialect.name === 'bash' ? `${name}: ${given}: numeric argument required` : `${name}: Illegal number: ${given}`,
    )
    throw new ShellExit(2)
  }
  if (args.length > 1 && shell.dialect.name === 'bash') {
    await shell.complain(`${name}: too many arguments`)
    return 1
  }
  throw new ShellExit(status & 0xff)
}

export const returnBuiltin: Builtin = async (shell, args) => {
  if (shell.functionDepth === 0 && shell.sourceDepth === 0) {
    if (shell.dialect.name !== 'bash') throw new ShellExit(integer(args[0] ?? '') ?? shell.status)
    await shell.complain("return: can only `return' from a function or sourced script")
    return 2
  }
  const status = args[0] === undefined ? shell.status : integer(args[0])
  if (status === undefined) {
    await shell.complain(`return: ${args[0]}: numeric argument required`)
    throw new FunctionReturn(2)
  }
  throw new FunctionReturn(status & 0xff)
}

function integer(text: string): number | undefined {
  return /^\s*[-+]?\d{1,18}\s*$/.test(text) ? Number(BigInt.asIntN(32, BigInt(text.trim().replace(/^\+/, '')))) : undefined
}

export const evalBuiltin: Builtin = async (shell, args) => {
  const text = (args[0] === '--' ? args.slice(1) : args).join(' ')
  if (text.trim() === '') return 0
  if (shell.evalDepth >= DEEPEST_EVAL) shell.overflow()
  shell.evalDepth++
  try {
    return await shell.machinery.source(shell, text, 'eval')
  } finally {
    shell.evalDepth--
  }
}

/** `eval` within `eval` this deep fills the shell's stack. */
const DEEPEST_EVAL = 200

/** Files may source each other this deep. */
const DEEPEST_SOURCE = 100

export const source: Builtin = async (shell, args, name) => {
  const rest = args[0] === '--' ? args.slice(1) : args
  const file = rest[0]
  if (file === undefined) {
    if (shell.dialect.name !== 'bash') return 0
    await shell.complain(`${name}: filename argument required`)
    await usageLine(shell, name)
    return 2
  }
  const path = findSource(shell, file)
  let text: string
  try {
    const descriptor = /^\/dev\/(stdin|fd\/\d+)$/.test(path)
    const kind = descriptor ? 'stream' : shell.process.view.stat(path).type
    if (kind === 'directory') throw new HostError('EISDIR', 'is a directory')
    text = toText(kind === 'file' ? shell.process.view.read(path) : await shell.process.openInput(path).all())
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return sourceFailed(shell, name, file, error)
  }
  if (shell.sourceDepth >= DEEPEST_SOURCE) shell.overflow()
  return runSourced(shell, path, text, rest.slice(1))
}

async function sourceFailed(shell: Shell, name: string, file: string, error: HostError): Promise<number> {
  if (shell.dialect.name === 'bash') {
    await shell.complain(error.code === 'EISDIR' ? `${name}: ${file}: is a directory` : `${file}: ${error.message}`)
    return 1
  }
  await shell.complain(`.: ${cannotOpen(shell, file, error)}`)
  if (!shell.interactive) throw new ShellExit(2)
  return 2
}

function cannotOpen(shell: Shell, file: string, error: HostError): string {
  if (error.code === 'ENOENT' && !file.includes('/')) return `${file}: not found`
  if (shell.dialect.name === 'ash') return `can't open '${file}': ${error.message}`
  return `cannot open ${file}: ${error.code === 'ENOENT' ? 'No such file' : error.message}`
}

async function runSourced(shell: Shell, path: string, text: string, args: string[]): Promise<number> {
  const { positional } = shell
  if (args.length > 0) shell.positional = args
  shell.sourceDepth++
  shell.calls.push({ function: 'source', source: path, line: shell.line })
  try {
    return await shell.machinery.source(shell, text, path)
  } catch (error) {
    if (error instanceof FunctionReturn) return error.status
    throw error
  } finally {
    shell.calls.pop()
    shell.sourceDepth--
    if (args.length > 0) shell.positional = positional
  }
}

/** A name without a slash is looked for along PATH first, then here. */
function findSource(shell: Shell, file: string): string {
  if (file.includes('/')) return file
  for (const folder of (shell.parameters.get('PATH') ?? '').split(':')) {
    const path = `${folder || '.'}/${file}`
    try {
      if (shell.process.view.stat(path).type === 'file') return path
    } catch (error) {
      if (!(error instanceof HostError)) throw error
    }
  }
  return shell.dialect.name === 'bash' ? file : `./${file}`
}

export const trap: Builtin = async (shell, args) => {
  const { given, rest, bad } = takeFlags(args, 'lp')
  if (bad) return invalidOption(shell, 'trap', bad)
  if (given.has('l')) {
    await shell.say(signalTable())
    return 0
  }
  if (given.has('p') || rest.length === 0) {
    for (const [name, action] of [...shell.traps].sort(([a], [b]) => trapOrder(a) - trapOrder(b))) {
      const wanted = rest.map(trapName)
      if (rest.length === 0 || wanted.includes(name))
        await shell.say(`trap -- ${quoteForReuse(action)} ${/^(EXIT|ERR|DEBUG|RETURN)$/.test(name) ? name : `SIG${name}`}\n`)
    }
    return 0
  }
  const resets = rest.length === 1 || rest[0] === '-' || (/^\d+$/.test(rest[0] as string) && trapName(rest[0] as string) !== undefined)
  const action = resets ? undefined : (rest[0] as string)
  const names = rest[0] === '-' || action !== undefined ? rest.slice(1) : rest
  let status = 0
  for (const given of names) {
    const name = trapName(given)
    if (name === undefined) {
      if (shell.dialect.name === 'dash') await shell.process.stderr.write(`trap: ${given}: bad trap\n`)
      else await shell.complain(`trap: ${given}: invalid signal specification`)
      status = 1
    } else setTrap(shell, name, action)
  }
  return status
}

function trapName(given: string): string | undefined {
  const upper = given.toUpperCase().replace(/^SIG/, '')
  if (upper === 'EXIT' || given === '0') return 'EXIT'
  if (upper === 'ERR' || upper === 'DEBUG' || upper === 'RETURN') return upper
  return signalName(given)
}

/** Traps are listed by the numbers of their signals; bash counts its own after them. */
function trapOrder(name: string): number {
  const own = ['DEBUG', 'ERR', 'RETURN'].indexOf(name)
  return name === 'EXIT' ? 0 : own < 0 ? (SIGNALS[name] ?? 64) : 65 + own
}

function setTrap(shell: Shell, name: string, action: string | undefined): void {
  if (action === undefined) shell.traps.delete(name)
  else shell.traps.set(name, action)
  if (/^(EXIT|ERR|DEBUG|RETURN)$/.test(name)) return
  if (action === undefined) {
    shell.resetSignal(name)
    return
  }
  if (action === '') {
    shell.process.ignoreSignal(name)
    return
  }
  shell.process.onSignal(name, () => {
    if (shell.pendingTraps.length < 100) shell.pendingTraps.push(name)
    shell.wakeForTrap()
  })
}

/** `kill -l` and `trap -l` print five in a row. */
export function signalTable(): string {
  const names = Object.entries(SIGNALS).filter(([, number]) => number < 32)
  const real = Array.from({ length: 31 }, (_, i) => {
    const number = 34 + i
    const name = number === 34 ? 'RTMIN' : number === 64 ? 'RTMAX' : number < 50 ? `RTMIN+${number - 34}` : `RTMAX-${64 - number}`
    return [name, number] as const
  })
  return [...names, ...real]
    .map(
      ([name, number], i, all) => `${String(number).padStart(2)}) SIG${name}${i === all.length - 1 ? '\t\n' : i % 5 === 4 ? '\n' : '\t'}`,
    )
    .join('')
}

export const letBuiltin: Builtin = async (shell, args) => {
  const expressions = args[0] === '--' ? args.slice(1) : args
  if (expressions.length === 0) {
    await shell.complain('let: expression expected')
    return shell.dialect.name === 'bash' ? 1 : 2
  }
  let value = 0n
  for (const expression of expressions) {
    try {
      value = shell.parameters.evaluate(expression)
    } catch (error) {
      if (!(error instanceof ArithmeticError)) throw error
      await shell.complain(`let: ${error.message}`)
      return 1
    }
  }
  return value === 0n ? 1 : 0
}
