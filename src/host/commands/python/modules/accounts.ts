import type { Machine } from '../machine.ts'
import { asInteger } from '../operators.ts'
import { record, recordClass } from '../record.ts'
import { functions } from '../signature.ts'
import { list, raise, typeError, typeName } from '../types.ts'
import type { PyTuple, Value } from '../value.ts'

const PASSWD = recordClass('struct_passwd', 'pwd', ['pw_name', 'pw_passwd', 'pw_uid', 'pw_gid', 'pw_gecos', 'pw_dir', 'pw_shell'])
const GROUP = recordClass('struct_group', 'grp', ['gr_name', 'gr_passwd', 'gr_gid', 'gr_mem'])

function lines(m: Machine, path: string): string[][] {
  return m.process.world.files
    .read(path)
    .toString()
    .split('\n')
    .filter((line) => line.includes(':'))
    .map((line) => line.split(':'))
}

function passwords(m: Machine): PyTuple[] {
  return lines(m, '/etc/passwd').map(([name = '', , uid = '0', gid = '0', gecos = '', home = '', shell = '']) =>
    record(PASSWD, name, 'x', BigInt(uid), BigInt(gid), gecos, home, shell),
  )
}

function groups(m: Machine): PyTuple[] {
  return lines(m, '/etc/group').map(([name = '', , gid = '0', members = '']) =>
    record(GROUP, name, 'x', BigInt(gid), list(members.split(',').filter(Boolean))),
  )
}

function byName(all: PyTuple[], what: string, name: Value): Value {
  if (typeof name !== 'string') throw typeError(`${what}() argument must be str, not ${typeName(name)}`)
  const found = all.find(({ items }) => items[0] === name)
  if (!found) throw raise('KeyError', `${what}(): name not found: '${name}'`)
  return found
}

function byNumber(all: PyTuple[], what: string, kind: string, number: Value): Value {
  const wanted = asInteger(number)
  const found = all.find(({ items }) => items[2] === wanted)
  if (!found) throw raise('KeyError', `${what}(): ${kind} not found: ${wanted}`)
  return found
}

export function* accountModule(m: Machine): Iterable<readonly [string, Value]> {
  yield ['struct_passwd', PASSWD]
  yield* functions({
    getpwall: ['', () => list(passwords(m))],
    getpwnam: ['name', (_m, name: Value) => byName(passwords(m), 'getpwnam', name)],
    getpwuid: ['uid', (_m, uid: Value) => byNumber(passwords(m), 'getpwuid', 'uid', uid)],
  })
}

export function* groupModule(m: Machine): Iterable<readonly [string, Value]> {
  yield ['struct_group', GROUP]
  yield* functions({
    getgrall: ['', () => list(groups(m))],
    getgrnam: ['name', (_m, name: Value) => byName(groups(m), 'getgrnam', name)],
    getgrgid: ['id', (_m, gid: Value) => byNumber(groups(m), 'getgrgid', 'gid', gid)],
  })
}
