/** One mailbox of an address list, or the beginning or end of a group (RFC 3501 §7.4.2, envelope). */
export type MailAddress =
  | { kind: 'mailbox'; name: string | undefined; mailbox: string; host: string | undefined }
  | { kind: 'group'; name: string }
  | { kind: 'group-end' }

const MOST_ADDRESSES = 500

type Token = { kind: 'word' | 'comment' | 'mark'; text: string }

/** Reads an address list, RFC 5322 §3.4, as leniently as mail servers do. Never throws. */
export function parseAddresses(text: string): MailAddress[] {
  const addresses: MailAddress[] = []
  let pending: Token[] = []
  const flush = (): void => {
    const address = mailboxOf(pending)
    if (address && addresses.length < MOST_ADDRESSES) addresses.push(address)
    pending = []
  }
  let depth = 0
  for (const token of tokens(text)) {
    if (token.kind === 'mark' && token.text === '<') depth++
    if (token.kind === 'mark' && token.text === '>') depth = Math.max(0, depth - 1)
    if (token.kind !== 'mark' || depth > 0 || !',:;'.includes(token.text)) pending.push(token)
    else if (token.text === ':') {
      addresses.push({ kind: 'group', name: phraseOf(pending) })
      pending = []
    } else {
      flush()
      if (token.text === ';') addresses.push({ kind: 'group-end' })
    }
  }
  flush()
  return addresses
}

function mailboxOf(parts: readonly Token[]): MailAddress | undefined {
  const open = parts.findIndex(isMark('<'))
  const comment = parts.find(({ kind }) => kind === 'comment')?.text
  if (open < 0) {
    const address = addressOf(parts)
    return address ? { kind: 'mailbox', name: comment, ...address } : undefined
  }
  const close = parts.findIndex((token, i) => i > open && isMark('>')(token))
  const inside = parts.slice(open + 1, close < 0 ? undefined : close)
  // RFC 5322 §4.4: a source route before the address is read over.
  const colon = inside.findLastIndex(isMark(':'))
  const address = addressOf(inside.slice(colon + 1)) ?? { mailbox: '', host: undefined }
  return { kind: 'mailbox', name: phraseOf(parts.slice(0, open)) || comment, ...address }
}

function addressOf(parts: readonly Token[]): { mailbox: string; host: string | undefined } | undefined {
  const spoken = parts.filter(({ kind }) => kind !== 'comment')
  if (spoken.length === 0) return undefined
  const at = spoken.findLastIndex(isMark('@'))
  const glued = (some: readonly Token[]): string => some.map(({ text }) => text).join('')
  return at < 0 ? { mailbox: glued(spoken), host: undefined } : { mailbox: glued(spoken.slice(0, at)), host: glued(spoken.slice(at + 1)) }
}

const phraseOf = (parts: readonly Token[]): string =>
  parts
    .filter(({ kind }) => kind !== 'comment')
    .map(({ text }) => text)
    .join(' ')

const isMark =
  (text: string) =>
  (token: Token): boolean =>
    token.kind === 'mark' && token.text === text

function* tokens(text: string): Generator<Token> {
  let at = 0
  while (at < text.length) {
    const c = text[at] as string
    if (c === ' ' || c === '\t' || c === '\r' || c === '\n') at++
    else if (c === '"') {
      const { content, next } = quoted(text, at)
      yield { kind: 'word', text: content }
      at = next
    } else if (c === '(') {
      const { content, next } = comment(text, at)
      yield { kind: 'comment', text: content }
      at = next
    } else if ('<>@,:;'.includes(c)) {
      yield { kind: 'mark', text: c }
      at++
    } else {
      const end = wordEnd(text, at)
      yield { kind: 'word', text: text.slice(at, end) }
      at = end
    }
  }
}

function wordEnd(text: string, from: number): number {
  let at = from
  while (at < text.length && !' \t\r\n"(<>@,:;'.includes(text[at] as string)) at++
  return at
}

function quoted(text: string, from: number): { content: string; next: number } {
  let content = ''
  let at = from + 1
  for (; at < text.length && text[at] !== '"'; at++) {
    if (text[at] === '\\' && at + 1 < text.length) at++
    content += text[at]
  }
  return { content, next: at + 1 }
}

function comment(text: string, from: number): { content: string; next: number } {
  let depth = 0
  let content = ''
  let at = from
  for (; at < text.length; at++) {
    const c = text[at] as string
    if (c === '\\' && at + 1 < text.length) content += text[++at]
    else if (c === '(' && depth++ === 0) continue
    else if (c === ')' && --depth === 0) return { content: content.trim(), next: at + 1 }
    else content += c
  }
  return { content: content.trim(), next: at }
}
