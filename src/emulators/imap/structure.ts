import { type MailAddress, parseAddresses } from '../../host/mail/addresses.ts'
import { headerOf, type MimePart } from '../../host/mail/mime.ts'
import { nstring } from './codec.ts'

/** ENVELOPE, RFC 3501 §7.4.2: date, subject, from, sender, reply-to, to, cc, bcc, in-reply-to, message-id. */
export function envelopeOf(part: MimePart): string {
  const text = (name: string): string => nstring(headerOf(part.headers, name))
  const addresses = (name: string): string => {
    const value = headerOf(part.headers, name)
    const list = value === undefined ? [] : parseAddresses(value)
    return list.length ? `(${list.map(formatAddress).join('')})` : 'NIL'
  }
  const from = addresses('from')
  const orFrom = (name: string): string => (headerOf(part.headers, name) === undefined ? from : addresses(name))
  return `(${[
    text('date'),
    text('subject'),
    from,
    orFrom('sender'),
    orFrom('reply-to'),
    addresses('to'),
    addresses('cc'),
    addresses('bcc'),
    text('in-reply-to'),
    text('message-id'),
  ].join(' ')})`
}

function formatAddress(address: MailAddress): string {
  switch (address.kind) {
    case 'mailbox':
      return `(${nstring(address.name || undefined)} NIL ${nstring(address.mailbox)} ${nstring(address.host ?? 'MISSING_DOMAIN')})`
    case 'group':
      return `(NIL NIL ${nstring(address.name)} NIL)`
    case 'group-end':
      return '(NIL NIL NIL NIL)'
  }
}

/** BODY, or with the extension data BODYSTRUCTURE; RFC 3501 §7.4.2. */
export function bodyStructure(bytes: Buffer, part: MimePart, extended: boolean): string {
  if (part.parts.length) return multipart(bytes, part, extended)
  const header = (name: string): string => nstring(headerOf(part.headers, name))
  const fields = [
    nstring(part.type),
    nstring(part.subtype),
    parameters(part.type.toLowerCase() === 'text' && !hasCharset(part) ? [...part.parameters, ['charset', 'us-ascii']] : part.parameters),
    header('content-id'),
    header('content-description'),
    nstring(part.encoding),
    String(part.end - part.bodyStart),
  ]
  const { message } = part
  if (message) fields.push(envelopeOf(message), bodyStructure(bytes, message, extended), String(linesOf(bytes, part)))
  else if (part.type.toLowerCase() === 'text') fields.push(String(linesOf(bytes, part)))
  if (extended) fields.push(header('content-md5'), ...extension(part))
  return `(${fields.join(' ')})`
}

function multipart(bytes: Buffer, part: MimePart, extended: boolean): string {
  const inner = part.parts.map((child) => bodyStructure(bytes, child, extended)).join('')
  const rest = extended ? ` ${parameters(part.parameters)} ${extension(part).join(' ')}` : ''
  return `(${inner} ${nstring(part.subtype)}${rest})`
}

/** Disposition, language and location. */
function extension(part: MimePart): string[] {
  const { disposition } = part
  const shown = disposition ? `(${nstring(disposition.value)} ${parameters(disposition.parameters)})` : 'NIL'
  return [shown, nstring(headerOf(part.headers, 'content-language')), nstring(headerOf(part.headers, 'content-location'))]
}

const parameters = (list: readonly (readonly [string, string])[]): string =>
  list.length ? `(${list.map(([name, value]) => `${nstring(name)} ${nstring(value)}`).join(' ')})` : 'NIL'

const hasCharset = (part: MimePart): boolean => part.parameters.some(([name]) => name.toLowerCase() === 'charset')

function linesOf(bytes: Buffer, { bodyStart, end }: MimePart): number {
  let lines = 0
  for (let at = bytes.indexOf(0x0a, bodyStart); at >= 0 && at < end; at = bytes.indexOf(0x0a, at + 1)) lines++
  return lines
}
