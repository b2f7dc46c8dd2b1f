import { done, ownStatement, type Sequence } from '../dialect.ts'
import type { DatabaseSession, SqlResult } from '../session.ts'
import { SqlError } from '../sql-error.ts'
import { SqlParser } from '../sql-parser.ts'
import type { Statement } from '../syntax.ts'
import { bytesOf, numberOf, type SqlValue, textOf } from '../value.ts'
import { isDba, mustBeDba, raise } from './account.ts'

/** An argument of a call; `name` in capitals when it was given by name. */
export interface Argument {
  name: string | undefined
  value: SqlValue
}

class Arguments {
  readonly #all: readonly Argument[]

  constructor(all: readonly Argument[]) {
    this.#all = all
  }

  value(place: number, name: string): SqlValue {
    const placed = this.#all[place]
    return (this.#all.find((one) => one.name === name) ?? (placed?.name === undefined ? placed : undefined))?.value ?? null
  }

  text(place: number, name: string): string {
    const value = this.value(place, name)
    return value === null ? '' : textOf(value)
  }
}

type Procedure = (session: DatabaseSession, args: Arguments) => SqlResult | Sequence

const MOST_JOBS = 50
const MOST_ARGUMENTS = 50
const LONGEST_WAIT_MS = 30_000
const LONGEST_FILE = 1024 * 1024
const fine = (): SqlResult => done('CALL')

interface Job {
  type: string
  action: string
  arguments: string[]
  isEnabled: boolean
}

const jobKey = (name: string): string => `job:${(name.toUpperCase().split('.').at(-1) ?? '').replaceAll('"', '').slice(0, 128)}`

function jobOf({ setup }: DatabaseSession, name: string): Job {
  const kept = setup.serverSettings.get(jobKey(name))
  if (kept === undefined) raise(27_475, `unknown job "${setup.user}"."${name.toUpperCase()}"`)
  return JSON.parse(textOf(kept as string)) as Job
}

function keepJob({ setup }: DatabaseSession, name: string, job: Job): void {
  setup.serverSettings.set(jobKey(name), JSON.stringify(job))
}

const quoted = (word: string): string => (/^[\w./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)

/** What a job does, now: a program of the host or PL/SQL. */
function runJob(session: DatabaseSession, job: Job): Sequence {
  switch (job.type) {
    case 'EXECUTABLE':
    case 'EXTERNAL_SCRIPT': {
      if (!isDba(session)) raise(27_486, 'insufficient privileges\nORA-06512: at "SYS.DBMS_ISCHED", line 175')
      const command =
        job.type === 'EXECUTABLE' ? [job.action, ...job.arguments.filter((one) => one !== '')].map(quoted).join(' ') : job.action
      return { kind: 'sequence', statements: [hostCommand(command)] }
    }
    case 'PLSQL_BLOCK':
    case 'SQL_SCRIPT':
      return { kind: 'sequence', statements: statementsOf(session, job.action), onError: () => [] }
    default:
      return { kind: 'sequence', statements: [] }
  }
}

/** Runs on the simulated host; what it prints the client is not shown. */
function hostCommand(command: string): Statement {
  return ownStatement('CALL', (session) => {
    session.commandResult(command)
    return done('CALL')
  })
}

function statementsOf(session: DatabaseSession, text: string): Statement[] {
  const parser = new SqlParser(text, session.dialect)
  const found: Statement[] = []
  for (let parsed = parser.next(); parsed; parsed = parser.next()) found.push(parsed.statement)
  return found
}

const createJob: Procedure = (session, args) => {
  const name = args.text(0, 'JOB_NAME')
  const { serverSettings } = session.setup
  if (serverSettings.has(jobKey(name))) raise(27_477, `"${session.setup.user}"."${name.toUpperCase()}" already exists`)
  if ([...serverSettings.keys()].filter((key) => key.startsWith('job:')).length >= MOST_JOBS) return fine()
  const job: Job = {
    type: args.text(1, 'JOB_TYPE').toUpperCase(),
    action: args.text(2, 'JOB_ACTION').slice(0, 4000),
    arguments: [],
    isEnabled: isTrue(args.value(8, 'ENABLED')),
  }
  if (job.type.startsWith('E') && !isDba(session)) raise(27_486, 'insufficient privileges\nORA-06512: at "SYS.DBMS_ISCHED", line 175')
  keepJob(session, name, job)
  return job.isEnabled ? runJob(session, job) : fine()
}

const isTrue = (value: SqlValue): boolean => value === true || (value !== null && /^(?:true|1)$/i.test(textOf(value)))

const enableJob: Procedure = (session, args) => {
  const name = args.text(0, 'NAME') || args.text(0, 'JOB_NAME')
  const job = { ...jobOf(session, name), isEnabled: true }
  keepJob(session, name, job)
  return runJob(session, job)
}

/** DBMS_JOB.SUBMIT(job OUT, what, …). */
const submitJob: Procedure = (session, args) => ({
  kind: 'sequence',
  statements: statementsOf(session, args.text(1, 'WHAT')),
  onError: () => [],
})

const wait: Procedure = (session, args) => {
  session.delayMs = Math.min(LONGEST_WAIT_MS, Math.max(0, numberOf(args.value(0, 'SECONDS') ?? 0)) * 1000)
  return fine()
}

function writeFile(session: DatabaseSession, directory: string, name: string, text: SqlValue, how: string): SqlResult {
  const path = session.setup.serverSettings.get(`directory:${directory.toUpperCase()}`)
  if (path === undefined) return raise(29_280, 'invalid directory path')
  return writePath(session, `${textOf(path as string)}/${name.replaceAll('/', '')}`, text, how)
}

function writePath({ setup }: DatabaseSession, path: string, text: SqlValue, how: string): SqlResult {
  const bytes = text === null ? Buffer.alloc(0) : bytesOf(text).subarray(0, LONGEST_FILE)
  const written = setup.host.writeFile(path, bytes)
  setup.note({ kind: 'write-file', path, bytes, how, written })
  return written ? fine() : raise(29_283, 'invalid file operation: cannot open file [29435]\nORA-06512: at "SYS.UTL_FILE", line 536')
}

const append =
  (ending: string): Procedure =>
  (session, args) => {
    const key = `file:${args.text(0, 'FILE')}`
    const known = session.settings.get(key)
    if (typeof known !== 'string') return raise(29_282, 'invalid file ID')
    session.settings.set(key, (known + args.text(1, 'BUFFER') + ending).slice(0, LONGEST_FILE))
    return fine()
  }

const closeFile: Procedure = (session, args) => {
  const path = args.text(0, 'FILE')
  const known = session.settings.get(`file:${path}`)
  session.settings.delete(`file:${path}`)
  return typeof known === 'string' ? writePath(session, path, known, 'utl_file') : fine()
}

const PROCEDURES: Record<string, Procedure> = {
  'DBMS_SCHEDULER.CREATE_JOB': createJob,
  'DBMS_SCHEDULER.SET_JOB_ARGUMENT_VALUE': (session, args) => {
    const name = args.text(0, 'JOB_NAME')
    const job = jobOf(session, name)
    const place = Math.trunc(numberOf(args.value(1, 'ARGUMENT_POSITION') ?? 1))
    if (place >= 1 && place <= MOST_ARGUMENTS) {
      while (job.arguments.length < place) job.arguments.push('')
      job.arguments[place - 1] = args.text(2, 'ARGUMENT_VALUE').slice(0, 4000)
    }
    keepJob(session, name, job)
    return fine()
  },
  'DBMS_SCHEDULER.ENABLE': enableJob,
  'DBMS_SCHEDULER.RUN_JOB': enableJob,
  'DBMS_SCHEDULER.DROP_JOB': (session, args) => {
    jobOf(session, args.text(0, 'JOB_NAME'))
    session.setup.serverSettings.delete(jobKey(args.text(0, 'JOB_NAME')))
    return fine()
  },
  'DBMS_JOB.SUBMIT': submitJob,
  'DBMS_JAVA.GRANT_PERMISSION': (session, args) => {
    mustBeDba(session)
    session.setup.note({
      kind: 'privilege',
      what: `dbms_java.grant_permission ${args.text(1, 'PERMISSION_TYPE')} ${args.text(2, 'PERMISSION_NAME')}`,
      name: args.text(0, 'GRANTEE'),
    })
    return fine()
  },
  'DBMS_LOCK.SLEEP': wait,
  'DBMS_SESSION.SLEEP': wait,
  'DBMS_BACKUP_RESTORE.SLEEP': wait,
  'UTL_FILE.PUT_LINE': append('\n'),
  'UTL_FILE.PUT': append(''),
  'UTL_FILE.PUTF': append(''),
  'UTL_FILE.PUT_RAW': append(''),
  'UTL_FILE.FCLOSE': closeFile,
  'DBMS_XSLPROCESSOR.CLOB2FILE': (session, args) =>
    writeFile(session, args.text(1, 'FLOCATION'), args.text(2, 'FNAME'), args.value(0, 'CL'), 'clob2file'),
  'DBMS_ADVISOR.CREATE_FILE': (session, args) =>
    writeFile(session, args.text(1, 'LOCATION'), args.text(2, 'FILENAME'), args.value(0, 'BUFFER'), 'dbms_advisor'),
  RAISE_APPLICATION_ERROR: (_, args) => raise(Math.abs(Math.trunc(numberOf(args.value(0, 'NUM') ?? 20_000))), args.text(1, 'MSG')),
}

/** Packages that are there and do nothing which shows. */
const PACKAGES = /^(?:SYS\.)?(?:DBMS_\w+|UTL_\w+|OWA_?\w*|HTP|CTXSYS|DBMS_OUTPUT)\./

/**
 * A call of PL/SQL. A routine of Java's that this source has made runs its argument on the host.
 * @param text the call as it was written
 * @throws SqlError ORA-06550 when there is no such routine
 */
export function runPackage(
  session: DatabaseSession,
  parts: readonly string[],
  args: readonly Argument[],
  text: string,
): SqlResult | Sequence {
  const name = parts.slice(parts[0] === 'SYS' ? 1 : 0).join('.')
  const known = Object.hasOwn(PROCEDURES, name) ? PROCEDURES[name] : undefined
  if (known) return known(session, new Arguments(args))
  if (session.setup.libraries.has((parts.at(-1) as string).toLowerCase())) {
    const command = new Arguments(args).text(0, '')
    return command ? { kind: 'sequence', statements: [hostCommand(command)] } : fine()
  }
  if (PACKAGES.test(`${name}.`)) return fine()
  throw new SqlError({
    kind: 'worded',
    code: 6550,
    state: '65000',
    message: `line 1, column 7:\nPLS-00201: identifier '${(text.split('(')[0] ?? '').trim().toUpperCase().slice(0, 128)}' must be declared\nORA-06550: line 1, column 7:\nPL/SQL: Statement ignored`,
  })
}
