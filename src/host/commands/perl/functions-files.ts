import { rawMode } from '../../files/raw-mode.ts'
import { statOf } from './file-tests.ts'
import { closeHandle, handleOf, openHandle, readLine } from './files.ts'
import type { PerlFunction } from './functions.ts'
import { globbed } from './globbing.ts'
import type { Interpreter } from './interpreter.ts'
import { bytesOf } from './machine.ts'
import { flag } from './operations.ts'
import type { Node } from './syntax.ts'
import { Handle, number, type Scope, text, type Value } from './value.ts'
import { assignScalar } from './variables.ts'

/** The handle that is opened: `my $fh`, `$fh`, or a bare name. */
async function newHandle(p: Interpreter, node: Node, scope: Scope): Promise<Handle> {
  const name = node.type === 'string' ? node.value : node.type === 'call' && node.args.length === 0 ? node.name : undefined
  if (name !== undefined) {
    const handle = p.machine.handles.get(name) ?? new Handle(name)
    p.machine.handles.set(name, handle)
    if (name === 'STDOUT' && p.machine.selected.name !== 'STDOUT') p.machine.selected = handle
    return handle
  }
  const handle = new Handle(
    node.type === 'my' ? `$${(node.targets[0] as { name: string }).name}` : node.type === 'variable' ? `$${node.name}` : '$fh',
  )
  await assignScalar(p, node, handle, scope)
  return handle
}

/** Does something to each file; gives how many it worked for. */
function onFiles(work: (p: Interpreter, name: string, extra: Value[]) => void, extras: number): PerlFunction {
  return async (p, { args }, scope) => {
    const values = args.length ? await p.lists(args, scope) : [p.machine.scalarOf('_')]
    const extra = values.slice(0, extras)
    let count = 0
    for (const value of values.slice(extras)) {
      try {
        work(p, p.machine.name(value), extra)
        p.machine.hasActed = true
        count++
      } catch (error) {
        p.machine.failed(error)
      }
    }
    return [count]
  }
}

/** Does something; true when it worked. */
function once(work: (p: Interpreter, values: Value[]) => void): PerlFunction {
  return async (p, { args }, scope) => {
    const values = args.length ? await p.lists(args, scope) : [p.machine.scalarOf('_')]
    try {
      work(p, values)
      p.machine.hasActed = true
      return [1]
    } catch (error) {
      p.machine.failed(error)
      return ['']
    }
  }
}

function stat(follows: boolean): PerlFunction {
  return async (p, { args }, scope, wantsList) => {
    const found = statOf(p.machine, args[0] ? await p.scalar(args[0], scope) : p.machine.scalarOf('_'), follows)
    if (!wantsList) return [flag(found !== undefined)]
    if (!found) return []
    const seconds = (ms: number): number => Math.floor(ms / 1000)
    return [
      65_025,
      found.inode,
      rawMode(found),
      found.links,
      found.uid,
      found.gid,
      0,
      found.size,
      seconds(found.atime),
      seconds(found.mtime),
      seconds(found.ctime),
      4096,
      Math.ceil(found.size / 4096) * 8,
    ]
  }
}

export const FILE_FUNCTIONS: Readonly<Record<string, PerlFunction>> = {
  open: async (p, { args }, scope) => {
    const [target, ...rest] = args as [Node, ...Node[]]
    const handle = await newHandle(p, target, scope)
    return [await openHandle(p, handle, await p.lists(rest, scope))]
  },
  close: async (p, { args }, scope) => {
    const handle = args[0] ? handleOf(p.machine, await p.scalar(args[0], scope)) : p.machine.selected
    return [handle ? await closeHandle(p.machine, handle) : '']
  },
  eof: async (p, { args }, scope) => {
    const handle = args[0] ? handleOf(p.machine, await p.scalar(args[0], scope)) : (p.machine.current ?? p.machine.lastRead)
    if (!handle) return [1]
    while (!handle.ended && handle.buffer === '') {
      const chunk = await handle.input?.read()
      if (chunk) handle.buffer += Buffer.from(chunk).toString('latin1')
      else handle.ended = true
    }
    const more = args.length === 0 && (p.machine.inputs?.length ?? 0) > 0 && false
    return [flag(handle.buffer === '' && !more)]
  },
  readline: async (p, { args }, scope) => [await readLine(p, args[0] && (await p.scalar(args[0], scope)))],
  fileno: async (p, { args }, scope) => {
    const handle = args[0] && handleOf(p.machine, await p.scalar(args[0], scope))
    return [handle ? ({ STDIN: 0, STDOUT: 1, STDERR: 2 }[handle.name] ?? 3) : undefined]
  },
  binmode: async () => [1],
  flock: async () => [1],
  select: async (p, { args }, scope) => {
    if (args.length > 1) {
      const seconds = number((await p.lists(args, scope))[3])
      await p.machine.flush()
      await p.machine.process.sleep(Math.min(3_600_000, Math.max(0, seconds * 1000)))
      return [0]
    }
    const before = p.machine.selected
    const handle = args[0] && handleOf(p.machine, await p.scalar(args[0], scope))
    if (handle) p.machine.selected = handle
    return [before]
  },
  read: async (p, { args }, scope) => {
    const [from, target, length] = args as [Node, Node, Node]
    const handle = handleOf(p.machine, await p.scalar(from, scope))
    const size = Math.min(16 * 1024 * 1024, number(await p.scalar(length, scope)))
    while (handle && !handle.ended && handle.buffer.length < size) {
      const chunk = await handle.input?.read(size - handle.buffer.length)
      if (chunk) handle.buffer += Buffer.from(chunk).toString('latin1')
      else handle.ended = true
    }
    const piece = handle?.buffer.slice(0, size) ?? ''
    if (handle) handle.buffer = handle.buffer.slice(piece.length)
    await assignScalar(p, target, piece, scope)
    return [piece.length]
  },
  opendir: async (p, { args }, scope) => {
    const [target, path] = args as [Node, Node]
    const handle = await newHandle(p, target, scope)
    try {
      handle.names = ['.', '..', ...p.machine.process.files.list(p.machine.name(await p.scalar(path, scope)))].map(bytesOf)
      return [1]
    } catch (error) {
      p.machine.failed(error)
      return ['']
    }
  },
  readdir: async (p, { args }, scope, wantsList) => {
    const handle = args[0] && handleOf(p.machine, await p.scalar(args[0], scope))
    return wantsList ? (handle?.names?.splice(0) ?? []) : [handle?.names?.shift()]
  },
  closedir: async () => [1],
  glob: async (p, { args }, scope, wantsList) => {
    const found = globbed(p.machine, text(args[0] ? await p.scalar(args[0], scope) : p.machine.scalarOf('_')))
    return wantsList ? found : [found[0]]
  },
  stat: stat(true),
  lstat: stat(false),
  unlink: onFiles((p, name) => p.machine.process.files.remove(name), 0),
  chmod: onFiles((p, name, [mode]) => p.machine.process.files.chmod(name, number(mode)), 1),
  chown: onFiles((p, name, [uid, gid]) => p.machine.process.files.chown(name, number(uid), number(gid)), 2),
  utime: onFiles((p, name, [atime, mtime]) => {
    const now = p.machine.process.world.now()
    p.machine.process.files.utimes(name, atime === undefined ? now : number(atime) * 1000, mtime === undefined ? now : number(mtime) * 1000)
  }, 2),
  mkdir: once((p, [name, mode]) =>
    p.machine.process.files.mkdir(p.machine.name(name), (mode === undefined ? 0o777 : number(mode)) & ~p.machine.process.umask),
  ),
  rmdir: once((p, [name]) => p.machine.process.files.rmdir(p.machine.name(name))),
  rename: once((p, [from, to]) => p.machine.process.files.rename(p.machine.name(from), p.machine.name(to))),
  link: once((p, [from, to]) => p.machine.process.files.link(p.machine.name(from), p.machine.name(to))),
  symlink: once((p, [from, to]) => p.machine.process.files.symlink(p.machine.name(from), p.machine.name(to))),
  truncate: once((p, [name, size]) => p.machine.process.files.truncate(p.machine.name(name), number(size))),
  readlink: async (p, { args }, scope) => {
    try {
      return [bytesOf(p.machine.process.files.readlink(p.machine.name(args[0] ? await p.scalar(args[0], scope) : p.machine.scalarOf('_'))))]
    } catch (error) {
      return [p.machine.failed(error)]
    }
  },
}
