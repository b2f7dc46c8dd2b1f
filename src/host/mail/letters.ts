import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { parseYaml } from '../../config/yaml.ts'
import { formatInZone } from '../zone-time.ts'
import { mailDate } from './mail-date.ts'

const DAY = 86_400_000
/** Days that a mailbox reaches back. */
const KEPT_DAYS = 45
/** Letters of one day at most; the place of a letter within its day is part of its UID. */
const LETTERS_A_DAY = 16
/** Day from which UIDs count: 1 January 2020. */
const FIRST_DAY = 18_262

const Letter = z.strictObject({
  id: z.string(),
  to: z.enum(['root', 'people', 'everybody']),
  folder: z.enum(['INBOX', 'Sent']).default('INBOX'),
  days: z.number().min(0).max(100),
  hour: z.number().int().min(0).max(23),
  from: z.enum(['cron', 'daemon', 'colleague', 'outside', 'self']),
  sender: z.string().optional(),
  families: z.array(z.string()).optional(),
  subject: z.string(),
  body: z.string(),
  attachment: z.strictObject({ name: z.string(), type: z.string(), text: z.string() }).optional(),
})
type Letter = z.output<typeof Letter>
type PersonaUser = Persona['users'][number]

const file = new URL('letters.yaml', import.meta.url)
/** In the order of the day, so that UIDs rise as letters come. */
const LETTERS: readonly Letter[] = parseYaml('letters.yaml', readFileSync(file, 'utf8'), z.array(Letter).max(LETTERS_A_DAY)).sort(
  (a, b) => a.hour - b.hour,
)

/** A message as it lies in a mailbox. */
export interface ArrivedLetter {
  uid: number
  folder: 'INBOX' | 'Sent'
  /** UTC milliseconds. */
  time: number
  seen: boolean
  bytes: Buffer
}

export interface Addressee {
  persona: Persona
  identity: Identity
  user: string
}

/** UID that the next letter will have at least: later days have higher ones. */
export const nextUid = (now: number): number => (Math.floor(now / DAY) - FIRST_DAY + 1) * LETTERS_A_DAY

/**
 * The letters that a user has at a time, oldest first. All is drawn from the seed by day, so that a letter stays what it
 * was, new ones come, and those of last month are gone.
 */
export function lettersOf(addressee: Addressee, now: number): ArrivedLetter[] {
  const today = Math.floor(now / DAY)
  const letters: ArrivedLetter[] = []
  for (let day = today - KEPT_DAYS; day <= today; day++) {
    for (const [place, letter] of LETTERS.entries()) {
      const arrived = arrival(addressee, letter, day, place)
      if (arrived && arrived.time <= now) letters.push(arrived)
    }
  }
  return letters
}

function arrival(addressee: Addressee, letter: Letter, day: number, place: number): ArrivedLetter | undefined {
  const { persona, identity, user } = addressee
  if (!isFor(letter, user)) return undefined
  if (letter.families && !letter.families.includes(persona.os.family)) return undefined
  const random = identity.random(`mail/${persona.name}/${user}/${letter.id}/${day}`)
  if (random() * 100 >= letter.days) return undefined
  const offset = Date.parse(`${formatInZone(day * DAY, persona.timezone, '%FT%T')}Z`) - day * DAY
  const time = day * DAY - offset + letter.hour * 3_600_000 + Math.floor(random() * 3600) * 1000
  const text = compose(new Marks(addressee, time, random), letter)
  // What is older than a few days has been looked at, mostly.
  const seen = letter.folder === 'Sent' || (letter.from === 'cron' ? random() < 0.4 : random() < 0.9)
  return { uid: (day - FIRST_DAY) * LETTERS_A_DAY + place + 1, folder: letter.folder, time, seen, bytes: Buffer.from(text) }
}

function isFor({ to }: Letter, user: string): boolean {
  return to === 'everybody' || (to === 'root') === (user === 'root')
}

/** What the marks of a letter stand for. The same mark is the same within a letter. */
class Marks {
  readonly persona: Persona
  readonly user: string
  readonly time: number
  readonly random: () => number
  readonly #known = new Map<string, string>()
  readonly #colleague: PersonaUser | undefined
  readonly #self: PersonaUser | undefined
  readonly #identity: Identity

  constructor({ persona, identity, user }: Addressee, time: number, random: () => number) {
    this.persona = persona
    this.user = user
    this.time = time
    this.random = random
    this.#identity = identity
    this.#self = persona.users.find(({ name }) => name === user)
    const people = persona.users.filter((other) => other.name !== user && isPerson(other))
    this.#colleague = people[Math.floor(random() * people.length)]
  }

  get fqdn(): string {
    return `${this.persona.hostname}.${this.persona.domain}`
  }

  get colleague(): string {
    return this.#colleague?.name ?? 'it'
  }

  get name(): string {
    return nameOf(this.#self) ?? this.user
  }

  get colleagueName(): string {
    return nameOf(this.#colleague) ?? 'IT Support'
  }

  fill(text: string): string {
    return text.replace(/\{\{([a-z.]+)(?::([0-9-]{1,20}))?\}\}/g, (whole, mark: string, detail: string | undefined) => {
      const value = this.#known.get(whole) ?? this.#valueOf(mark, detail)
      this.#known.set(whole, value)
      return value
    })
  }

  hex(digits: number): string {
    return Array.from({ length: digits }, () => Math.floor(this.random() * 16).toString(16)).join('')
  }

  #valueOf(mark: string, detail = ''): string {
    const { persona, user, time } = this
    const [low = 0, high = 0] = detail.split('-').map(Number)
    switch (mark) {
      case 'n':
        return String(low + Math.floor(this.random() * (high - low + 1)))
      case 'hex':
        return this.hex(low)
      case 'hostname':
        return persona.hostname
      case 'fqdn':
        return this.fqdn
      case 'domain':
        return persona.domain
      case 'user':
        return user
      case 'name':
        return this.name
      case 'first':
        return firstOf(this.name)
      case 'colleague':
        return this.colleague
      case 'colleague.first':
        return firstOf(this.colleagueName)
      case 'supplier':
        return `${this.#identity.pick(`mail/supplier/${persona.name}`, SUPPLIERS)}.example`
      case 'date':
        return formatInZone(time, persona.timezone, '%F')
      case 'weekday':
        return WEEKDAYS[new Date(time).getUTCDay()] as string
      default:
        throw new Error(`letters.yaml has an unknown mark {{${mark}}}`)
    }
  }
}

const SUPPLIERS = ['kestrel-office', 'norvik-systems', 'halden-supplies', 'brightwater-it', 'osterman-service']
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

/** First field of GECOS: `Maris Fennick,,,`. */
function nameOf(user: PersonaUser | undefined): string | undefined {
  return user?.gecos.split(',', 1)[0] || undefined
}

/** Accounts of services have a purpose in GECOS, people have a first and a last name. */
const isPerson = (user: PersonaUser): boolean => /^[A-Z][a-z]{1,30} [A-Z][a-z]{1,30}(,|$)/.test(user.gecos)

const firstOf = (name: string): string => name.split(' ', 1)[0] as string

/** The whole message with the headers that Postfix's local delivery leaves. */
function compose(marks: Marks, letter: Letter): string {
  const { fqdn, user, persona, time } = marks
  const me = `${user}@${fqdn}`
  const { sender, received } = senderOf(marks, letter)
  const date = mailDate(time, persona.timezone)
  const queueId = marks.hex(11).toUpperCase()
  const isSent = letter.from === 'self'
  const headers = isSent
    ? [
        `Date: ${date}`,
        `From: ${marks.name} <${me}>`,
        `To: ${marks.colleagueName} <${marks.colleague}@${fqdn}>`,
        `Message-ID: <${marks.hex(24)}@${fqdn}>`,
      ]
    : [
        `Return-Path: <${addressIn(sender)}>`,
        `X-Original-To: ${letter.from === 'cron' ? user : me}`,
        `Delivered-To: ${me}`,
        `Received: ${received} (Postfix${received.startsWith('by') ? `, from userid 0` : ''})`,
        `\t${received.startsWith('by') ? '' : `with ESMTP `}id ${queueId}; ${date}`,
        `From: ${sender}`,
        `To: ${me}`,
        `Message-Id: <${formatInZone(time, 'UTC', '%Y%m%d%H%M%S')}.${queueId}@${fqdn}>`,
        `Date: ${date}`,
      ]
  headers.push(`Subject: ${marks.fill(letter.subject)}`, 'MIME-Version: 1.0')
  const body = marks.fill(letter.body)
  const plain = ['Content-Type: text/plain; charset=UTF-8', 'Content-Transfer-Encoding: 8bit']
  if (!letter.attachment) return crlf([...headers, ...plain, '', body])
  const boundary = `=_${marks.hex(20)}`
  const name = marks.fill(letter.attachment.name)
  const content = Buffer.from(marks.fill(letter.attachment.text)).toString('base64')
  return crlf([
    ...headers,
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    '',
    'This is a multi-part message in MIME format.',
    `--${boundary}`,
    ...plain,
    '',
    body,
    `--${boundary}`,
    `Content-Type: ${letter.attachment.type}; name="${name}"`,
    `Content-Disposition: attachment; filename="${name}"`,
    'Content-Transfer-Encoding: base64',
    '',
    (content.match(/.{1,76}/g) ?? []).join('\n'),
    `--${boundary}--`,
    '',
  ])
}

function senderOf(marks: Marks, letter: Letter): { sender: string; received: string } {
  const { fqdn, persona } = marks
  switch (letter.from) {
    case 'cron':
      return { sender: `root@${fqdn} (Cron Daemon)`, received: `by ${fqdn}` }
    case 'daemon':
      return { sender: `root@${fqdn}`, received: `by ${fqdn}` }
    default: {
      // All that comes from elsewhere comes through the house's mail server.
      const relay = `mail.${persona.domain}`
      return {
        sender: letter.sender ? marks.fill(letter.sender) : `${marks.colleagueName} <${marks.colleague}@${persona.domain}>`,
        received: `from ${relay} (${relay} [${persona.network.gateway.replace(/\d+$/, '25')}])\n\tby ${fqdn}`,
      }
    }
  }
}

function addressIn(sender: string): string {
  return /<([^<>]{1,200})>/.exec(sender)?.[1] ?? (sender.split(' ', 1)[0] as string)
}

const crlf = (lines: string[]): string => lines.join('\n').replace(/\n/g, '\r\n')
