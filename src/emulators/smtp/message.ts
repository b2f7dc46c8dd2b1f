import { evidence } from '../../events/bytes.ts'
import { decodedBody, fileNameOf, headerOf, leavesOf, type MimePart, parseMime } from '../../host/mail/mime.ts'
import type { Visit } from '../../sensor/visit.ts'
import type { SmtpEvents } from './events.ts'

const ATTACHMENTS = 32
const URLS = 50
/** Bytes of a text part that are searched for URLs. */
const SEARCHED = 256 * 1024
const LISTED_RECIPIENTS = 100

export interface Envelope {
  queueId: string
  mailFrom: string
  rcptTo: readonly string[]
  /** User that had logged in. */
  as: string | undefined
  relayed: boolean
  message: Buffer
  /** More than `message` when the rest was not kept. */
  size: number
}

const bytes = (text: string): ReturnType<typeof evidence> => evidence(Buffer.from(text.slice(0, 1024), 'latin1'))

/** Keeps a message as artifact, its attachments each as one of their own, and records what it says and where it points. */
export function keepMessage(visit: Visit<SmtpEvents>, envelope: Envelope): void {
  const { queueId, message, mailFrom, rcptTo } = envelope
  const { sha256 } = visit.capture(message, { how: 'smtp.data', name: `${queueId}.eml` })
  const root = parseMime(message)
  const leaves = leavesOf(root)
  const urls = urlsOf(message, leaves)
  for (const url of urls) visit.record('indicator', { kind: 'url', value: url, how: 'smtp.data' })
  const subject = headerOf(root.headers, 'subject')
  const from = headerOf(root.headers, 'from')
  const isProbe = message.includes(visit.local.ip)
  visit.record(
    'smtp.message',
    {
      queueId,
      mailFrom: bytes(mailFrom),
      rcptTo: rcptTo.slice(0, LISTED_RECIPIENTS).map(bytes),
      recipients: rcptTo.length,
      ...(envelope.as === undefined ? {} : { as: bytes(envelope.as) }),
      relayed: envelope.relayed,
      ...(subject === undefined ? {} : { subject: bytes(subject) }),
      ...(from === undefined ? {} : { from: bytes(from) }),
      size: envelope.size,
      sha256,
      urls,
      attachments: attachmentsOf(visit, message, leaves),
      isProbe,
    },
    [...(envelope.relayed ? ['attack:T1566'] : []), ...(isProbe ? ['note:relay-test'] : [])],
  )
}

function attachmentsOf(visit: Visit<SmtpEvents>, message: Buffer, leaves: readonly MimePart[]) {
  return leaves
    .filter((part) => fileNameOf(part) !== undefined || part.disposition?.value.toLowerCase() === 'attachment')
    .slice(0, ATTACHMENTS)
    .map((part) => {
      const name = fileNameOf(part)
      const named = name === undefined ? {} : { name: bytes(name) }
      const { sha256, size } = visit.capture(decodedBody(message, part), { how: 'smtp.attachment', ...named })
      return { ...named, type: `${part.type}/${part.subtype}`.slice(0, 200).toLowerCase(), size, sha256 }
    })
}

function urlsOf(message: Buffer, leaves: readonly MimePart[]): string[] {
  const found = new Set<string>()
  for (const part of leaves) {
    if (part.type.toLowerCase() !== 'text' || found.size >= URLS) continue
    const text = decodedBody(message, part).toString('latin1', 0, SEARCHED)
    for (const url of text.match(/(?:https?|ftp):\/\/[^\s'"|;<>`\\()]{1,300}/gi) ?? []) found.add(url)
  }
  return [...found].slice(0, URLS)
}
