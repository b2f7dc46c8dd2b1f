import type { Process, World } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { accountsOfWorld } from '../gnu/accounts.ts'
import { localTime, strftime, zoneOf } from '../gnu/strftime.ts'
import { connect, noteIndicator, resolve } from '../net/target.ts'

const MOST_LETTERS = 200
const MOST_RECIPIENTS = 100
const MOST_MAILBOX = 4 * 1024 * 1024
const LETTERS = '0123456789ABCDEF'

export interface QueuedLetter {
  id: string
  size: number
  /** UTC milliseconds. */
  at: number
  sender: string
  recipients: { address: string; reason: string }[]
}

const books = new WeakMap<World, Map<string, QueuedLetter>>()

/** Letters that postfix could not deliver, by their id; `mailq` shows them. */
export function queueOf(world: World): Map<string, QueuedLetter> {
  const known = books.get(world) ?? new Map<string, QueuedLetter>()
  books.set(world, known)
  return known
}

/** `portal15.tarnholt-weir.internal`, what local addresses are completed with. */
export function mailName({ hostname, persona }: World): string {
  return hostname.includes('.') ? hostname : `${hostname}.${persona.domain}`
}

/**
 * Takes a letter as postfix does: local users get it into their mailbox, the rest waits for a network that is not there.
 * Nothing leaves; the operator finds the letter among the captured files.
 */
export async function post(
  process: Process,
  { sender, recipients, text }: { sender: string; recipients: readonly string[]; text: string },
): Promise<void> {
  const { world } = process
  const id = newId(world)
  const bytes = Buffer.from(text)
  process.recorder.capture(bytes.subarray(0, 1024 * 1024), { how: 'mail' })
  const say = (program: string, line: string): void =>
    world.logs.write({
      facility: 'mail',
      identifier: `postfix/${program}`,
      pid: world.processes.takePid(),
      unit: 'postfix@-.service',
      text: `${id}: ${line}`,
    })
  say('pickup', `uid=${process.uid} from=<${sender.split('@')[0]}>`)
  say('cleanup', `message-id=<${strftime('%Y%m%d%H%M%S', localTime(world.now(), 'UTC'))}.${id}@${mailName(world)}>`)
  const complete = recipients
    .slice(0, MOST_RECIPIENTS)
    .map((address) => (address.includes('@') ? address : `${address}@${mailName(world)}`))
  say('qmgr', `from=<${sender}>, size=${bytes.length}, nrcpt=${complete.length} (queue active)`)
  const waiting: QueuedLetter['recipients'] = []
  for (const address of complete) {
    const [user = '', domain = ''] = address.split('@')
    if ([mailName(world), world.hostname, 'localhost', `localhost.${world.persona.domain}`].includes(domain)) {
      const isKnown = deliver(process, user, sender, text)
      say(
        'local',
        `to=<${address}>, relay=local, delay=0.03, delays=0.02/0/0/0, dsn=${isKnown ? '2.0.0, status=sent (delivered to mailbox)' : `5.1.1, status=bounced (unknown user: "${user}")`}`,
      )
      continue
    }
    noteIndicator(process, 'host', domain, 'mail')
    const reason = await whyNot(process, domain)
    if (reason === undefined)
      say('smtp', `to=<${address}>, relay=${domain}[25]:25, delay=0.9, delays=0.02/0.01/0.5/0.37, dsn=2.0.0, status=sent (250 2.0.0 OK)`)
    else {
      say('smtp', `to=<${address}>, relay=none, delay=0.4, delays=0.02/0.01/0.37/0, dsn=4.4.3, status=deferred (${reason})`)
      waiting.push({ address, reason })
    }
  }
  if (waiting.length === 0) say('qmgr', 'removed')
  else if (queueOf(world).size < MOST_LETTERS)
    queueOf(world).set(id, { id, size: bytes.length, at: world.now(), sender, recipients: waiting })
}

async function whyNot(process: Process, domain: string): Promise<string | undefined> {
  const found = await resolve(process, domain)
  if (!('address' in found))
    return `Host or domain name not found. Name service error for name=${domain} type=MX: Host not found, try again`
  const reach = await connect(process, found.address, 25)
  return reach.state === 'open'
    ? undefined
    : `connect to ${domain}[${found.address}]:25: ${reach.state === 'refused' ? 'Connection refused' : 'Connection timed out'}`
}

function newId(world: World): string {
  const now = world.now()
  return [
    ...(now % 0xffff_ffff).toString(16).toUpperCase().padStart(8, '0'),
    LETTERS[queueOf(world).size % 16],
    LETTERS[Math.floor(now / 7) % 16],
  ]
    .join('')
    .slice(-10)
}

/** Puts a letter into a user's mailbox; false when there is no such user. */
function deliver(process: Process, user: string, sender: string, text: string): boolean {
  const { world } = process
  const account = accountsOfWorld(world).user(user)
  if (!account) return false
  const path = `/var/mail/${user}`
  const stamp = strftime('%a %b %e %H:%M:%S %Y', localTime(world.now(), zoneOf(process)))
  const letter = Buffer.from(`From ${sender}  ${stamp}\n${text.replace(/^From /gm, '>From ')}${text.endsWith('\n') ? '' : '\n'}\n`)
  try {
    const before = world.files.may('r', path) ? world.files.stat(path).size : 0
    if (before + letter.length > MOST_MAILBOX) return true
    if (before === 0) world.files.write(path, letter, 0o600)
    else world.files.append(path, letter)
    world.files.chown(path, account.uid, 8)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
  }
  return true
}

/** `mailq`, `postqueue -p`. */
export function queueText(process: Process): string {
  const letters = [...queueOf(process.world).values()]
  if (letters.length === 0) return 'Mail queue is empty\n'
  const blocks = letters.map(({ id, size, at, sender, recipients }) => {
    const when = strftime('%a %b %e %H:%M:%S', localTime(at, zoneOf(process)))
    const rows = recipients.map(({ address, reason }) => `${`(${reason})`.padStart(79)}\n${' '.repeat(41)}${address}\n`)
    return `${id.padEnd(10)}${String(size).padStart(9)} ${when}  ${sender}\n${rows.join('')}\n`
  })
  const kib = Math.floor(letters.reduce((sum, { size }) => sum + size, 0) / 1024)
  return `-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n${blocks.join('')}-- ${kib} Kbytes in ${letters.length} Request${letters.length === 1 ? '' : 's'}.\n`
}

/** A letter with the header lines that are missing; those of `given` come first. */
export function withHeaders(process: Process, sender: string, text: string): string {
  const { world } = process
  const split = /\r?\n\r?\n/.exec(text)
  const head = split ? text.slice(0, split.index) : ''
  const isLetter = /^[\w-]+:/.test(text)
  const has = (name: string): boolean => isLetter && new RegExp(`^${name}:`, 'im').test(head || text)
  const date = strftime('%a, %e %b %Y %H:%M:%S %z (%Z)', localTime(world.now(), zoneOf(process)))
  const added = [
    `Received: by ${mailName(world)} (Postfix, from userid ${process.uid})\n\tid ${newId(world)}; ${date}\n`,
    has('Date') ? '' : `Date: ${date}\n`,
    has('From') ? '' : `From: ${process.user} <${sender}>\n`,
  ].join('')
  return `${added}${isLetter ? '' : '\n'}${text}`
}

export function ownAddress(process: Process): string {
  return `${process.user}@${mailName(process.world)}`
}
