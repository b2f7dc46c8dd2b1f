import type { Machine } from '../machine.ts'
import { ERRNO } from '../os-error.ts'
import { functions } from '../signature.ts'
import { exceptionLines, formatException, formatTrace, traceLine } from '../traceback.ts'
import { dict, list } from '../types.ts'
import { PyException, type Steps, type Value } from '../value.ts'

export function* errnoModule(): Iterable<readonly [string, Value]> {
  for (const [name, number] of Object.entries(ERRNO)) yield [name, BigInt(number)]
  yield ['errorcode', dict(Object.entries(ERRNO).map(([name, number]): [Value, Value] => [BigInt(number), name]))]
}

export function* gcModule(): Iterable<readonly [string, Value]> {
  yield* functions({
    collect: ['generation=', () => 0n],
    enable: ['', () => null],
    disable: ['', () => null],
    isenabled: ['', () => true],
    get_count: ['', () => list([0n, 0n, 0n])],
  })
}

const TYPES: Readonly<Record<string, bigint>> = {
  S_IFDIR: 0o040000n,
  S_IFCHR: 0o020000n,
  S_IFBLK: 0o060000n,
  S_IFREG: 0o100000n,
  S_IFIFO: 0o010000n,
  S_IFLNK: 0o120000n,
  S_IFSOCK: 0o140000n,
}

function fileMode(mode: bigint): string {
  const kind = { 4: 'd', 2: 'c', 6: 'b', 8: '-', 1: 'p', 10: 'l', 12: 's' }[Number((mode >> 12n) & 15n)] ?? '?'
  const part = (shift: bigint, special: bigint, letter: string): string => {
    const bits = (mode >> shift) & 7n
    const isSpecial = (mode & special) !== 0n
    return `${bits & 4n ? 'r' : '-'}${bits & 2n ? 'w' : '-'}${bits & 1n ? (isSpecial ? letter : 'x') : isSpecial ? letter.toUpperCase() : '-'}`
  }
  return kind + part(6n, 0o4000n, 's') + part(3n, 0o2000n, 's') + part(0n, 0o1000n, 't')
}

export function* statModule(): Iterable<readonly [string, Value]> {
  yield* Object.entries(TYPES)
  for (const [name, value] of Object.entries({
    S_ISUID: 0o4000,
    S_ISGID: 0o2000,
    S_ISVTX: 0o1000,
    S_IRWXU: 0o700,
    S_IRUSR: 0o400,
    S_IWUSR: 0o200,
    S_IXUSR: 0o100,
    S_IRWXG: 0o70,
    S_IRGRP: 0o40,
    S_IWGRP: 0o20,
    S_IXGRP: 0o10,
    S_IRWXO: 7,
    S_IROTH: 4,
    S_IWOTH: 2,
    S_IXOTH: 1,
    ST_MODE: 0,
    ST_INO: 1,
    ST_UID: 4,
    ST_GID: 5,
    ST_SIZE: 6,
    ST_MTIME: 8,
  }))
    yield [name, BigInt(value)]
  const is = (name: string): [string, (m: Machine, mode: bigint) => Value] => ['mode', (_m, mode) => (mode & 0o170000n) === TYPES[name]]
  yield* functions({
    S_ISDIR: is('S_IFDIR'),
    S_ISREG: is('S_IFREG'),
    S_ISLNK: is('S_IFLNK'),
    S_ISCHR: is('S_IFCHR'),
    S_ISBLK: is('S_IFBLK'),
    S_ISFIFO: is('S_IFIFO'),
    S_ISSOCK: is('S_IFSOCK'),
    S_IMODE: ['mode', (_m, mode: bigint) => mode & 0o7777n],
    S_IFMT: ['mode', (_m, mode: bigint) => mode & 0o170000n],
    filemode: ['mode', (_m, mode: bigint) => fileMode(mode)],
  })
}

function* whole(m: Machine, exception: PyException): Steps<string> {
  m.enterLibrary(exception)
  return yield* formatException(m, exception)
}

/** The exception of a call that may name it by class and value, by value alone, or not at all. */
function given(m: Machine, args: readonly (Value | undefined)[]): PyException | undefined {
  return args.find((arg): arg is PyException => arg instanceof PyException) ?? m.handling()
}

export function* tracebackModule(m: Machine): Iterable<readonly [string, Value]> {
  void m
  const print = function* (machine: Machine, text: string, file: Value | undefined): Steps<Value> {
    const target = file === undefined || file === null ? machine.stderr : file
    yield* machine.call(yield* machine.getattr(target, 'write'), [text])
    return null
  }
  yield* functions({
    format_exc: [
      'limit=, chain=',
      function* (machine: Machine): Steps<Value> {
        const current = machine.handling()
        return current ? yield* whole(machine, current) : 'NoneType: None\n'
      },
    ],
    print_exc: [
      'limit=, file=, chain=',
      function* (machine: Machine, _limit: Value | undefined, file: Value | undefined): Steps<Value> {
        const current = machine.handling()
        return yield* print(machine, current ? yield* whole(machine, current) : 'NoneType: None\n', file)
      },
    ],
    print_exception: [
      'exc, value=, tb=, limit=, file=, chain=',
      function* (
        machine: Machine,
        exception: Value,
        value: Value | undefined,
        _tb: Value | undefined,
        _limit: Value | undefined,
        file: Value | undefined,
      ): Steps<Value> {
        const found = given(machine, [exception, value])
        return found ? yield* print(machine, yield* whole(machine, found), file) : null
      },
    ],
    format_exception: [
      'exc, value=, tb=, limit=, chain=',
      function* (machine: Machine, exception: Value, value: Value | undefined): Steps<Value> {
        const found = given(machine, [exception, value])
        return list(found ? [yield* whole(machine, found)] : [])
      },
    ],
    format_exception_only: [
      'exc, value=',
      function* (machine: Machine, exception: Value, value: Value | undefined): Steps<Value> {
        const found = given(machine, [exception, value])
        return list(found ? [yield* exceptionLines(machine, found)] : [])
      },
    ],
    format_tb: ['tb, limit=', (machine) => list((machine.handling()?.trace ?? []).map((line) => formatTrace([line])))],
    print_tb: [
      'tb, limit=, file=',
      (machine, _tb: Value, _limit: Value | undefined, file: Value | undefined) =>
        print(machine, formatTrace(machine.handling()?.trace ?? []), file),
    ],
    print_stack: [
      'f=, limit=, file=',
      (machine, _f: Value | undefined, _limit: Value | undefined, file: Value | undefined) =>
        print(machine, machine.frame ? formatTrace([traceLine(machine.frame)]) : '', file),
    ],
    format_stack: ['f=, limit=', (machine) => list(machine.frame ? [formatTrace([traceLine(machine.frame)])] : [])],
    extract_tb: ['tb, limit=', () => list([])],
  })
}
