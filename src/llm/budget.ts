import { isIPv6 } from 'node:net'
import { LRUCache } from 'lru-cache'
import { atMost } from '../config/at-most.ts'
import type { StateStore } from '../store/contract.ts'
import type { QuestionFacts } from './question.ts'

const SCOPE = 'llm-budget'
const HOUR_MS = 3_600_000
/** Sources, networks and sessions whose spending is known at once; the hour's bound holds whatever their number. */
const MOST_METERS = 50_000

export interface BudgetSettings {
  /** Tokens, prompt and answer together; absent = no bound. */
  source?: number
  network?: number
  session?: number
  hour?: number
  total?: number
  /** Money, in the currency of the price table. */
  spend: { hour?: number; total?: number }
  /** Model → price of a million tokens. Models that are not in it are free. */
  prices: Record<string, { input: number; output: number }>
}

interface Meter {
  spent: number
  reserved: number
}

/** What is about to be spent. Must be settled exactly once. */
export interface Reservation {
  /** Replaces the reserved by the real amounts; zeros for a call that cost nothing. */
  settle(model: string, tokens: { input: number; output: number }): void
}

export interface BudgetState {
  hourTokens: number
  totalTokens: number
  hourSpend: number
  totalSpend: number
  /** Questions turned away, by the bound that did it. */
  refused: Record<string, number>
}

/**
 * What may be spent on generated answers: per source, its network (/24 or /48) and hour, per session, per hour and in total.
 * Amounts are reserved before a call, so that a flood of questions at once cannot pass a bound together.
 */
export class Budget {
  readonly #settings: BudgetSettings
  readonly #state: StateStore
  readonly #now: () => number
  readonly #hourly: LRUCache<string, Meter>
  readonly #sessions: LRUCache<string, Meter>
  readonly #total: { tokens: Meter; money: Meter }
  readonly #refused: Record<string, number> = {}
  #hour: number

  constructor(settings: BudgetSettings, state: StateStore, now: () => number = Date.now) {
    this.#settings = settings
    this.#state = state
    this.#now = now
    this.#hourly = new LRUCache({ ...atMost(MOST_METERS) })
    this.#sessions = new LRUCache({ ...atMost(MOST_METERS) })
    this.#hour = Math.floor(now() / HOUR_MS)
    const kept = state.get(SCOPE, 'total')
    const { tokens = 0, money = 0 } = kept ? (JSON.parse(kept.toString('utf8')) as { tokens?: number; money?: number }) : {}
    this.#total = { tokens: { spent: tokens, reserved: 0 }, money: { spent: money, reserved: 0 } }
  }

  /** @returns undefined when a bound would be passed */
  reserve(asker: QuestionFacts['asker'], model: string, estimate: { input: number; output: number }): Reservation | undefined {
    this.#turnHour()
    const tokens = estimate.input + estimate.output
    const money = this.#price(model, estimate)
    const bounds = this.#bounds(asker)
    const passed = bounds.find(
      ({ meter, limit, unit }) => limit !== undefined && meter.spent + meter.reserved + (unit === 'tokens' ? tokens : money) > limit,
    )
    if (passed) {
      this.#refused[passed.name] = (this.#refused[passed.name] ?? 0) + 1
      return undefined
    }
    for (const { meter, unit } of bounds) meter.reserved += unit === 'tokens' ? tokens : money
    return {
      settle: (used, real) => {
        const paid = this.#price(used, real)
        for (const { meter, unit } of bounds) {
          meter.reserved -= unit === 'tokens' ? tokens : money
          meter.spent += unit === 'tokens' ? real.input + real.output : paid
        }
        this.#state.set(SCOPE, 'total', JSON.stringify({ tokens: this.#total.tokens.spent, money: this.#total.money.spent }))
      },
    }
  }

  /** Whether a source has used so much that its questions should go to the small model: four fifths of any bound. */
  scarce(asker: QuestionFacts['asker']): boolean {
    this.#turnHour()
    return this.#bounds(asker).some(({ meter, limit }) => limit !== undefined && meter.spent + meter.reserved > limit * 0.8)
  }

  state(): BudgetState {
    this.#turnHour()
    return {
      hourTokens: this.#meter(this.#hourly, 'hour').spent,
      totalTokens: this.#total.tokens.spent,
      hourSpend: this.#meter(this.#hourly, 'spend').spent,
      totalSpend: this.#total.money.spent,
      refused: { ...this.#refused },
    }
  }

  #bounds({ ip, session }: QuestionFacts['asker']): { name: string; meter: Meter; limit: number | undefined; unit: 'tokens' | 'money' }[] {
    const s = this.#settings
    return [
      { name: 'source', meter: this.#meter(this.#hourly, `ip ${ip}`), limit: s.source, unit: 'tokens' },
      { name: 'network', meter: this.#meter(this.#hourly, `net ${networkOf(ip)}`), limit: s.network, unit: 'tokens' },
      { name: 'session', meter: this.#meter(this.#sessions, session), limit: s.session, unit: 'tokens' },
      { name: 'hour', meter: this.#meter(this.#hourly, 'hour'), limit: s.hour, unit: 'tokens' },
      { name: 'total', meter: this.#total.tokens, limit: s.total, unit: 'tokens' },
      { name: 'spend.hour', meter: this.#meter(this.#hourly, 'spend'), limit: s.spend.hour, unit: 'money' },
      { name: 'spend.total', meter: this.#total.money, limit: s.spend.total, unit: 'money' },
    ]
  }

  #meter(meters: LRUCache<string, Meter>, name: string): Meter {
    const known = meters.get(name)
    if (known) return known
    const meter = { spent: 0, reserved: 0 }
    meters.set(name, meter)
    return meter
  }

  #turnHour(): void {
    const hour = Math.floor(this.#now() / HOUR_MS)
    if (hour === this.#hour) return
    this.#hour = hour
    // Calls under way settle into meters that nobody reads any more.
    this.#hourly.clear()
  }

  #price(model: string, tokens: { input: number; output: number }): number {
    const price = this.#settings.prices[model]
    return price ? (tokens.input * price.input + tokens.output * price.output) / 1e6 : 0
  }
}

/** The /24 or /48 around an address. */
function networkOf(ip: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1] ?? ip
  if (!isIPv6(mapped)) return mapped.split('.').slice(0, 3).join('.')
  const [head = '', tail] = mapped.split('::')
  const groups = head === '' ? [] : head.split(':')
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length)
  const all = [...groups, ...Array.from({ length: missing }, () => '0'), ...(tail ? tail.split(':') : [])]
  return all
    .slice(0, 3)
    .map((g) => Number.parseInt(g, 16).toString(16))
    .join(':')
}
