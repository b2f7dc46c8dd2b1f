import { LRUCache } from 'lru-cache'
import { atMost } from '../../config/at-most.ts'
import type { WebRequest } from '../../http/index.ts'
import type { Visit } from '../../sensor/visit.ts'
import type { WebAppEvents } from './events.ts'

interface Behaviour {
  startedAt: number
  requests: number
  notFound: number
  attacks: Record<string, number>
  readRobots: boolean
  usesTool: boolean
  told: number
}

const MOST = 20_000
const TOOLS =
  /sqlmap|nikto|nmap|gobuster|ffuf|feroxbuster|dirbuster|wfuzz|hydra|nuclei|zgrab|masscan|curl|wget|python|go-http|libwww|java\/|okhttp|httpx|scrapy/i
const CRAWLERS = /bot\b|crawler|spider|slurp|censys|shodan|expanse/i
/** More requests a second than a person makes. */
const FAST = 8

/** What the clients of the application are like, by session. */
export class Profiles {
  readonly #known = new LRUCache<string, Behaviour>({ ...atMost(MOST) })

  note(session: string, request: WebRequest, status: number, attacks: readonly string[]): void {
    const agent = request.header('user-agent') ?? ''
    const known: Behaviour = this.#known.get(session) ?? {
      startedAt: Date.now(),
      requests: 0,
      notFound: 0,
      attacks: {},
      readRobots: false,
      usesTool: false,
      told: 0,
    }
    known.requests++
    if (status === 404) known.notFound++
    for (const name of attacks) known.attacks[name] = (known.attacks[name] ?? 0) + 1
    known.readRobots ||= request.path === '/robots.txt' || CRAWLERS.test(agent)
    known.usesTool ||= agent === '' || TOOLS.test(agent)
    this.#known.set(session, known)
  }

  /** Says what a session is like, when more is known of it than the last time. */
  tell(visit: Visit<WebAppEvents>): void {
    const known = this.#known.get(visit.session)
    if (!known || known.requests === known.told) return
    known.told = known.requests
    const seconds = Math.max(1, (Date.now() - known.startedAt) / 1000)
    const perSecond = Number((known.requests / seconds).toFixed(2))
    visit.record('web-app.profile', {
      kind: kindOf(known, perSecond),
      requests: known.requests,
      perSecond,
      notFound: known.notFound,
      attacks: { ...known.attacks },
    })
  }
}

function kindOf({ attacks, readRobots, usesTool, notFound }: Behaviour, perSecond: number): 'attacker' | 'tool' | 'crawler' | 'visitor' {
  if (Object.keys(attacks).length > 0) return 'attacker'
  if (readRobots) return 'crawler'
  return usesTool || perSecond > FAST || notFound > 20 ? 'tool' : 'visitor'
}
