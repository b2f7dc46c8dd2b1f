import { randomInt } from 'node:crypto'
import { fillHoneytokenText } from '../../host/honeytokens/marked-seed.ts'
import { HoneytokenMint } from '../../host/honeytokens/mint.ts'
import type { VisitContext } from '../../sensor/lure.ts'
import { isText } from './messages.ts'

type Known = Pick<VisitContext<unknown, unknown>, 'persona' | 'identity' | 'state'>

/** Marks in the texts of a service: `{{hostname}}`, `{{number connections 3 40}}`, `{{random 1000 9999}}`. */
const FACT =
  /\{\{(hostname|domain|address|kernel|now|epoch|clock|source)\}\}|\{\{(?:number ([\w-]{1,40})|random) (\d{1,14}) (\d{1,14})\}\}/g
/** Groups of the pattern: `$1`, `${user}`. `$$` is a dollar sign. */
const GROUP = /\$(?:\$|([0-9]{1,2})|\{(\w{1,40})\})/g

/**
 * A text of a service as this source is shown it. What the client sent is put in last, so that it makes no mark; a group that
 * the pattern does not have stays as it stands, for `$180` may be the length of a Redis string.
 */
export function fill(text: string, service: string, source: string, groups: Readonly<Record<string, string>>, known: Known): string {
  const { persona, identity } = known
  const now = Date.now()
  const facts: Record<string, string> = {
    hostname: persona.hostname,
    domain: persona.domain,
    address: persona.network.interfaces[0]?.address.split('/')[0] ?? '127.0.0.1',
    now: `${new Date(now).toISOString().slice(0, 19)}Z`,
    kernel: persona.os.kernel.release,
    epoch: (now / 1000).toFixed(6),
    clock: iosClock(new Date(now)),
    source,
  }
  const told = text.replace(FACT, (mark, fact?: string, name?: string, least?: string, most?: string) => {
    if (fact !== undefined) return facts[fact] ?? mark
    const [from, to] = [Number(least), Math.max(Number(least), Number(most))]
    return String(name === undefined ? randomInt(from, to + 1) : identity.integer(`tcp/${service}/${name}`, from, to))
  })
  const secret = fillHoneytokenText(told, HoneytokenMint.of(known), { owner: persona.name, place: `tcp ${service}`, source })
  return secret.replace(GROUP, (mark, number?: string, name?: string) => {
    if (mark === '$$') return '$'
    const group = number ?? name ?? ''
    return Object.hasOwn(groups, group) ? (groups[group] as string) : mark
  })
}

/** As IOS writes it: `14:22:31.123 UTC Tue Nov 24 2026`. */
function iosClock(date: Date): string {
  const [weekday, day, month, year] = date.toUTCString().replace(',', '').split(' ')
  return `${date.toISOString().slice(11, 23)} UTC ${weekday} ${month} ${Number(day)} ${year}`
}

/**
 * The bytes of a text. One that holds control characters is a message of a binary protocol, in which `\xff` is the byte 0xff;
 * anything else is UTF-8.
 */
export function bytesOf(text: string): Buffer {
  const isBinary = /^[\0-\xff]*$/.test(text) && !isText(Buffer.from(text, 'latin1'))
  return Buffer.from(text, isBinary ? 'latin1' : 'utf8')
}
