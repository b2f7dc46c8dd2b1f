import { crypt } from '../../crypt.ts'
import { accountsOf } from '../gnu/accounts.ts'
import { Died } from './control.ts'
import { commandWords, runCommand, started } from './files.ts'
import type { PerlFunction } from './functions.ts'
import type { Interpreter } from './interpreter.ts'
import { connectTo } from './network.ts'
import { parsePerl } from './parser.ts'
import { type Node, PerlSyntaxError, Unsupported } from './syntax.ts'
import { number, Ref, type Scope, text, type Value } from './value.ts'

/** The message of `die` and `warn`: the place is put behind one that ends no line. */
function placed(p: Interpreter, values: readonly Value[], preset: string): string {
  const message = values.map(text).join('') || preset
  return message.endsWith('\n') ? message : message + p.machine.place
}

async function evaluated(p: Interpreter, source: string, scope: Scope, wantsList: boolean): Promise<Value[]> {
  return p.protect(async () => {
    let tree: Node
    try {
      tree = parsePerl(source, '(eval 1)')
    } catch (error) {
      if (error instanceof PerlSyntaxError) throw new Died(error.message)
      throw error
    }
    return p.body(tree, scope, wantsList)
  })
}

async function commandOf(p: Interpreter, args: readonly Node[], scope: Scope): Promise<string[]> {
  const [first, ...rest] = (await p.lists(args, scope)).map(text)
  return commandWords(first ?? '', rest)
}

function account(find: (p: Interpreter, value: Value) => Value[]): PerlFunction {
  return async (p, { args, name }, scope, wantsList) => {
    const found = find(p, await p.scalar(args[0] as Node, scope))
    if (wantsList) return found
    return [/nam$/.test(name) ? found[2] : found[0]]
  }
}

export const SYSTEM_FUNCTIONS: Readonly<Record<string, PerlFunction>> = {
  die: async (p, { args }, scope) => {
    const values = await p.lists(args, scope)
    if (values.length === 1 && values[0] instanceof Ref) throw new Died(values[0])
    throw new Died(placed(p, values, 'Died'))
  },
  warn: async (p, { args }, scope) => {
    await p.machine.flush()
    await p.machine.warn(placed(p, await p.lists(args, scope), "Warning: something's wrong"))
    return [1]
  },
  eval: async (p, { args }, scope, wantsList) => evaluated(p, text(await p.scalar(args[0] as Node, scope)), scope, wantsList),
  do: async (p, { args }, scope, wantsList) => {
    try {
      const bytes = p.machine.process.files.read(p.machine.name(await p.scalar(args[0] as Node, scope)))
      return await evaluated(p, bytes.toString('latin1'), scope, wantsList)
    } catch (error) {
      return [p.machine.failed(error)]
    }
  },
  exit: async (p, { args }, scope) => p.machine.exit(args[0] ? Math.trunc(number(await p.scalar(args[0], scope))) & 255 : 0),
  system: async (p, { args }, scope) => {
    const words = await commandOf(p, args, scope)
    await p.machine.flush()
    const status = await started(p.machine.process, words, { stdin: 'inherit' }, p.machine)
    const value = status < 0 ? -1 : status > 128 && status < 160 ? status - 128 : status << 8
    p.machine.setScalar('?', value)
    return [value]
  },
  exec: async (p, { args }, scope) => {
    const words = await commandOf(p, args, scope)
    await p.machine.flush()
    const status = await started(p.machine.process, words, { stdin: 'inherit' }, p.machine)
    return status < 0 ? [''] : p.machine.exit(status)
  },
  readpipe: async (p, { args }, scope) => [(await runCommand(p.machine, text(await p.scalar(args[0] as Node, scope)))).output],
  sleep: async (p, { args }, scope) => {
    const seconds = Math.max(0, Math.trunc(number(args[0] && (await p.scalar(args[0], scope)))))
    await p.machine.flush()
    await p.machine.process.sleep(Math.min(seconds, 86_400) * 1000)
    return [seconds]
  },
  // There is one of us: who forks to go on in the background is the child.
  fork: async () => [0],
  wait: async () => [-1],
  waitpid: async () => [-1],
  getppid: async (p) => [p.machine.process.ppid],
  setpgrp: async () => [1],
  umask: async (p) => [p.machine.process.umask],
  alarm: async () => {
    throw new Unsupported('alarm')
  },
  kill: async (p, { args }, scope) => {
    const [signal, ...pids] = (await p.lists(args, scope)).map(text)
    let count = 0
    for (const pid of pids) {
      if (signal === '0' || signal === 'ZERO') {
        if (p.machine.process.world.processes.get(Number(pid))) count++
      } else if ((await started(p.machine.process, ['kill', `-${(signal ?? 'TERM').replace(/^SIG/, '')}`, pid], {}, p.machine)) === 0)
        count++
    }
    return [count]
  },
  chdir: async () => {
    throw new Unsupported('chdir')
  },
  require: async (p, { args }, scope) => {
    const [of] = args
    const name = of?.type === 'call' || of?.type === 'string' ? (of.type === 'call' ? of.name : of.value) : undefined
    await p.useModule(
      { type: 'use', module: name ?? text(of && (await p.scalar(of, scope))), args: undefined, no: false, line: p.machine.line },
      scope,
      true,
    )
    return [1]
  },
  caller: async (p) => [p.machine.package, p.machine.file, p.machine.line],
  times: async () => [0.01, 0, 0, 0],
  crypt: async (p, { args }, scope) => {
    const [password, salt] = (await p.lists(args, scope)).map(text)
    return [crypt(password ?? '', salt ?? '') ?? undefined]
  },
  getpwnam: account((p, name) => passwordEntry(p, (entry) => entry[0] === text(name))),
  getpwuid: account((p, uid) => passwordEntry(p, (entry) => entry[2] === text(uid))),
  getgrgid: account((p, gid) => [accountsOf(p.machine.process).group(text(gid))?.name ?? text(gid)]),
  getprotobyname: async () => [6],
  gethostbyname: async (p, { args }, scope) => [
    /^\d+(\.\d+){3}$/.test(text(await p.scalar(args[0] as Node, scope))) ? packed(text(await p.scalar(args[0] as Node, scope))) : undefined,
  ],
  inet_aton: async (p, { args }, scope) => [packed(text(await p.scalar(args[0] as Node, scope)))],
  inet_ntoa: async (p, { args }, scope) => [[...text(await p.scalar(args[0] as Node, scope))].map((char) => char.charCodeAt(0)).join('.')],
  sockaddr_in: async (p, { args }, scope) => {
    const [port, address] = await p.lists(args, scope)
    return [`\x02\0${String.fromCharCode(number(port) >> 8, number(port) & 255)}${text(address)}${'\0'.repeat(8)}`]
  },
  pack_sockaddr_in: async (p, call, scope, wantsList) => (SYSTEM_FUNCTIONS.sockaddr_in as PerlFunction)(p, call, scope, wantsList),
  PF_INET: async () => [2],
  AF_INET: async () => [2],
  SOCK_STREAM: async () => [1],
  SOCK_DGRAM: async () => [2],
  INADDR_ANY: async () => ['\0\0\0\0'],
  SOL_SOCKET: async () => [1],
  SO_REUSEADDR: async () => [2],
  socket: async () => [1],
  setsockopt: async () => [1],
  connect: async (p, { args }, scope) => {
    const address = text(await p.scalar(args[1] as Node, scope))
    const port = (address.charCodeAt(2) << 8) | address.charCodeAt(3)
    const host = [...address.slice(4, 8)].map((char) => char.charCodeAt(0)).join('.')
    return [await connectTo(p.machine, host, port)]
  },
  __PACKAGE__: async (p) => [p.machine.package],
  __FILE__: async (p) => [p.machine.file],
  __LINE__: async (_, { line }) => [line],
}

function packed(host: string): Value {
  const address = host === 'localhost' ? '127.0.0.1' : host
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(address) ? String.fromCharCode(...address.split('.').map(Number)) : undefined
}

function passwordEntry(p: Interpreter, fits: (entry: readonly string[]) => boolean): Value[] {
  const { files } = p.machine.process
  const lines = files.may('r', '/etc/passwd') ? files.read('/etc/passwd').toString('latin1').split('\n') : []
  const entry = lines.map((line) => line.split(':')).find((fields) => fields.length > 5 && fits(fields))
  if (!entry) return []
  const [name, , uid, gid, gecos, home, shell] = entry
  return [name, 'x', Number(uid), Number(gid), '', '', gecos, home, shell]
}
