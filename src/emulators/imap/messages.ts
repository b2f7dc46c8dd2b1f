import type { Folder, StoredMessage } from '../../host/mail/mail-store.ts'
import { headerOf, parseMime } from '../../host/mail/mime.ts'
import { ImapSyntaxError, type Token, textOf } from './codec.ts'
import { FLAGS_ITEM, fetched, parseFetchItems, UID_ITEM } from './fetch.ts'
import { type Candidate, type Criterion, parseSearch } from './search.ts'
import { type FolderState, normalizeFlags } from './selection.ts'
import { contains, formatSet, parseSet } from './sequence-set.ts'
import { type Handler, type How, type ImapSession, latin1, type Selected } from './session.ts'

/** UIDs that an event lists. */
const LISTED_UIDS = 200

interface Numbered {
  n: number
  message: StoredMessage
}

const numbered = (folder: Folder): Numbered[] => folder.messages.map((message, i) => ({ n: i + 1, message }))

/** The messages of a set. Numbers must exist, UIDs need not (RFC 3501 §6.4.8). @throws ImapSyntaxError */
function chosen({ folder }: FolderState, argument: Token | undefined, isUid: boolean): Numbered[] {
  const count = folder.messages.length
  const set = parseSet(textOf(argument), isUid ? (folder.messages.at(-1)?.uid ?? 0) : count)
  if (!isUid && set.some(([from, to]) => from < 1 || to > count)) throw new ImapSyntaxError('Invalid messageset')
  return numbered(folder).filter(({ n, message }) => contains(set, isUid ? message.uid : n))
}

/** `(CHANGEDSINCE 5)` of RFC 7162. */
function modifier(token: Token | undefined, name: string): number | undefined {
  if (token?.kind !== 'list') return undefined
  const at = token.items.findIndex((item) => textOf(item)?.toUpperCase() === name)
  const value = textOf(token.items[at + 1])
  return at >= 0 && value !== undefined && /^\d{1,19}$/.test(value) ? Number(value) : undefined
}

export const fetch: Handler = async (session, args, { isUid }) => {
  const { state, readOnly } = session.selected as Selected
  const { items, rest } = parseFetchItems(args.slice(1))
  const since = modifier(rest[0], 'CHANGEDSINCE')
  if (since !== undefined) session.usesModseq = true
  const messages = chosen(state, args[0], isUid).filter(({ message }) => since === undefined || state.modseqOf(message) > since)
  const wanted = isUid && !items.includes(UID_ITEM) ? [UID_ITEM, ...items] : items
  const ordered = [...wanted.filter(({ isCheap }) => isCheap), ...wanted.filter(({ isCheap }) => !isCheap)]
  const asksFlags = wanted.includes(FLAGS_ITEM)
  let bytes = 0
  const read: number[] = []
  for (const { n, message } of messages) {
    const isNewlySeen = !readOnly && wanted.some(({ marksSeen }) => marksSeen) && !message.flags.has('\\Seen')
    if (isNewlySeen) {
      message.flags.add('\\Seen')
      session.store.flagged(state.folder, [message])
      state.changed([message])
    }
    const source = fetched(message, state.flagsOf(message), state.modseqOf(message), session.timezone)
    const parts = ordered.map(({ answer }) => answer(source))
    const cheap = ordered.filter(({ isCheap }) => isCheap).length
    if (isNewlySeen && !asksFlags) parts.splice(cheap, 0, `FLAGS (${source.flags})`)
    if (wanted.some(({ readsText }) => readsText)) {
      read.push(message.uid)
      bytes += message.bytes.length
    }
    await session.tell(`* ${n} FETCH (${parts.join(' ')})`)
  }
  if (read.length) {
    session.visit.record('imap.fetch', {
      folder: latin1(state.folder.name),
      messages: read.length,
      uids: read.slice(0, LISTED_UIDS),
      bytes,
    })
  }
  return 'OK Fetch completed'
}

export const store: Handler = async (session, args, { isUid }) => {
  const { state, readOnly } = session.selected as Selected
  const rest = [...args]
  const set = rest.shift()
  const unchangedSince = modifier(rest[0], 'UNCHANGEDSINCE')
  if (unchangedSince !== undefined) rest.shift()
  const action = /^([+-]?)FLAGS(\.SILENT)?$/i.exec(textOf(rest[0]) ?? '')
  if (rest.length < 2) throw new ImapSyntaxError('Invalid arguments')
  const messages = chosen(state, set, isUid)
  if (!action) throw new ImapSyntaxError('Invalid arguments')
  const given = rest[1]?.kind === 'list' ? rest[1].items : rest.slice(1)
  const result = normalizeFlags(given.map((token) => textOf(token) ?? ''))
  if ('unknown' in result) throw new ImapSyntaxError(`Invalid system flag ${result.unknown}`)
  if (readOnly) return 'OK Store ignored with read-only mailbox'
  const blocked = messages.filter(({ message }) => unchangedSince !== undefined && state.modseqOf(message) > unchangedSince)
  const changed = messages.filter((one) => !blocked.includes(one) && setFlags(one.message, action[1] as string, result.flags))
  if (action[1] !== '-' && state.learn(result.flags)) for (const line of state.flagLines(false)) await session.tell(line)
  if (changed.length) {
    const touched = changed.map(({ message }) => message)
    state.changed(touched)
    session.store.flagged(state.folder, touched)
  }
  const isSilent = action[2] !== undefined
  for (const { n, message } of isSilent && !session.usesModseq ? [] : changed) {
    const parts = [
      ...(isUid ? [`UID ${message.uid}`] : []),
      ...(session.usesModseq ? [`MODSEQ (${state.modseqOf(message)})`] : []),
      ...(isSilent ? [] : [`FLAGS (${state.flagsOf(message)})`]),
    ]
    await session.tell(`* ${n} FETCH (${parts.join(' ')})`)
  }
  if (blocked.length === 0) return 'OK Store completed'
  return `OK [MODIFIED ${formatSet(blocked.map(({ n, message }) => (isUid ? message.uid : n)))}] Conditional store failed`
}

/** Whether anything changed. */
function setFlags(message: StoredMessage, how: string, flags: readonly string[]): boolean {
  const before = [...message.flags].sort().join(' ')
  if (how === '') message.flags = new Set(flags)
  for (const flag of flags) {
    if (how === '-') message.flags.delete(flag)
    else message.flags.add(flag)
  }
  return [...message.flags].sort().join(' ') !== before
}

/** Removes what is marked \Deleted, within a set of UIDs or everywhere; gives the numbers in the order to announce them. */
export function expunge(session: ImapSession, uids: string | undefined): number[] {
  const { state, readOnly } = session.selected as Selected
  const { folder } = state
  const set = uids === undefined ? undefined : parseSet(uids, folder.messages.at(-1)?.uid ?? 0)
  if (readOnly) return []
  const marked = numbered(folder).filter(({ message }) => message.flags.has('\\Deleted') && (!set || contains(set, message.uid)))
  return removeAll(session, state, marked)
}

/** From the last to the first: so no number changes before it is announced. */
function removeAll(session: ImapSession, state: FolderState, marked: readonly Numbered[]): number[] {
  if (marked.length === 0) return []
  session.store.remove(
    state.folder,
    marked.map(({ message }) => message),
  )
  state.highestModseq++
  session.visit.record('imap.delete', { folder: latin1(state.folder.name), messages: marked.length, wholeFolder: false })
  return marked.map(({ n }) => n).reverse()
}

/** Copies the messages of a set; the answer when it cannot be done. */
function copyAll(
  session: ImapSession,
  args: readonly Token[],
  isUid: boolean,
): string | { messages: Numbered[]; target: Folder; code: string } {
  const { state } = session.selected as Selected
  const name = textOf(args[1])
  if (name === undefined) throw new ImapSyntaxError('Invalid arguments')
  const messages = chosen(state, args[0], isUid)
  const target = session.store.folder(name)
  if (!target || target.isNode) return `NO [TRYCREATE] Mailbox doesn't exist: ${name}`
  if (messages.length === 0) return 'OK No messages found'
  const copies: number[] = []
  for (const { message } of messages) {
    const copied = session.store.append(target, message.bytes, [...message.flags], message.time)
    if (!copied) return 'NO [OVERQUOTA] Quota exceeded (mailbox for user is full)'
    copies.push(copied.uid)
  }
  const code = `[COPYUID ${target.uidValidity} ${formatSet(messages.map(({ message }) => message.uid))} ${formatSet(copies)}]`
  return { messages, target, code }
}

export const copy: Handler = async (session, args, { isUid }) => {
  const copied = copyAll(session, args, isUid)
  if (typeof copied === 'string') return copied
  await session.tellGrowth(copied.target)
  return `OK ${copied.code} Copy completed`
}

/** RFC 6851. */
export const move: Handler = async (session, args, { isUid }) => {
  const { state, readOnly } = session.selected as Selected
  if (readOnly) return 'NO Mailbox is read-only'
  const copied = copyAll(session, args, isUid)
  if (typeof copied === 'string') return copied
  await session.tell(`* OK ${copied.code} Moved UIDs.`)
  for (const n of removeAll(session, state, copied.messages)) await session.tell(`* ${n} EXPUNGE`)
  await session.tellGrowth(copied.target)
  return 'OK Move completed'
}

const CHARSETS = new Set(['UTF-8', 'US-ASCII', 'ASCII', 'ISO-8859-1', 'ISO-8859-15', 'WINDOWS-1252'])

function found(state: FolderState, criterion: Criterion): Candidate[] {
  return numbered(state.folder)
    .map(({ n, message }) => ({ n, message, modseq: state.modseqOf(message) }))
    .filter(criterion)
}

function criterionOf(state: FolderState, tokens: readonly Token[]): Criterion {
  const { messages } = state.folder
  return parseSearch(tokens, { messages: messages.length, uid: messages.at(-1)?.uid ?? 0 })
}

export const search: Handler = async (session, args, { isUid, tag }) => {
  const { state } = session.selected as Selected
  const rest = [...args]
  const returns = textOf(rest[0])?.toUpperCase() === 'RETURN' && rest[1]?.kind === 'list' ? rest.splice(0, 2)[1] : undefined
  if (textOf(rest[0])?.toUpperCase() === 'CHARSET') {
    const [, charset] = rest.splice(0, 2)
    if (!CHARSETS.has((textOf(charset) ?? '').toUpperCase())) return 'NO [BADCHARSET] Unknown charset'
  }
  const results = found(state, criterionOf(state, rest))
  const numbers = results.map(({ n, message }) => (isUid ? message.uid : n))
  const keys = rest.map(shown).join(' ')
  session.visit.record('imap.search', { folder: latin1(state.folder.name), keys: latin1(keys), found: numbers.length })
  if (returns?.kind !== 'list') await session.tell(['* SEARCH', ...numbers].join(' '))
  else await session.tell(extendedResult(returns.items, numbers, isUid, tag))
  return 'OK Search completed'
}

/** RFC 4731: an empty RETURN means ALL. */
function extendedResult(options: readonly Token[], numbers: readonly number[], isUid: boolean, tag: string): string {
  const wanted = new Set(options.map((option) => (textOf(option) ?? '').toUpperCase()))
  const all = wanted.size === 0 || wanted.has('ALL')
  const parts = [
    ...(wanted.has('MIN') && numbers.length ? [`MIN ${Math.min(...numbers)}`] : []),
    ...(wanted.has('MAX') && numbers.length ? [`MAX ${Math.max(...numbers)}`] : []),
    ...(all && numbers.length ? [`ALL ${formatSet(numbers)}`] : []),
    ...(wanted.has('COUNT') ? [`COUNT ${numbers.length}`] : []),
  ]
  return ['* ESEARCH', `(TAG "${tag}")`, ...(isUid ? ['UID'] : []), ...parts].join(' ')
}

function shown(token: Token): string {
  if (token.kind === 'list') return `(${token.items.map(shown).join(' ')})`
  return token.kind === 'string' ? `"${token.text}"` : token.text
}

/** RFC 5256: what messages are put in order by. */
const SORT_KEYS: Record<string, (message: StoredMessage) => string | number> = {
  ARRIVAL: ({ time }) => time,
  DATE: (message) => Date.parse(header(message, 'date')) || message.time,
  SIZE: ({ bytes }) => bytes.length,
  SUBJECT: (message) => header(message, 'subject').replace(/^((re|fwd?):\s{0,10}){1,20}/i, ''),
  FROM: (message) => header(message, 'from'),
  TO: (message) => header(message, 'to'),
  CC: (message) => header(message, 'cc'),
  DISPLAYFROM: (message) => header(message, 'from'),
  DISPLAYTO: (message) => header(message, 'to'),
}

const header = (message: StoredMessage, name: string): string => headerOf(parseMime(message.bytes).headers, name)?.toLowerCase() ?? ''

export const sort: Handler = async (session, args, how) => {
  const { state } = session.selected as Selected
  const program = args[0]
  if (program?.kind !== 'list' || args.length < 3) throw new ImapSyntaxError('Missing or invalid sort program')
  const keys = sortKeys(program.items)
  const results = found(state, criterionOf(state, args.slice(2))).map((one) => ({ one, values: keys.map(({ key }) => key(one.message)) }))
  results.sort((a, b) => {
    for (const [i, { isReverse }] of keys.entries()) {
      const [x, y] = [a.values[i] as string, b.values[i] as string]
      if (x !== y) return (x < y ? -1 : 1) * (isReverse ? -1 : 1)
    }
    return a.one.n - b.one.n
  })
  await session.tell(['* SORT', ...results.map(({ one }) => (how.isUid ? one.message.uid : one.n))].join(' '))
  return 'OK Sort completed'
}

function sortKeys(tokens: readonly Token[]): { key: (message: StoredMessage) => string | number; isReverse: boolean }[] {
  const keys: { key: (message: StoredMessage) => string | number; isReverse: boolean }[] = []
  let isReverse = false
  for (const token of tokens.slice(0, 20)) {
    const name = (textOf(token) ?? '').toUpperCase()
    if (name === 'REVERSE') {
      isReverse = true
      continue
    }
    const key = SORT_KEYS[name]
    if (!key) throw new ImapSyntaxError(`Unknown sort argument: ${name}`)
    keys.push({ key, isReverse })
    isReverse = false
  }
  return keys
}

/** RFC 5256: each message is a thread of its own, which is what it looks like where nobody answers. */
export const thread: Handler = async (session, args, { isUid }: How) => {
  const { state } = session.selected as Selected
  if (args.length < 3) throw new ImapSyntaxError('Missing or invalid thread algorithm')
  const results = found(state, criterionOf(state, args.slice(2)))
  await session.tell(`* THREAD ${results.map(({ n, message }) => `(${isUid ? message.uid : n})`).join('')}`)
  return 'OK Thread completed'
}
