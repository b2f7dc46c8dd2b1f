import { LRUCache } from 'lru-cache'
import type { WebRequest } from '../../http/index.ts'

interface Entry {
  at: number
  line: (day: string) => string
}

/** Sources whose requests are remembered, of each the last, and how much of one, characters. */
const SOURCES = 500
const MOST = 40
const LONGEST = 2_048

/** The last requests of each source as its access log has them: an attacker writes PHP there and includes it. */
export class Journal {
  readonly #entries = new LRUCache<string, Entry[]>({ max: SOURCES })

  note(request: WebRequest, status: number, now = Date.now()): void {
    const { ip } = request.source
    const quoted = (text: string | undefined): string => `"${(text ?? '-').slice(0, LONGEST).replace(/["\\\x00-\x1f]/g, escaped)}"`
    const words = `${quoted(`${request.method} ${request.target} HTTP/1.1`)} ${status} 0`
    const ends = `${quoted(request.header('referer'))} ${quoted(request.header('user-agent'))}`
    const entry: Entry = { at: now, line: (day) => `${ip} - - [${day}] ${words} ${ends}\n` }
    this.#entries.set(ip, [...(this.#entries.get(ip) ?? []), entry].slice(-MOST))
  }

  /** What a source has added to a log, in the log's own zone: `+0100`. */
  linesOf(ip: string, zone: string): string {
    return (this.#entries.get(ip) ?? []).map(({ at, line }) => line(stamp(at, zone))).join('')
  }
}

/** What nginx does to quotes and control characters; PHP in angle brackets stays PHP. */
function escaped(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `24/Nov/2026:06:20:12 +0100` */
function stamp(at: number, zone: string): string {
  const [, sign, hours, minutes] = /^([+-])(\d\d)(\d\d)$/.exec(zone) ?? ['', '+', '00', '00']
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60_000 : 60_000)
  const [date = '', time = ''] = new Date(at + offset).toISOString().split('T')
  const [year, month, day] = date.split('-')
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time.slice(0, 8)} ${sign}${hours}${minutes}`
}
