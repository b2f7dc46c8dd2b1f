import { internalDate } from '../../host/mail/mail-date.ts'
import type { StoredMessage } from '../../host/mail/mail-store.ts'
import { decodedBody, leavesOf, type MimePart, parseMime } from '../../host/mail/mime.ts'
import { ImapSyntaxError, literal, nstring, type Token, textOf } from './codec.ts'
import { bodyStructure, envelopeOf } from './structure.ts'

/** One data item of FETCH: how it is written, and what it needs. */
export interface FetchItem {
  /** What is known without the message's text comes first in the answer, whatever the order of the question. */
  isCheap: boolean
  /** Reading it sets \Seen. */
  marksSeen: boolean
  /** Whether it hands out text of the message. */
  readsText: boolean
  answer: (message: Fetched) => string
}

/** A message with its structure, made once a FETCH. */
export interface Fetched {
  message: StoredMessage
  mime: () => MimePart
  flags: string
  modseq: number
  timezone: string
}

export function fetched(message: StoredMessage, flags: string, modseq: number, timezone: string): Fetched {
  let mime: MimePart | undefined
  return {
    message,
    flags,
    modseq,
    timezone,
    mime: () => {
      mime ??= parseMime(message.bytes)
      return mime
    },
  }
}

const MACROS: Record<string, readonly string[]> = {
  ALL: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE'],
  FAST: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE'],
  FULL: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE', 'BODY'],
}

const cheap = (answer: FetchItem['answer']): FetchItem => ({ isCheap: true, marksSeen: false, readsText: false, answer })
const costly = (answer: FetchItem['answer'], marksSeen = false, readsText = false): FetchItem => ({
  isCheap: false,
  marksSeen,
  readsText,
  answer,
})

const whole = ({ message }: Fetched): string => message.bytes.toString('latin1')
const headerText = (f: Fetched): string => f.message.bytes.toString('latin1', 0, f.mime().bodyStart)
const bodyText = (f: Fetched): string => f.message.bytes.toString('latin1', f.mime().bodyStart)

export const UID_ITEM = cheap(({ message }) => `UID ${message.uid}`)
export const FLAGS_ITEM = cheap(({ flags }) => `FLAGS (${flags})`)

const PLAIN_ITEMS: Record<string, FetchItem> = {
  UID: UID_ITEM,
  FLAGS: FLAGS_ITEM,
  INTERNALDATE: cheap(({ message, timezone }) => `INTERNALDATE "${internalDate(message.time, timezone)}"`),
  SAVEDATE: cheap(({ message, timezone }) => `SAVEDATE "${internalDate(message.time, timezone)}"`),
  'RFC822.SIZE': cheap(({ message }) => `RFC822.SIZE ${message.bytes.length}`),
  MODSEQ: cheap(({ modseq }) => `MODSEQ (${modseq})`),
  ENVELOPE: costly((f) => `ENVELOPE ${envelopeOf(f.mime())}`),
  BODY: costly((f) => `BODY ${bodyStructure(f.message.bytes, f.mime(), false)}`),
  BODYSTRUCTURE: costly((f) => `BODYSTRUCTURE ${bodyStructure(f.message.bytes, f.mime(), true)}`),
  RFC822: costly((f) => `RFC822 ${literal(whole(f))}`, true, true),
  'RFC822.HEADER': costly((f) => `RFC822.HEADER ${literal(headerText(f))}`),
  'RFC822.TEXT': costly((f) => `RFC822.TEXT ${literal(bodyText(f))}`, true, true),
  PREVIEW: costly((f) => `PREVIEW ${nstring(previewOf(f))}`),
  SNIPPET: costly((f) => `SNIPPET (FUZZY ${nstring(previewOf(f))})`),
}

/** RFC 8970 §3.2: the beginning of the text, 200 characters at most. */
function previewOf({ message, mime }: Fetched): string {
  const text = leavesOf(mime()).find(({ type }) => type.toLowerCase() === 'text')
  return text
    ? decodedBody(message.bytes, text)
        .toString('latin1', 0, 1000)
        .replace(/\s{1,1000}/g, ' ')
        .trim()
        .slice(0, 200)
    : ''
}

/**
 * Reads the items of a FETCH command, a list or a single one, and gives what stands behind them.
 * @throws ImapSyntaxError in Dovecot's words
 */
export function parseFetchItems(args: readonly Token[]): { items: FetchItem[]; rest: readonly Token[] } {
  const [first] = args
  if (first === undefined) throw new ImapSyntaxError('Invalid arguments')
  const macro = MACROS[(textOf(first) ?? '').toUpperCase()]
  if (macro) return { items: macro.map((name) => PLAIN_ITEMS[name] as FetchItem), rest: args.slice(1) }
  if (first.kind !== 'list') {
    const { item, used } = readItem(args, 0)
    return { items: [item], rest: args.slice(used) }
  }
  const items: FetchItem[] = []
  for (let i = 0; i < first.items.length; ) {
    const { item, used } = readItem(first.items, i)
    items.push(item)
    i += used
  }
  if (items.length === 0) throw new ImapSyntaxError('Invalid arguments')
  return { items, rest: args.slice(1) }
}

function readItem(tokens: readonly Token[], at: number): { item: FetchItem; used: number } {
  const name = textOf(tokens[at])
  if (name === undefined) throw new ImapSyntaxError('Invalid arguments')
  const upper = name.toUpperCase()
  const section = /^(BODY|BODY\.PEEK|BINARY|BINARY\.PEEK|BINARY\.SIZE)\[/.exec(upper)
  if (section) return readSection(tokens, at, section[1] as string)
  const plain = PLAIN_ITEMS[upper]
  if (!plain) throw new ImapSyntaxError(`Unknown parameter: ${name}`)
  // PREVIEW (LAZY) has a list behind it, SNIPPET (FUZZY) had one.
  const hasOption = (upper === 'PREVIEW' || upper === 'SNIPPET') && tokens[at + 1]?.kind === 'list'
  return { item: plain, used: hasOption ? 2 : 1 }
}

/** `BODY.PEEK[HEADER.FIELDS (DATE)]<0.20>` comes as an atom, a list and an atom. */
function readSection(tokens: readonly Token[], at: number, kind: string): { item: FetchItem; used: number } {
  let text = (textOf(tokens[at]) as string).slice(kind.length + 1)
  let used = 1
  let fields: readonly Token[] | undefined
  if (!text.includes(']')) {
    const list = tokens[at + 1]
    const close = textOf(tokens[at + 2])
    if (list?.kind !== 'list' || close === undefined) throw new ImapSyntaxError('Invalid BODY[..] section')
    fields = list.items
    text += close
    used = 3
  }
  const match = /^([^\]]{0,200})\](?:<(\d{1,10})(?:\.(\d{1,10}))?>)?$/.exec(text)
  if (!match) throw new ImapSyntaxError('Invalid BODY[..] section')
  const range = match[2] === undefined ? undefined : { from: Number(match[2]), size: Number(match[3] ?? Number.MAX_SAFE_INTEGER) }
  return { item: sectionItem(kind, (match[1] as string).toUpperCase(), fields, range), used }
}

function sectionItem(kind: string, section: string, fields: readonly Token[] | undefined, range: Range | undefined): FetchItem {
  const spec = parseSection(section, fields)
  const shownFields = fields ? ` (${fields.map(fieldName).join(' ')})` : ''
  const isBinary = kind.startsWith('BINARY')
  const name = `${kind.replace('.PEEK', '')}[${section}${shownFields}]${range ? `<${range.from}>` : ''}`
  const read = (f: Fetched): string => sectionText(f, spec, isBinary)
  if (kind === 'BINARY.SIZE') return costly((f) => `${name} ${read(f).length}`)
  const cut = (text: string): string => (range ? text.slice(range.from, range.from + range.size) : text)
  const readsText = !spec.what.startsWith('HEADER') && spec.what !== 'MIME'
  return costly((f) => `${name} ${literal(cut(read(f)))}`, !kind.endsWith('.PEEK'), readsText)
}

interface Range {
  from: number
  size: number
}

interface Section {
  path: number[]
  what: 'WHOLE' | 'HEADER' | 'HEADER.FIELDS' | 'HEADER.FIELDS.NOT' | 'TEXT' | 'MIME'
  /** In small letters. */
  fields: string[]
}

const fieldName = (token: Token): string => {
  const name = (textOf(token) ?? '').toUpperCase()
  return token.kind === 'string' ? `"${name}"` : name
}

function parseSection(text: string, fields: readonly Token[] | undefined): Section {
  const match = /^((?:\d{1,5}\.)*\d{1,5})?\.?(HEADER|HEADER\.FIELDS|HEADER\.FIELDS\.NOT|TEXT|MIME)?$/.exec(text)
  const what = (match?.[2] ?? 'WHOLE') as Section['what']
  if (!match || (fields !== undefined) !== what.startsWith('HEADER.FIELDS') || (what === 'MIME' && !match[1])) {
    throw new ImapSyntaxError('Invalid BODY[..] section')
  }
  return {
    path: match[1] ? match[1].split('.').map(Number) : [],
    what,
    fields: (fields ?? []).map((token) => (textOf(token) ?? '').toLowerCase()),
  }
}

/** RFC 3501 §6.4.5; a part that does not exist is empty, as Dovecot has it. */
function sectionText({ message, mime }: Fetched, { path, what, fields }: Section, isBinary: boolean): string {
  const { bytes } = message
  const part = partAt(mime(), path)
  if (!part) return ''
  const text = (from: number, to: number): string => bytes.toString('latin1', from, to)
  if (what === 'MIME') return text(part.start, part.bodyStart)
  // Of a part that is a message, HEADER and TEXT are those of the message inside.
  const whose = path.length ? part.message : part
  switch (what) {
    case 'WHOLE':
      if (isBinary && path.length) return decodedBody(bytes, part).toString('latin1')
      return path.length ? text(part.bodyStart, part.end) : text(part.start, part.end)
    case 'HEADER':
      return whose ? text(whose.start, whose.bodyStart) : ''
    case 'TEXT':
      return whose ? text(whose.bodyStart, whose.end) : ''
    default: {
      const isWanted = (name: string): boolean => fields.includes(name.toLowerCase()) === (what === 'HEADER.FIELDS')
      const chosen = whose?.headers.filter(({ name }) => isWanted(name)) ?? []
      return `${chosen.map(({ start, end }) => text(start, end)).join('')}\r\n`
    }
  }
}

/** Part `1.2` of a message; a message that is no multipart has one part, itself. */
function partAt(root: MimePart, path: readonly number[]): MimePart | undefined {
  let part: MimePart | undefined = root
  for (const n of path) {
    const holder: MimePart | undefined = part?.message ?? part
    if (holder?.parts.length) part = holder.parts[n - 1]
    else part = n === 1 ? holder : undefined
  }
  return part
}
