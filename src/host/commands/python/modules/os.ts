import { randomBytes } from 'node:crypto'
import type { FileStat } from '../../../contract.ts'
import { HostError } from '../../../contract.ts'
import { rawMode } from '../../../files/raw-mode.ts'
import { executableKind } from '../../../process/kernel.ts'
import { MemoryFile, WriteFile } from '../../../process/open-file.ts'
import { signalByNumber } from '../../../process/signals.ts'
import { holds } from '../../../world/capabilities.ts'
import { descriptorBacking, openPath, pathOf } from '../builtins/open.ts'
import { childEnvironment, ProgramReplaced, runShell, startProgram } from '../children.ts'
import { PyFile } from '../file.ts'
import type { Machine } from '../machine.ts'
import { asInteger } from '../operators.ts'
import { isHostError, osError, raisedFrom } from '../os-error.ts'
import { record, recordClass } from '../record.ts'
import { define, functions } from '../signature.ts'
import { FILES } from '../types/others.ts'
import { bytes, dict, exceptionClass, iteratorOf, keyOf, list, raise, T, tuple, tupleOf, typeError, typeName } from '../types.ts'
import { PyBytes, PyClass, PyDict, PyInstance, type PyModule, type Steps, type Value } from '../value.ts'
import { osPathModule } from './os-path.ts'
import { joinPaths } from './paths.ts'

export { osPathModule }

const STAT = recordClass('stat_result', 'os', [
  'st_mode',
  'st_ino',
  'st_dev',
  'st_nlink',
  'st_uid',
  'st_gid',
  'st_size',
  'st_atime',
  'st_mtime',
  'st_ctime',
])
const UNAME = recordClass('uname_result', 'posix', ['sysname', 'nodename', 'release', 'version', 'machine'])
const TERMINAL = recordClass('terminal_size', 'os', ['columns', 'lines'])

export function statResult(stat: FileStat): Value {
  const made = record(
    STAT,
    BigInt(rawMode(stat)),
    BigInt(stat.inode),
    2049n,
    BigInt(stat.links),
    BigInt(stat.uid),
    BigInt(stat.gid),
    BigInt(stat.size),
    BigInt(Math.floor(stat.atime / 1000)),
    BigInt(Math.floor(stat.mtime / 1000)),
    BigInt(Math.floor(stat.ctime / 1000)),
  )
  made.attributes = new Map<string, Value>([
    ['st_mtime_ns', BigInt(Math.floor(stat.mtime)) * 1_000_000n],
    ['st_blocks', BigInt(Math.ceil(stat.size / 4096) * 8)],
    ['st_blksize', 4096n],
  ])
  return made
}

/** A system call on a path, whose error names it. */
function* onPath<R>(m: Machine, path: Value, use: (text: string) => R): Steps<R> {
  const text = yield* pathOf(m, path)
  try {
    return use(text)
  } catch (error) {
    if (isHostError(error)) throw raisedFrom(error, path)
    throw error
  }
}

type PathCall = [string, (m: Machine, path: Value, ...rest: never[]) => Steps<Value>]

function pathCall(signature: string, use: (m: Machine, path: string, ...rest: never[]) => Value | undefined): PathCall {
  return [
    signature,
    function* (m, path, ...rest): Steps<Value> {
      return (yield* onPath(m, path, (text) => use(m, text, ...rest))) ?? null
    },
  ]
}

/** os.environ: what is set in it goes to children. */
function environ(m: Machine): PyDict {
  const cls = new PyClass('_Environ', [T.dict], new Map(), false, T.type)
  cls.module = 'os'
  const made = new PyDict(cls)
  for (const [key, value] of m.process.env) made.map.set(key, { key, value })
  cls.dict.set(
    '__repr__',
    define(
      '__repr__',
      'self',
      function* (machine: Machine, self: PyDict): Steps<Value> {
        return `environ(${yield* machine.repr(dict([...self.map.values()].map(({ key, value }) => [key, value])))})`
      },
      true,
    ),
  )
  const get = define(
    '__getitem__',
    'self, key',
    (_m, self: PyDict, key: Value) => {
      const entry = self.map.get(keyOf(key))
      if (!entry) throw raise('KeyError', key)
      return entry.value
    },
    true,
  )
  get.module = 'py:os'
  cls.dict.set('__getitem__', get)
  cls.dict.set(
    '__setitem__',
    define(
      '__setitem__',
      'self, key, value',
      (_m, self: PyDict, key: Value, value: Value) => {
        for (const text of [key, value]) if (typeof text !== 'string') throw typeError(`str expected, not ${typeName(text)}`)
        self.map.set(key as string, { key, value })
        return null
      },
      true,
    ),
  )
  return made
}

const WAIT_FUNCTIONS = functions({
  WIFEXITED: ['status', (_m, status: bigint) => (status & 0x7fn) === 0n],
  WEXITSTATUS: ['status', (_m, status: bigint) => (status >> 8n) & 0xffn],
  WIFSIGNALED: ['status', (_m, status: bigint) => (status & 0x7fn) !== 0n],
  WTERMSIG: ['status', (_m, status: bigint) => status & 0x7fn],
  waitstatus_to_exitcode: ['status', (_m, status: bigint) => ((status & 0x7fn) === 0n ? (status >> 8n) & 0xffn : -(status & 0x7fn))],
})

const CALLS = functions(
  {
    system: [
      'command',
      function* (m: Machine, command: Value): Steps<Value> {
        const text = yield* pathOf(m, command)
        return BigInt(((yield runShell(m, text)) as number) << 8)
      },
    ],
    popen: [
      'cmd, mode=, buffering=',
      async (m, command: Value, mode: Value | undefined) => {
        const text = String(command)
        if (mode === 'w') return pipeTo(m, text)
        const parts: Buffer[] = []
        const status = await startProgram(m, ['/bin/sh', '-c', text], { stdout: gather(m, parts) }).ended
        const file = new PyFile(m, FILES.text, { name: `<fd:${m.process.descriptors.free(3)}>`, mode: 'r', memory: Buffer.concat(parts) })
        return closing(file, status)
      },
    ],
    fork: [
      '',
      async (m) => {
        // There is one of us: who forks to go on as a daemon is the child, and the parent seems to have left.
        m.process.session.collect()
        return 0n
      },
    ],
    waitpid: ['pid, options', () => tuple(0n, 0n)],
    wait: [
      '',
      () => {
        throw osError('ECHILD', 'No child processes')
      },
    ],
    kill: [
      'pid, sig',
      (m, pid: bigint, signal: Value) => {
        const name = signalByNumber(Number(asInteger(signal) ?? 15n))
        try {
          m.process.kernel.table.signal(Number(pid), name ?? '0', m.process)
        } catch (error) {
          if (isHostError(error)) throw raisedFrom(error)
          throw error
        }
        return null
      },
    ],
    _exit: [
      'status',
      (m, status: bigint) => {
        m.stdout.discard()
        throw new ProgramReplaced(Number(status) & 0xff)
      },
    ],
    abort: [
      '',
      async () => {
        throw new ProgramReplaced(134)
      },
    ],
    getpid: ['', (m) => BigInt(m.process.pid)],
    getppid: ['', (m) => BigInt(m.process.ppid)],
    getuid: ['', (m) => BigInt(m.process.uid)],
    geteuid: ['', (m) => BigInt(m.process.uid)],
    getgid: ['', (m) => BigInt(m.process.gid)],
    getegid: ['', (m) => BigInt(m.process.gid)],
    getgroups: ['', (m) => list(m.process.groups.map(BigInt))],
    getresuid: ['', (m) => tuple(BigInt(m.process.uid), BigInt(m.process.uid), BigInt(m.process.uid))],
    getpgid: ['pid', (m) => BigInt(m.process.pgid)],
    getpgrp: ['', (m) => BigInt(m.process.pgid)],
    getsid: ['pid', (m) => BigInt(m.process.sid)],
    setsid: ['', () => null],
    setpgrp: ['', () => null],
    setpgid: ['pid, pgrp', () => null],
    setuid: ['uid', (m, uid: Value) => changeUser(m, uid)],
    seteuid: ['uid', (m, uid: Value) => changeUser(m, uid)],
    setreuid: ['ruid, euid', (m, uid: Value) => changeUser(m, uid)],
    setresuid: ['ruid, euid, suid', (m, uid: Value) => changeUser(m, uid)],
    setgid: ['gid', (m, gid: Value) => changeGroup(m, gid)],
    setegid: ['gid', (m, gid: Value) => changeGroup(m, gid)],
    setregid: ['rgid, egid', (m, gid: Value) => changeGroup(m, gid)],
    setgroups: ['groups', (m) => changeGroup(m, BigInt(m.process.gid))],
    umask: [
      'mask',
      (m, mask: bigint) => {
        const before = m.process.umask
        m.process.umask = Number(mask) & 0o777
        return BigInt(before)
      },
    ],
    getlogin: [
      '',
      (m) => {
        if (m.process.tty === undefined) throw osError('ENXIO', 'No such device or address')
        return m.process.world.logins.find((login) => login.tty === m.process.tty)?.user ?? m.process.user
      },
    ],
    getcwd: ['', (m) => m.process.cwd],
    getcwdb: ['', (m) => bytes(Buffer.from(m.process.cwd))],
    chdir: [
      'path',
      function* (m: Machine, path: Value): Steps<Value> {
        return yield* onPath(m, path, (text) => {
          if (m.process.files.stat(text).type !== 'directory') throw osError('ENOTDIR', 'Not a directory', path)
          if (!m.process.files.may('x', text)) throw osError('EACCES', 'Permission denied', path)
          m.process.cwd = (m.process.files as unknown as { realpath(path: string): string }).realpath(text)
          return null
        })
      },
    ],
    listdir: [
      'path=',
      function* (m: Machine, path: Value | undefined): Steps<Value> {
        return yield* onPath(m, path ?? '.', (text) => list(m.process.files.list(text)))
      },
    ],
    scandir: [
      'path=',
      function* (m: Machine, path: Value | undefined): Steps<Value> {
        const folder = path === undefined ? '.' : yield* pathOf(m, path)
        const entries = yield* onPath(m, path ?? '.', (text) => m.process.files.list(text).map((name) => entryOf(m, folder, name)))
        const made = iteratorOf(entries)
        const cls = new PyClass('ScandirIterator', [T.object], new Map(), true, T.type)
        cls.module = 'posix'
        cls.dict.set(
          '__iter__',
          define('__iter__', 'self', () => made, true),
        )
        cls.dict.set(
          '__enter__',
          define('__enter__', 'self', (_m, self: Value) => self, true),
        )
        cls.dict.set(
          '__exit__',
          define('__exit__', 'self, *args', () => null, true),
        )
        cls.dict.set(
          'close',
          define('close', 'self', () => null, true),
        )
        return new PyInstance(cls)
      },
    ],
    mkdir: pathCall('path, mode=', (m, path, mode: bigint | undefined) => void m.process.files.mkdir(path, Number(mode ?? 0o777n))),
    rmdir: pathCall('path', (m, path) => void m.process.files.rmdir(path)),
    remove: pathCall('path', (m, path) => void m.process.files.remove(path)),
    unlink: pathCall('path', (m, path) => void m.process.files.remove(path)),
    stat: pathCall('path, *, follow_symlinks=', (m, path) => statResult(m.process.files.stat(path))),
    lstat: pathCall('path', (m, path) => statResult(m.process.files.lstat(path))),
    chmod: pathCall('path, mode', (m, path, mode: bigint) => void m.process.files.chmod(path, Number(mode))),
    chown: pathCall('path, uid, gid', (m, path, uid: bigint, gid: bigint) => void m.process.files.chown(path, Number(uid), Number(gid))),
    readlink: pathCall('path', (m, path) => m.process.files.readlink(path)),
    truncate: pathCall('path, length', (m, path, length: bigint) => void m.process.files.truncate(path, Number(length))),
    access: [
      'path, mode',
      function* (m: Machine, path: Value, mode: bigint): Steps<Value> {
        const text = yield* pathOf(m, path)
        const { files } = m.process
        if (mode === 0n) return exists(m, text)
        return (
          ((mode & 4n) === 0n || files.may('r', text)) &&
          ((mode & 2n) === 0n || files.may('w', text)) &&
          ((mode & 1n) === 0n || files.may('x', text))
        )
      },
    ],
    utime: pathCall('path, times=', (m, path) => void m.process.files.utimes(path, m.process.world.now(), m.process.world.now())),
    rename: ['src, dst', twoPaths((m, from, to) => m.process.files.rename(from, to))],
    replace: ['src, dst', twoPaths((m, from, to) => m.process.files.rename(from, to))],
    symlink: ['src, dst', twoPaths((m, from, to) => m.process.files.symlink(from, to))],
    link: ['src, dst', twoPaths((m, from, to) => m.process.files.link(from, to))],
    makedirs: [
      'name, mode=, exist_ok=',
      function* (m: Machine, name: Value, mode: Value | undefined, okay: Value | undefined): Steps<Value> {
        const path = yield* pathOf(m, name)
        const parts = path.replace(/\/+$/, '').split('/')
        for (let i = 1; i <= parts.length; i++) {
          const folder = parts.slice(0, i).join('/')
          const isLast = i === parts.length
          if (folder === '' || (!isLast && exists(m, folder))) continue
          if (isLast && okay === true && exists(m, folder) && m.process.files.stat(folder).type === 'directory') continue
          yield* onPath(m, isLast ? name : folder, () => m.process.files.mkdir(folder, Number(mode ?? 0o777n)))
        }
        return null
      },
    ],
    walk: ['top, topdown=, onerror=, followlinks=', (m, top: Value) => walk(m, String(top))],
    urandom: ['size', (_m, size: bigint) => bytes(randomBytes(Math.min(Number(size), 1024 * 1024)))],
    getrandom: ['size, flags=', (_m, size: bigint) => bytes(randomBytes(Math.min(Number(size), 1024 * 1024)))],
    cpu_count: ['', (m) => processors(m)],
    getloadavg: ['', (m) => tupleOf(m.process.world.files.read('/proc/loadavg').toString().split(' ').slice(0, 3).map(Number))],
    sched_getaffinity: ['pid', (m) => processors(m)],
    uname: ['', (m) => unameOf(m)],
    getenv: ['key, default=', (m, key: Value, usual: Value | undefined) => environOf(m).map.get(key as string)?.value ?? usual ?? null],
    putenv: [
      'name, value',
      (m, name: Value, value: Value) => {
        environOf(m).map.set(name as string, { key: name, value })
        return null
      },
    ],
    unsetenv: [
      'name',
      (m, name: Value) => {
        environOf(m).map.delete(name as string)
        return null
      },
    ],
    get_terminal_size: [
      'fd=',
      (m) => {
        const terminal = m.process.terminal
        if (!terminal) throw osError('ENOTTY', 'Inappropriate ioctl for device')
        return record(TERMINAL, BigInt(terminal.columns), BigInt(terminal.rows))
      },
    ],
    isatty: ['fd', (m, fd: bigint) => m.process.descriptors.get(Number(fd))?.isTerminal ?? false],
    ttyname: [
      'fd',
      (m, fd: bigint) => {
        const file = m.process.descriptors.get(Number(fd))
        if (!file?.isTerminal) throw osError('ENOTTY', 'Inappropriate ioctl for device')
        return file.name
      },
    ],
    strerror: ['code', (_m, code: bigint) => `Unknown error ${code}`],
    fspath: ['path', (m, path: Value) => pathOf(m, path)],
    fsencode: ['filename', (m, name: Value) => bytes(m.encode(String(name), 'utf-8', 'surrogateescape'))],
    fsdecode: ['filename', (m, name: Value) => (name instanceof PyBytes ? m.decode(name.data, 'utf-8', 'surrogateescape') : name)],
    nice: [
      'increment',
      (m, by: bigint) => {
        m.process.nice += Number(by)
        return BigInt(m.process.nice)
      },
    ],
    sync: ['', () => null],
    ...descriptorCalls(),
    execv: ['path, args', (m, path: Value, args: Value) => replaceProgram(m, path, args, undefined)],
    execve: ['path, args, env', replaceProgram],
    execvp: ['file, args', (m, path: Value, args: Value) => replaceProgram(m, path, args, undefined)],
    execvpe: ['file, args, env', replaceProgram],
    execl: ['path, *args', (m, path: Value, args: Value[]) => replaceProgram(m, path, tupleOf(args), undefined)],
    execlp: ['path, *args', (m, path: Value, args: Value[]) => replaceProgram(m, path, tupleOf(args), undefined)],
    execle: ['path, *args', (m, path: Value, args: Value[]) => replaceProgram(m, path, tupleOf(args.slice(0, -1)), args.at(-1))],
  },
  'py:os',
)

function twoPaths(use: (m: Machine, from: string, to: string) => void): (m: Machine, from: Value, to: Value) => Steps<Value> {
  return function* (m, from, to) {
    const [a, b] = [yield* pathOf(m, from), yield* pathOf(m, to)]
    try {
      use(m, a, b)
    } catch (error) {
      if (isHostError(error)) throw raisedFrom(error, from, to)
      throw error
    }
    return null
  }
}

/** Calls on file descriptors. */
function descriptorCalls(): Parameters<typeof functions>[0] {
  return {
    open: [
      'path, flags, mode=',
      (m, path: Value, flags: bigint) => {
        const how = (flags & 3n) === 0n ? 'r' : (flags & 0o2000n) !== 0n ? 'a' : (flags & 0o1000n) !== 0n ? 'w' : 'a'
        if (how !== 'r' && (flags & 0o100n) === 0n && !exists(m, String(path))) throw osError('ENOENT', 'No such file or directory', path)
        return BigInt(openPath(m, String(path), `${how}b`, path).fd ?? 3)
      },
    ],
    read: [
      'fd, n',
      async (m, fd: bigint, count: bigint) =>
        bytes((await descriptorBacking(m.process, Number(fd)).read(Math.min(Number(count), 65_536))) ?? Buffer.alloc(0)),
    ],
    write: [
      'fd, data',
      async (m, fd: bigint, data: Value) => {
        if (!(data instanceof PyBytes)) throw typeError(`a bytes-like object is required, not '${typeName(data)}'`)
        await descriptorBacking(m.process, Number(fd)).write(data.data)
        return BigInt(data.data.length)
      },
    ],
    close: [
      'fd',
      (m, fd: bigint) => {
        m.process.descriptors.need(Number(fd))
        m.process.descriptors.close(Number(fd))
        return null
      },
    ],
    dup: [
      'fd',
      (m, fd: bigint) => {
        const to = m.process.descriptors.free(3)
        m.process.descriptors.set(to, m.process.descriptors.need(Number(fd)).retain())
        return BigInt(to)
      },
    ],
    dup2: [
      'fd, fd2, inheritable=',
      (m, from: bigint, to: bigint) => {
        if (from !== to) m.process.descriptors.set(Number(to), m.process.descriptors.need(Number(from)).retain())
        return to
      },
    ],
    fdopen: [
      'fd, mode=, *args, **kw',
      (m, fd: bigint, mode: Value | undefined) => {
        const how = typeof mode === 'string' ? mode : 'r'
        m.process.descriptors.need(Number(fd))
        const file = new PyFile(m, how.includes('b') ? (how.includes('r') ? FILES.reader : FILES.writer) : FILES.text, {
          name: `<fd:${fd}>`,
          mode: how,
          backing: descriptorBacking(m.process, Number(fd)),
        })
        m.openFiles.add(file)
        return file
      },
    ],
    pipe: [
      '',
      (m) => {
        const chunks: Uint8Array[] = []
        const reader = m.process.descriptors.free(3)
        m.process.descriptors.set(reader, new MemoryFile(Buffer.alloc(0), 'pipe:[0]'))
        const writer = m.process.descriptors.free(3)
        m.process.descriptors.set(writer, new WriteFile('pipe:[0]', (data) => void chunks.push(data)))
        return tuple(BigInt(reader), BigInt(writer))
      },
    ],
    closerange: [
      'low, high',
      (m, low: bigint, high: bigint) => {
        for (const fd of m.process.descriptors.numbers) if (fd >= low && fd < high) m.process.descriptors.close(fd)
        return null
      },
    ],
    fsync: ['fd', () => null],
    set_inheritable: ['fd, inheritable', () => null],
    get_inheritable: ['fd', () => false],
    set_blocking: ['fd, blocking', () => null],
    fstat: ['fd', (m, fd: bigint) => statResult(m.process.files.stat(m.process.descriptors.need(Number(fd)).name))],
  }
}

export function exists(m: Machine, path: string): boolean {
  try {
    m.process.files.stat(path)
    return true
  } catch (error) {
    if (error instanceof HostError) return false
    throw error
  }
}

export function environOf(m: Machine): PyDict {
  return m.modules.get('os')?.attributes.get('environ') as PyDict
}

export function unameOf(m: Machine): Value {
  const { world } = m.process
  const read = (path: string): string => world.files.read(path).toString().trim()
  return record(
    UNAME,
    'Linux',
    world.hostname,
    read('/proc/sys/kernel/osrelease'),
    read('/proc/sys/kernel/version'),
    world.persona.os.kernel.machine,
  )
}

function processors(m: Machine): bigint {
  const { sockets, cores, threadsPerCore } = m.process.world.persona.hardware.cpu
  return BigInt(sockets * cores * threadsPerCore)
}

function changeUser(m: Machine, given: Value): Value {
  const uid = Number(asInteger(given))
  if (!holds(m.process, 'cap_setuid') && uid !== m.process.uid) throw osError('EPERM', 'Operation not permitted')
  m.process.account = { ...m.process.account, uid, user: userName(m, uid) }
  return null
}

function userName(m: Machine, uid: number): string {
  const line = m.process.world.files
    .read('/etc/passwd')
    .toString()
    .split('\n')
    .find((one) => one.split(':')[2] === String(uid))
  return line?.split(':')[0] ?? String(uid)
}

function changeGroup(m: Machine, given: Value): Value {
  const gid = Number(asInteger(given))
  if (!holds(m.process, 'cap_setgid') && gid !== m.process.gid) throw osError('EPERM', 'Operation not permitted')
  m.process.account = { ...m.process.account, gid }
  return null
}

function* replaceProgram(m: Machine, path: Value, args: Value, env: Value | undefined): Steps<Value> {
  const file = yield* pathOf(m, path)
  const words: string[] = []
  for (const arg of yield* m.toArray(args)) words.push(yield* pathOf(m, arg))
  const kind = file.includes('/') ? executableKind(m.process, file) : 'executable'
  if (kind !== 'executable')
    throw osError(kind === 'missing' ? 'ENOENT' : 'EACCES', kind === 'missing' ? 'No such file or directory' : 'Permission denied')
  yield m.stdout.discard()
  const environment = env instanceof PyDict ? childEnvironment(env) : childEnvironment(environOf(m))
  const { ended } = startProgram(m, [file, ...words.slice(1)], { env: environment })
  throw new ProgramReplaced((yield ended) as number)
}

function entryOf(m: Machine, folder: string, name: string): Value {
  const path = joinPaths(folder, name)
  const type = (follow: boolean): string => {
    try {
      return follow ? m.process.files.stat(path).type : m.process.files.lstat(path).type
    } catch {
      return ''
    }
  }
  const cls = new PyClass('DirEntry', [T.object], new Map(), true, T.type)
  cls.module = 'posix'
  const made = new PyInstance(cls)
  made.attributes.set('name', name)
  made.attributes.set('path', path)
  const add = (method: string, run: () => Value): void => void cls.dict.set(method, define(method, 'self, *, follow_symlinks=', run, true))
  add('is_dir', () => type(true) === 'directory')
  add('is_file', () => type(true) === 'file')
  add('is_symlink', () => type(false) === 'symlink')
  add('stat', () => statResult(m.process.files.stat(path)))
  cls.dict.set(
    '__repr__',
    define('__repr__', 'self', () => `<DirEntry '${name}'>`, true),
  )
  return made
}

/** os.walk: what is done to the list of folders decides where it goes. */
function walk(m: Machine, top: string): Value {
  const stack: { path: string; below: Value | undefined }[] = [{ path: top, below: undefined }]
  const pending: { path: string; folders: ReturnType<typeof list> }[] = []
  return iteratorOf(
    (function* () {
      while (stack.length > 0 || pending.length > 0) {
        const last = pending.pop()
        if (last)
          for (const name of [...last.folders.items].reverse()) stack.push({ path: joinPaths(last.path, String(name)), below: undefined })
        const next = stack.pop()
        if (!next) continue
        let names: string[]
        try {
          names = m.process.files.list(next.path)
        } catch (error) {
          if (error instanceof HostError) continue
          throw error
        }
        const isFolder = (name: string): boolean => {
          try {
            return m.process.files.lstat(joinPaths(next.path, name)).type === 'directory'
          } catch {
            return false
          }
        }
        const folders = list(names.filter(isFolder))
        pending.push({ path: next.path, folders })
        yield tuple(next.path, folders, list(names.filter((name) => !isFolder(name))))
      }
    })(),
  )
}

function gather(m: Machine, parts: Buffer[]): { isTerminal: boolean; write(data: Uint8Array | string): Promise<void> } {
  return {
    isTerminal: false,
    write: async (data) => {
      const part = Buffer.from(data as Uint8Array)
      m.allocate(part.length)
      parts.push(part)
    },
  }
}

/** os.popen's file, whose close() gives the status. */
function closing(file: PyFile, status: number): PyFile {
  const close = define('close', '', async () => {
    await file.close()
    return status === 0 ? null : BigInt(status << 8)
  })
  file.attributes?.set('close', close)
  return file
}

function pipeTo(m: Machine, command: string): PyFile {
  const file = new PyFile(m, FILES.text, { name: '<fd:3>', mode: 'w', memory: Buffer.alloc(0) })
  const close = define('close', '', async () => {
    file.isClosed = true
    const status = await startProgram(m, ['/bin/sh', '-c', command], { stdin: file.value }).ended
    return status === 0 ? null : BigInt(status << 8)
  })
  file.attributes?.set('close', close)
  return file
}

const CONSTANTS: [string, Value][] = [
  ['name', 'posix'],
  ['sep', '/'],
  ['altsep', null],
  ['extsep', '.'],
  ['pathsep', ':'],
  ['linesep', '\n'],
  ['defpath', '/bin:/usr/bin'],
  ['devnull', '/dev/null'],
  ['curdir', '.'],
  ['pardir', '..'],
  ...Object.entries({
    F_OK: 0,
    R_OK: 4,
    W_OK: 2,
    X_OK: 1,
    O_RDONLY: 0,
    O_WRONLY: 1,
    O_RDWR: 2,
    O_CREAT: 64,
    O_EXCL: 128,
    O_TRUNC: 512,
    O_APPEND: 1024,
    O_NONBLOCK: 2048,
    O_NOCTTY: 256,
    SEEK_SET: 0,
    SEEK_CUR: 1,
    SEEK_END: 2,
    WNOHANG: 1,
    WUNTRACED: 2,
    EX_OK: 0,
    EX_USAGE: 64,
    P_WAIT: 0,
    P_NOWAIT: 1,
    SCHED_OTHER: 0,
    GRND_NONBLOCK: 1,
  }).map(([name, value]): [string, Value] => [name, BigInt(value)]),
]

export function* osModule(m: Machine): Iterable<readonly [string, Value]> {
  yield* CONSTANTS
  yield* CALLS
  yield* WAIT_FUNCTIONS
  yield ['error', exceptionClass('OSError')]
  yield ['stat_result', STAT]
  yield ['uname_result', UNAME]
  yield ['terminal_size', TERMINAL]
  const variables = environ(m)
  yield ['environ', variables]
  const path = m.modules.get('posixpath') as PyModule | undefined
  yield ['path', path ?? m.nativeModule('posixpath', osPathModule(m))]
  yield ['PathLike', new PyClass('PathLike', [T.object], new Map(), true, T.type)]
}
