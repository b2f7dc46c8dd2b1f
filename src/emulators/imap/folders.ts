import { ImapSyntaxError, type Token, textOf } from './codec.ts'
import { type Handler, type ImapSession, latin1, recentIn } from './session.ts'

export const missing = (name: string): string => `Mailbox doesn't exist: ${name}`

/** The mailbox name of an argument. @throws ImapSyntaxError */
export function nameOf(args: readonly Token[], at = 0): string {
  const name = textOf(args[at])
  if (name === undefined) throw new ImapSyntaxError('Invalid arguments')
  return name
}

export function open(readOnly: boolean): Handler {
  return async (session, args) => {
    const wasSelected = session.selected !== undefined
    session.unselect()
    if (wasSelected) await session.tell('* OK [CLOSED] Previous mailbox closed.')
    const name = nameOf(args)
    const folder = session.store.folder(name)
    if (!folder || folder.isNode) return `NO ${missing(name)}`
    const state = session.stateOf(folder)
    const options = args[1]?.kind === 'list' ? args[1].items.map((item) => textOf(item)?.toUpperCase()) : []
    if (options.includes('CONDSTORE') || options.includes('QRESYNC')) session.usesModseq = true
    session.selected = { state, readOnly }
    for (const line of state.flagLines(readOnly)) await session.tell(line)
    await session.tell(`* ${folder.messages.length} EXISTS`)
    await session.tell(`* ${recentIn(folder)} RECENT`)
    const unseen = folder.messages.findIndex(({ flags }) => !flags.has('\\Seen'))
    if (unseen >= 0) await session.tell(`* OK [UNSEEN ${unseen + 1}] First unseen.`)
    await session.tell(`* OK [UIDVALIDITY ${folder.uidValidity}] UIDs valid`)
    await session.tell(`* OK [UIDNEXT ${folder.uidNext}] Predicted next UID`)
    if (session.usesModseq) await session.tell(`* OK [HIGHESTMODSEQ ${state.highestModseq}] Highest`)
    if (!readOnly) session.store.selected(folder)
    session.visit.record('imap.select', { folder: latin1(folder.name), messages: folder.messages.length, readOnly })
    return readOnly ? 'OK [READ-ONLY] Examine completed' : 'OK [READ-WRITE] Select completed'
  }
}

/** What is wrong with the name of a mailbox that is to be made. */
function complaint(name: string): string | undefined {
  if (name === '') return 'Name is empty'
  if (name.startsWith('/')) return 'Begins with hierarchy separator'
  if (name.includes('//')) return 'Has adjacent hierarchy separators'
  if (name.length > 255) return 'Mailbox name too long'
  return /[\x00-\x1f\x7f]/.test(name) ? 'Contains control characters' : undefined
}

export function create(session: ImapSession, args: readonly Token[]): string {
  const name = nameOf(args).replace(/\/$/, '')
  const wrong = complaint(nameOf(args) === '' ? '' : name)
  if (wrong) return `NO [CANNOT] Invalid mailbox name: ${wrong}`
  const known = session.store.folder(name)
  if (known && !known.isNode) return 'NO [ALREADYEXISTS] Mailbox already exists'
  return session.store.create(name) ? 'OK Create completed' : 'NO [OVERQUOTA] Quota exceeded (mailbox for user is full)'
}

export function remove(session: ImapSession, args: readonly Token[]): string {
  const name = nameOf(args)
  const folder = session.store.folder(name)
  if (folder?.name === 'INBOX') return "NO INBOX can't be deleted"
  if (!folder) return `NO [NONEXISTENT] ${missing(name)}`
  if (session.selected?.state.folder === folder) session.unselect()
  session.visit.record('imap.delete', { folder: latin1(folder.name), messages: folder.messages.length, wholeFolder: true })
  session.store.delete(folder)
  return 'OK Delete completed'
}

export function rename(session: ImapSession, args: readonly Token[]): string {
  const [from, to] = [nameOf(args), nameOf(args, 1)]
  const folder = session.store.folder(from)
  if (!folder) return `NO [NONEXISTENT] ${missing(from)}`
  if (folder.name === 'INBOX') return 'NO [NOPERM] Permission denied'
  if (session.store.folder(to)) return 'NO [ALREADYEXISTS] Target mailbox already exists'
  const wrong = complaint(to)
  if (wrong) return `NO [CANNOT] Invalid mailbox name: ${wrong}`
  return session.store.rename(folder, to) ? 'OK Rename completed' : 'NO [OVERQUOTA] Quota exceeded (mailbox for user is full)'
}
