import { LimitReached } from '../../sensor/visit.ts'
import { append, judgeAppend } from './append.ts'
import { type Command, commandName, ImapSyntaxError, parseCommand, type Segments, textOf } from './codec.ts'
import type { Literal } from './command-reader.ts'
import { create, missing, nameOf, open, remove, rename } from './folders.ts'
import { isTag, recordId, USER_CAPABILITIES } from './login.ts'
import { list, lsub } from './mailbox-list.ts'
import { copy, expunge, fetch, move, search, sort, store, thread } from './messages.ts'
import type { Handler, ImapSession, Selected } from './session.ts'

/** Bad commands in a row that Dovecot bears (CLIENT_MAX_BAD_COMMANDS). */
const BAD_COMMANDS = 20
/** imap_idle_notify_interval: so that no router forgets the connection. */
const IDLE_NOTIFY_MS = 120_000
/** Literals of a command other than APPEND. */
const LITERAL_BYTES = 64 * 1024

/** Dovecot 2.3's imap process, compared with 2.3.19.1: takes commands, says how they ended and how long they took. */
export class Dispatcher {
  readonly #session: ImapSession
  #bad = 0

  constructor(session: ImapSession) {
    this.#session = session
  }

  /** Whether a literal may come; a text refuses it. */
  readonly judge = (segments: Segments, literal: Literal): string | undefined => {
    const { name } = commandName((segments[0] as Segments[number]).line)
    if (name === 'APPEND') return judgeAppend(this.#session, segments, literal)
    return literal.total > LITERAL_BYTES ? `BAD Error in IMAP command ${name}: Literal size too large` : undefined
  }

  /** Answers one command; false when the connection ends. */
  async handle(segments: Segments, refusal: string | undefined, waitedMs: number): Promise<{ goesOn: boolean; said: string }> {
    const startedAt = performance.now()
    const known = commandName((segments[0] as Segments[number]).line)
    let result: string
    let waited = waitedMs
    let tag = known.tag
    if (!isTag(tag)) {
      result = 'BAD Error in IMAP tag: Invalid tag'
      tag = '*'
    } else if (refusal !== undefined) result = refusal
    else {
      const outcome = await this.#run(segments, known.name)
      result = outcome.result
      waited += outcome.waitedMs
    }
    const spent = performance.now() - startedAt + waitedMs
    const said = `${tag} ${result} (${timing(spent, waited)} secs).`
    await this.#session.tell(said)
    this.#bad = result.startsWith('BAD') ? this.#bad + 1 : 0
    if (this.#bad >= BAD_COMMANDS) {
      await this.#session.tell('* BYE Too many invalid IMAP commands.')
      await this.#session.flush()
      return { goesOn: false, said }
    }
    await this.#session.flush()
    return { goesOn: !result.startsWith('OK Logout'), said }
  }

  async #run(segments: Segments, name: string): Promise<{ result: string; waitedMs: number }> {
    if (!/^[\x21-\x7e]+$/.test(name)) return { result: 'BAD Error in IMAP command: Invalid command name', waitedMs: 0 }
    if (name === 'IDLE') return this.#idle()
    const isUid = name === 'UID'
    let shown = name
    try {
      const command = parseCommand(segments)
      const inner = isUid ? uidCommand(command) : command
      if (isUid) shown = `UID ${inner.name}`
      const handler = isUid ? UID_HANDLERS[inner.name] : HANDLERS[inner.name]
      if (!handler) return { result: `BAD Error in IMAP command ${shown}: Unknown command`, waitedMs: 0 }
      const needsSelection = isUid || SELECTED_STATE.has(inner.name)
      if (needsSelection && !this.#session.selected) return { result: 'BAD No mailbox selected', waitedMs: 0 }
      return { result: await handler(this.#session, inner.args, { isUid, tag: command.tag }), waitedMs: 0 }
    } catch (error) {
      if (!(error instanceof ImapSyntaxError)) throw error
      return { result: `BAD Error in IMAP command ${shown}: ${error.message}`, waitedMs: 0 }
    }
  }

  async #idle(): Promise<{ result: string; waitedMs: number }> {
    await this.#session.tell('+ idling')
    await this.#session.flush()
    const startedAt = performance.now()
    for (;;) {
      try {
        const line = await this.#session.visit.line(8192, { within: IDLE_NOTIFY_MS })
        const waitedMs = performance.now() - startedAt
        return { result: line.toString('latin1').toUpperCase() === 'DONE' ? 'OK Idle completed' : 'BAD Expected DONE', waitedMs }
      } catch (error) {
        if (!(error instanceof LimitReached) || error.limit !== 'read-deadline') throw error
        await this.#session.tell('* OK Still here')
        await this.#session.flush()
      }
    }
  }
}

/** `0.001 + 0.000`, and a third time where something was waited for, as Dovecot tells them. */
function timing(spentMs: number, waitedMs: number): string {
  const seconds = (ms: number): string => (Math.max(0, Math.round(ms)) / 1000).toFixed(3)
  const spent = seconds(Math.max(1, spentMs))
  return waitedMs >= 1 ? `${spent} + ${seconds(waitedMs)} + ${seconds(waitedMs - 1)}` : `${spent} + 0.000`
}

function uidCommand({ args, tag }: Command): Command {
  return { tag, name: (textOf(args[0]) ?? '').toUpperCase(), args: args.slice(1) }
}

const SELECTED_STATE = new Set(['FETCH', 'STORE', 'SEARCH', 'SORT', 'THREAD', 'COPY', 'MOVE', 'EXPUNGE', 'CLOSE', 'UNSELECT', 'CHECK'])

const HANDLERS: Record<string, Handler> = {
  CAPABILITY: async (session) => {
    await session.tell(`* CAPABILITY ${USER_CAPABILITIES}`)
    return 'OK Capability completed'
  },
  NOOP: () => 'OK NOOP completed',
  CHECK: () => 'OK Check completed',
  LOGOUT: async (session) => {
    await session.tell('* BYE Logging out')
    return 'OK Logout completed'
  },
  ID: async (session, args) => {
    recordId(session.visit, args[0])
    await session.tell('* ID ("name" "Dovecot")')
    return 'OK ID completed'
  },
  ENABLE: async (session, args) => {
    const wanted = args.map((arg) => textOf(arg)?.toUpperCase()).filter((name) => name === 'CONDSTORE' || name === 'QRESYNC')
    if (wanted.length) session.usesModseq = true
    await session.tell(['* ENABLED', ...wanted].join(' '))
    return 'OK Enabled'
  },
  NAMESPACE: async (session) => {
    await session.tell('* NAMESPACE (("" "/")) NIL NIL')
    return 'OK Namespace completed'
  },
  SELECT: open(false),
  EXAMINE: open(true),
  LIST: async (session, args) => {
    for (const line of list(session.store, args, (folder, items) => session.status(folder, items))) await session.tell(line)
    return 'OK List completed'
  },
  LSUB: async (session, args) => {
    for (const line of lsub(session.store, args)) await session.tell(line)
    return 'OK Lsub completed'
  },
  STATUS: async (session, args) => {
    const name = nameOf(args)
    const items = args[1]
    if (items?.kind !== 'list') throw new ImapSyntaxError('Missing arguments')
    const folder = session.store.folder(name)
    if (!folder || folder.isNode) return `NO ${missing(name)}`
    await session.tell(session.status(folder, items.items))
    return 'OK Status completed'
  },
  CREATE: create,
  DELETE: remove,
  RENAME: rename,
  SUBSCRIBE: (session, args) => {
    const name = nameOf(args)
    if (!session.store.folder(name)) return `NO [NONEXISTENT] ${missing(name)}`
    session.store.subscribe(name, true)
    return 'OK Subscribe completed'
  },
  UNSUBSCRIBE: (session, args) => {
    session.store.subscribe(nameOf(args), false)
    return 'OK Unsubscribe completed'
  },
  UNSELECT: (session) => {
    session.unselect()
    return 'OK Unselect completed'
  },
  CLOSE: async (session) => {
    const { readOnly } = session.selected as Selected
    if (!readOnly) expunge(session, undefined)
    session.unselect()
    return 'OK Close completed'
  },
  EXPUNGE: async (session) => {
    for (const n of expunge(session, undefined)) await session.tell(`* ${n} EXPUNGE`)
    return 'OK Expunge completed'
  },
  APPEND: append,
  FETCH: fetch,
  STORE: store,
  SEARCH: search,
  SORT: sort,
  THREAD: thread,
  COPY: copy,
  MOVE: move,
}

const UID_HANDLERS: Record<string, Handler> = {
  FETCH: fetch,
  STORE: store,
  SEARCH: search,
  SORT: sort,
  THREAD: thread,
  COPY: copy,
  MOVE: move,
  EXPUNGE: async (session, args) => {
    for (const n of expunge(session, textOf(args[0]))) await session.tell(`* ${n} EXPUNGE`)
    return 'OK Expunge completed'
  },
}
