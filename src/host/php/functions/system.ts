import { PhpExit, type Steps } from '../outcome.ts'
import type { Php } from '../php.ts'
import { PhpArray, PhpResource, type Ref, textOf, toInt, type Value } from '../value.ts'
import type { Natives } from './native.ts'

const s = (value: Value | undefined): string => (value === undefined || value === null ? '' : textOf(value))

interface Ran {
  output: string
  status: number
}

/** Runs a command on the machine. Where `prints`, what it prints goes on at once, as from system(). */
export function* command(php: Php, text: string, prints: boolean): Steps<Ran> {
  yield* php.flush()
  if (!php.machine.run) return { output: '', status: 127 }
  let printed = ''
  const passes = prints && php.machine.print !== undefined && php.output.buffers.length === 0
  const sink = passes
    ? async (piece: string): Promise<void> => {
        printed = (printed + piece).slice(-64 * 1024)
        await php.machine.print?.(piece)
      }
    : undefined
  const result = (yield php.machine.run(text, sink, php.cwd)) as Awaited<ReturnType<NonNullable<typeof php.machine.run>>>
  const ran = typeof result === 'string' ? { output: result, status: 0 } : result
  if (prints) yield* php.print(ran.output)
  if (passes) return { output: printed + ran.output, status: ran.status }
  return ran
}

function checked(php: Php, name: string, value: Value | undefined): string {
  const text = s(value)
  if (text === '') php.fail('ValueError', `${name}(): Argument #1 ($command) cannot be empty`)
  return text
}

const lastLine = (output: string): string => output.replace(/\n$/, '').split('\n').at(-1)?.trimEnd() ?? ''

function set(ref: Ref | undefined, value: Value): void {
  if (ref) ref.value = value
}

export const SYSTEM: Natives = {
  system: function* ([text], php, refs): Steps<Value> {
    const { output, status } = yield* command(php, checked(php, 'system', text), true)
    set(refs[1], BigInt(status))
    return lastLine(output)
  },
  passthru: function* ([text], php, refs): Steps<Value> {
    const { status } = yield* command(php, checked(php, 'passthru', text), true)
    set(refs[1], BigInt(status))
    return null
  },
  shell_exec: function* ([text], php): Steps<Value> {
    const { output } = yield* command(php, checked(php, 'shell_exec', text), false)
    return output === '' ? null : php.text(output)
  },
  exec: function* ([text], php, refs): Steps<Value> {
    const { output, status } = yield* command(php, checked(php, 'exec', text), false)
    const lines =
      output === ''
        ? []
        : output
            .replace(/\n$/, '')
            .split('\n')
            .map((line) => line.trimEnd())
    const list = refs[1]?.value instanceof PhpArray ? refs[1].value : new PhpArray()
    for (const line of lines) list.push(line)
    set(refs[1], list)
    set(refs[2], BigInt(status))
    return lines.at(-1) ?? ''
  },
  pclose: () => 0n,
  proc_open: function* ([text, ,], php, refs): Steps<Value> {
    const words =
      text instanceof PhpArray
        ? text
            .values()
            .map((word) => `'${textOf(word).replaceAll("'", "'\\''")}'`)
            .join(' ')
        : s(text)
    yield* command(php, words, true)
    set(refs[2], new PhpArray())
    return new PhpResource('process', php.resourceNumber++)
  },
  proc_close: () => 0n,
  proc_get_status: () =>
    new PhpArray([
      ['running', false],
      ['exitcode', 0n],
    ]),
  proc_terminate: () => true,
  pcntl_exec: function* ([path, args], php): Steps<Value> {
    const words = [s(path), ...(args instanceof PhpArray ? args.values().map((word) => textOf(word)) : [])]
    const { status } = yield* command(php, `exec ${words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')}`, true)
    throw new PhpExit(status)
  },
  pcntl_fork: () => -1n,
  pcntl_wait: () => -1n,
  pcntl_waitpid: () => -1n,
  pcntl_signal: () => true,
  pcntl_alarm: () => 0n,
  escapeshellarg: ([text]) => `'${s(text).replaceAll("'", "'\\''")}'`,
  escapeshellcmd: ([text]) => s(text).replace(/[#&;`|*?~<>^()[\]{}$\\\n\xff'"]/g, '\\$&'),
  posix_getuid: (_, php) => BigInt(php.machine.uid ?? 33),
  posix_geteuid: (_, php) => BigInt(php.machine.uid ?? 33),
  posix_getgid: (_, php) => BigInt(php.machine.gid ?? 33),
  posix_getegid: (_, php) => BigInt(php.machine.gid ?? 33),
  posix_getpid: (_, php) => BigInt(php.machine.pid ?? 0),
  posix_getppid: (_, php) => BigInt(Math.max(1, (php.machine.pid ?? 2) - 1)),
  posix_setsid: (_, php) => BigInt(php.machine.pid ?? 0),
  posix_setuid: ([uid], php) => toInt(uid ?? 0n) === BigInt(php.machine.uid ?? 33) || php.machine.uid === 0,
  posix_kill: () => false,
  posix_getpwuid: (_, php) =>
    new PhpArray([
      ['name', php.machine.user ?? 'www-data'],
      ['uid', BigInt(php.machine.uid ?? 33)],
      ['gid', BigInt(php.machine.gid ?? 33)],
    ]),
  posix_uname: (_, php) => new PhpArray(['sysname', 'nodename', 'release'].map((key, i) => [key, php.machine.uname.split(' ')[i] ?? ''])),
  getmypid: (_, php) => BigInt(php.machine.pid ?? 0),
  getmyuid: (_, php) => BigInt(php.machine.uid ?? 33),
  getmygid: (_, php) => BigInt(php.machine.gid ?? 33),
  get_current_user: (_, php) => php.machine.user ?? 'www-data',
  mail: () => true,
  dl: ([name], php) => {
    php.warn(`dl(): Temporary module name should be a filename`)
    return name === undefined
  },
}
