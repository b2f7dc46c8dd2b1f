import type { FileStat } from '../../../contract.ts'
import { HostError } from '../../../contract.ts'
import { pathOf } from '../builtins/open.ts'
import type { Machine } from '../machine.ts'
import { isHostError, raisedFrom } from '../os-error.ts'
import { functions } from '../signature.ts'
import { tuple } from '../types.ts'
import { PyList, PyTuple, type Steps, type Value } from '../value.ts'
import { basename, dirname, joinPaths, normal, splitExtension } from './paths.ts'

function statAt(m: Machine, path: string, how: 'stat' | 'lstat' = 'stat'): FileStat | undefined {
  try {
    return m.process.files[how](path)
  } catch (error) {
    if (error instanceof HostError) return undefined
    throw error
  }
}

type Use = (m: Machine, path: string) => Value

function onText(use: Use): [string, (m: Machine, path: Value) => Steps<Value>] {
  return [
    'path',
    function* (m, path): Steps<Value> {
      return use(m, yield* pathOf(m, path))
    },
  ]
}

/** A fact of a file that must be there. */
function fact(of: (stat: FileStat) => Value): [string, (m: Machine, path: Value) => Steps<Value>] {
  return [
    'filename',
    function* (m, path): Steps<Value> {
      const text = yield* pathOf(m, path)
      try {
        return of(m.process.files.stat(text))
      } catch (error) {
        if (isHostError(error)) throw raisedFrom(error, path)
        throw error
      }
    },
  ]
}

function absolute(m: Machine, path: string): string {
  return normal(joinPaths(m.process.cwd, path))
}

function real(m: Machine, path: string): string {
  try {
    return m.process.files.realpath(path)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    const full = absolute(m, path)
    return full === '/' ? full : joinPaths(real(m, dirname(full)), basename(full))
  }
}

function homeOf(m: Machine, user: string): string | undefined {
  if (user === '') return m.process.env.get('HOME') ?? homeOf(m, m.process.user)
  const lines = m.process.world.files.read('/etc/passwd').toString().split('\n')
  return lines.find((line) => line.startsWith(`${user}:`))?.split(':')[5]
}

const CALLS = functions(
  {
    exists: onText((m, path) => statAt(m, path) !== undefined),
    lexists: onText((m, path) => statAt(m, path, 'lstat') !== undefined),
    isfile: onText((m, path) => statAt(m, path)?.type === 'file'),
    isdir: onText((m, path) => statAt(m, path)?.type === 'directory'),
    islink: onText((m, path) => statAt(m, path, 'lstat')?.type === 'symlink'),
    ismount: onText((_m, path) => path === '/' || path === '/proc' || path === '/sys'),
    isabs: onText((_m, path) => path.startsWith('/')),
    basename: onText((_m, path) => basename(path)),
    dirname: onText((_m, path) => dirname(path)),
    normpath: onText((_m, path) => normal(path)),
    normcase: onText((_m, path) => path),
    abspath: onText((m, path) => absolute(m, path)),
    split: onText((_m, path) => tuple(dirname(path), basename(path))),
    splitext: onText((_m, path) => tuple(...splitExtension(path))),
    splitdrive: onText((_m, path) => tuple('', path)),
    expandvars: onText((m, path) =>
      path.replace(/\$(?:(\w+)|\{([^}]*)\})/g, (whole, a?: string, b?: string) => m.process.env.get(a ?? b ?? '') ?? whole),
    ),
    expanduser: onText((m, path) => path.replace(/^~([^/]*)/, (whole, user: string) => homeOf(m, user)?.replace(/\/$/, '') ?? whole)),
    realpath: [
      'filename, *, strict=',
      function* (m: Machine, path: Value): Steps<Value> {
        return real(m, yield* pathOf(m, path))
      },
    ],
    getsize: fact(({ size }) => BigInt(size)),
    getmtime: fact(({ mtime }) => mtime / 1000),
    getatime: fact(({ atime }) => atime / 1000),
    getctime: fact(({ ctime }) => ctime / 1000),
    join: [
      'a, *args',
      function* (m: Machine, first: Value, rest: Value[]): Steps<Value> {
        const parts: string[] = []
        for (const part of [first, ...rest]) parts.push(yield* pathOf(m, part))
        return joinPaths(...parts)
      },
    ],
    relpath: [
      'path, start=',
      (m, path: Value, start: Value | undefined) => {
        const from = absolute(m, typeof start === 'string' ? start : '.')
          .split('/')
          .filter(Boolean)
        const to = absolute(m, String(path)).split('/').filter(Boolean)
        let same = 0
        while (same < from.length && from[same] === to[same]) same++
        return [...from.slice(same).map(() => '..'), ...to.slice(same)].join('/') || '.'
      },
    ],
    samefile: ['a, b', (m, a: Value, b: Value) => real(m, String(a)) === real(m, String(b))],
    commonprefix: [
      'list',
      (_m, given: Value) => {
        const items = given instanceof PyList || given instanceof PyTuple ? given.items.map(String) : []
        let common = items[0] ?? ''
        for (const item of items) while (!item.startsWith(common)) common = common.slice(0, -1)
        return common
      },
    ],
    commonpath: [
      'paths',
      (_m, given: Value) => {
        const items = given instanceof PyList || given instanceof PyTuple ? given.items.map((item) => String(item).split('/')) : []
        const [first = []] = items
        let same = 0
        while (same < first.length && items.every((parts) => parts[same] === first[same])) same++
        return first.slice(0, same).join('/') || (first[0] === '' ? '/' : '')
      },
    ],
  },
  'py:posixpath',
)

export function* osPathModule(_m: Machine): Iterable<readonly [string, Value]> {
  yield* CALLS
  yield ['sep', '/']
  yield ['pardir', '..']
  yield ['curdir', '.']
  yield ['pathsep', ':']
  yield ['altsep', null]
  yield ['supports_unicode_filenames', false]
}
