import { LRUCache } from 'lru-cache'
import { done } from '../dialect.ts'
import type { DatabaseSession, SqlResult } from '../session.ts'
import { bytesOf, numberOf, type SqlValue, textOf } from '../value.ts'
import { type Arguments, commandLines, keepOutput, mustBeOn, type Procedure, raise } from './procedure.ts'

/** Objects that one connection may hold, and what one of them may collect. */
const MOST_OBJECTS = 100
const LARGEST_CONTENT = 4 * 1024 * 1024
const FIRST_TOKEN = 16_711_422

interface OleObject {
  /** ProgID in lower case: `wscript.shell`; `textstream` of a file that was made. */
  program: string
  path: string
  parts: Buffer[]
  size: number
}

const objects = new WeakMap<DatabaseSession, LRUCache<number, OleObject>>()

function objectsOf(session: DatabaseSession): LRUCache<number, OleObject> {
  const known = objects.get(session) ?? new LRUCache<number, OleObject>({ max: MOST_OBJECTS })
  objects.set(session, known)
  return known
}

const PROGRAMS = new Set([
  'wscript.shell',
  'scripting.filesystemobject',
  'adodb.stream',
  'shell.application',
  'msxml2.xmlhttp',
  'msxml2.serverxmlhttp',
  'microsoft.xmlhttp',
  'winhttp.winhttprequest.5.1',
  'odsole.object',
])
const CLASS_SHELL = '{72c24dd5-d70a-438b-8a42-98424b88afb8}'

function make(session: DatabaseSession, program: string, path = ''): number {
  const known = objectsOf(session)
  const token = FIRST_TOKEN + known.size
  known.set(token, { program, path, parts: [], size: 0 })
  return token
}

const create: Procedure = (session, args) => {
  mustBeOn(session, 'sp_OACreate', 'Ole Automation Procedures')
  const program = args.text(0).toLowerCase()
  const known = program === CLASS_SHELL ? 'wscript.shell' : program
  if (!PROGRAMS.has(known) && !known.startsWith('msxml2.')) return raise(0, 1, 'Invalid class string')
  keepOutput(session, args.at(1), make(session, known))
  return done('EXEC', -1)
}

const method: Procedure = (session, args) => {
  mustBeOn(session, 'sp_OAMethod', 'Ole Automation Procedures')
  const value = args.at(0)?.value
  const object = value === null || value === undefined ? undefined : objectsOf(session).get(numberOf(value))
  // The method may have its arguments in its own text: `run("cmd /c whoami")`.
  const [, name = '', inner] = /^\s{0,20}([\w.]{1,64})(?:\s{0,20}\((.*)\))?\s*$/s.exec(args.text(1).slice(0, 8000)) ?? []
  const given = inner === undefined ? [] : [inner.replace(/^["']|["']$/g, '')]
  const rest = [...given, ...args.all.slice(3).map(({ value: one }) => (one === null ? '' : textOf(one)))]
  return object ? call(session, object, name.toLowerCase(), rest, args) : done('EXEC', -1)
}

function call(session: DatabaseSession, object: OleObject, name: string, [first = '']: readonly string[], args: Arguments): SqlResult {
  switch (name) {
    case 'run':
    case 'exec':
    case 'shellexecute':
      if (first) commandLines(session, first)
      keepOutput(session, args.at(2), name === 'exec' ? make(session, 'exec', first) : 0)
      break
    case 'createtextfile':
    case 'opentextfile':
      keepOutput(session, args.at(2), make(session, 'textstream', first))
      break
    case 'write':
    case 'writeline':
    case 'writetext':
      append(object, args.at(3)?.value ?? first, name === 'writeline' ? '\r\n' : '')
      break
    case 'savetofile':
      object.path = first
      store(session, object)
      break
    case 'close':
      if (object.program === 'textstream') store(session, object)
      break
    case 'open':
      session.setup.note({
        kind: 'setting',
        name: object.program,
        value: args.all
          .slice(3)
          .map(({ value }) => textOf(value ?? ''))
          .join(' '),
      })
      break
    case 'stdout.readall':
    case 'readall':
      keepOutput(session, args.at(2), object.program === 'exec' ? commandLines(session, object.path).join('\r\n') : '')
      break
    default:
      keepOutput(session, args.at(2), 0)
  }
  return done('EXEC', -1)
}

function append(object: OleObject, value: SqlValue, end: string): void {
  const bytes = Buffer.concat([bytesOf(value ?? ''), Buffer.from(end)])
  if (object.size + bytes.length > LARGEST_CONTENT) return
  object.parts.push(bytes)
  object.size += bytes.length
}

/** The file that attackers have put together piece by piece. */
function store(session: DatabaseSession, object: OleObject): void {
  const bytes = Buffer.concat(object.parts)
  if (bytes.length === 0 || !object.path) return
  const written = session.setup.host.writeFile(object.path, bytes)
  session.setup.note({ kind: 'write-file', path: object.path, bytes, how: 'ole-automation', written })
}

const destroy: Procedure = (session, args) => {
  const value = args.at(0)?.value
  const token = value === null || value === undefined ? 0 : numberOf(value)
  const object = objectsOf(session).get(token)
  if (object?.program === 'textstream') store(session, object)
  objectsOf(session).delete(token)
  return done('EXEC', -1)
}

const property: Procedure = (session, args) => {
  mustBeOn(session, 'sp_OAGetProperty', 'Ole Automation Procedures')
  keepOutput(session, args.at(2), null)
  return done('EXEC', -1)
}

export const OLE_PROCEDURES: Record<string, Procedure> = {
  sp_oacreate: create,
  sp_oamethod: method,
  sp_oadestroy: destroy,
  sp_oagetproperty: property,
  sp_oasetproperty: property,
  sp_oageterrorinfo: property,
  sp_oastop: () => done('EXEC', -1),
}
