import type { Folder, MailStore } from '../../host/mail/mail-store.ts'
import { astring, ImapSyntaxError, type Token, textOf } from './codec.ts'

const PATTERNS = 20

/** Names that Debian's 15-mailboxes.conf gives a use (RFC 6154). */
const SPECIAL_USE: Record<string, string> = { Drafts: '\\Drafts', Junk: '\\Junk', Trash: '\\Trash', Sent: '\\Sent' }

interface ListRequest {
  selection: Set<string>
  patterns: string[]
  /** Undefined: a plain LIST, which shows what it knows. */
  returns: Set<string> | undefined
  /** Items of RETURN (STATUS (…)). */
  status: readonly Token[]
}

/** LIST with the options of RFC 5258. @throws ImapSyntaxError in Dovecot's words */
export function list(store: MailStore, args: readonly Token[], status: (folder: Folder, items: readonly Token[]) => string): string[] {
  const request = parseList(args)
  if (request.patterns.length === 1 && request.patterns[0] === '' && !request.returns) return ['* LIST (\\Noselect) "/" ""']
  const isListed = (name: string): boolean => request.patterns.some((pattern) => matches(pattern, name))
  const lines: string[] = []
  if (request.selection.has('SUBSCRIBED')) {
    for (const name of [...store.subscriptions].sort()) {
      if (isListed(name)) lines.push(...entry(store, name, request, status))
    }
    return lines
  }
  for (const name of inDovecotsOrder(store)) {
    const isSpecial = SPECIAL_USE[name] !== undefined
    if (isListed(name) && (isSpecial || !request.selection.has('SPECIAL-USE'))) lines.push(...entry(store, name, request, status))
  }
  return lines
}

export function lsub(store: MailStore, args: readonly Token[]): string[] {
  const { patterns } = parseList(args)
  return [...store.subscriptions]
    .sort()
    .filter((name) => patterns.some((pattern) => matches(pattern, name)))
    .map((name) => `* LSUB (${SPECIAL_USE[name] ?? ''}) "/" ${astring(name)}`)
}

function parseList(args: readonly Token[]): ListRequest {
  const words = (token: Token | undefined): Set<string> =>
    new Set(token?.kind === 'list' ? token.items.map((item) => (textOf(item) ?? '').toUpperCase()) : [])
  const rest = [...args]
  const selection = rest[0]?.kind === 'list' ? words(rest.shift()) : new Set<string>()
  const reference = textOf(rest.shift())
  if (reference === undefined) throw new ImapSyntaxError('Invalid reference')
  const given = rest.shift()
  const patterns = given?.kind === 'list' ? given.items.map(textOf) : [textOf(given)]
  if (patterns.some((pattern) => pattern === undefined)) throw new ImapSyntaxError('Invalid pattern')
  const hasReturn = textOf(rest[0])?.toUpperCase() === 'RETURN'
  const options = hasReturn ? rest[1] : undefined
  const items = options?.kind === 'list' ? options.items : []
  const at = items.findIndex((item) => textOf(item)?.toUpperCase() === 'STATUS')
  const wanted = items[at + 1]
  return {
    selection,
    patterns: (patterns as string[]).slice(0, PATTERNS).map((pattern) => (pattern === '' ? '' : `${reference}${pattern}`)),
    returns: hasReturn ? words(options) : undefined,
    status: at >= 0 && wanted?.kind === 'list' ? wanted.items : [],
  }
}

function entry(
  store: MailStore,
  name: string,
  request: ListRequest,
  status: (folder: Folder, items: readonly Token[]) => string,
): string[] {
  const folder = store.folder(name)
  const line = `* LIST (${attributesOf(store, name, request).join(' ')}) "/" ${astring(name)}`
  return folder && !folder.isNode && request.status.length ? [line, status(folder, request.status)] : [line]
}

function attributesOf(store: MailStore, name: string, { returns, selection }: ListRequest): string[] {
  const folder = store.folder(name)
  const shows = (option: string): boolean => returns === undefined || returns.has(option)
  const attributes: string[] = []
  const isSubscribed = store.subscriptions.has(name) && (selection.has('SUBSCRIBED') || returns?.has('SUBSCRIBED'))
  if (isSubscribed) attributes.push('\\Subscribed')
  if (!folder) return [...attributes, '\\NonExistent']
  const isInbox = name === 'INBOX'
  const hasChildren = [...store.folders.keys()].some((other) => other.startsWith(`${name}/`))
  if (folder.isNode) attributes.push('\\Noselect')
  // An mbox file holds no mailboxes; INBOX and folders can.
  if (!folder.isNode && !isInbox) attributes.push('\\NoInferiors')
  else if (shows('CHILDREN')) attributes.push(hasChildren ? '\\HasChildren' : '\\HasNoChildren')
  const use = SPECIAL_USE[name]
  if (use && !selection.has('SUBSCRIBED') && (shows('SPECIAL-USE') || selection.has('SPECIAL-USE'))) attributes.push(use)
  return attributes
}

/** INBOX lies elsewhere and is looked at last. */
function inDovecotsOrder(store: MailStore): string[] {
  const names = [...store.folders.keys()].filter((name) => name !== 'INBOX')
  return [...names, 'INBOX']
}

/** RFC 3501 §6.3.8: `*` is any text, `%` any without the separator. INBOX knows no case. Steps are bounded by both lengths. */
export function matches(pattern: string, name: string): boolean {
  const text = name === 'INBOX' ? name : name.slice(0, 255)
  const wanted = name === 'INBOX' && !/[*%]/.test(pattern) ? pattern.toUpperCase() : pattern.slice(0, 255)
  let open = new Set([0])
  for (const c of wanted) {
    const next = new Set<number>()
    for (const at of open) {
      if (c !== '*' && c !== '%') {
        const isSame = text[at] === c || (name === 'INBOX' && text[at] === c.toUpperCase())
        if (isSame) next.add(at + 1)
        continue
      }
      for (let end = at; end <= text.length; end++) {
        next.add(end)
        if (c === '%' && text[end] === '/') break
      }
    }
    open = next
  }
  return open.has(text.length)
}
