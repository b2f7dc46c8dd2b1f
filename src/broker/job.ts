import { z } from 'zod'
import type { Broker } from '../config/broker.ts'
import type { FollowedOutcome } from '../events/schema.ts'
import type { Agent } from './fetch/agents.ts'
import type { Errand, Fetched } from './fetch/errand.ts'
import { fetchFtp } from './fetch/ftp.ts'
import { fetchHttp } from './fetch/http.ts'
import { fetchLdap } from './fetch/ldap.ts'
import { linksIn } from './fetch/links.ts'
import { fetchTftp } from './fetch/tftp.ts'
import { type Hour, Meter, MIB } from './meter.ts'
import { Failure, Refusal } from './refusal.ts'
import type { Router } from './route.ts'
import { LONGEST_URL, OnlyRecorded, parseTarget, type Scheme, type Target } from './target.ts'

/** What the output `samples` takes of one job (docs/samples.md). */
const MOST_FILES = 16
const MOST_URLS = 64
const MOST_JOB_BYTES = 64 * MIB
/** Kept back of a sensor's patience, for the way of the answer. */
const ANSWER_MS = 1_000

/** One thing to do, as a sensor sends it. */
export const Job = z.object({
  id: z.string().max(100),
  session: z.string().max(100).optional(),
  lure: z.string().max(100).optional(),
  /** Which kind of input pointed there. */
  how: z.string().max(100),
  target: z.string().min(1).max(16_384),
  maxBytes: z.number().int().positive(),
  /** How long the sensor waits for the answer. */
  maxMs: z.number().int().positive().optional(),
})
export type Job = z.infer<typeof Job>

/** What became of one address. */
export interface Followed {
  url: string
  outcome: FollowedOutcome
  reason?: string
}

/** What a job brings. */
export interface Brought {
  files: { url: string; bytes: Buffer }[]
  urls: Followed[]
}

const FETCH: Readonly<Record<Scheme, (errand: Errand) => Promise<Fetched>>> = {
  http: fetchHttp,
  https: fetchHttp,
  ftp: fetchFtp,
  tftp: fetchTftp,
  ldap: fetchLdap,
  ldaps: fetchLdap,
}

export interface JobDesk {
  limits: Broker['limits']
  router: Router
  hour: Hour
}

/** An address that waits for its turn. Redirects of one file share its time. */
interface Step {
  url: string
  agent: Agent
  redirects: number
  endsAt?: number
}

/** Follows a target and what it leads to, breadth first. Never fails: what went wrong stands beside the address. */
export async function carryOut(job: Job, desk: JobDesk, signal: AbortSignal): Promise<Brought> {
  const patience = job.maxMs === undefined ? [] : [AbortSignal.timeout(Math.max(1, job.maxMs - ANSWER_MS))]
  return new Walk(job, desk, AbortSignal.any([signal, ...patience])).run()
}

class Walk {
  readonly #desk: JobDesk
  readonly #signal: AbortSignal
  readonly #queue: Step[]
  readonly #seen = new Set<string>()
  readonly #brought: Brought = { files: [], urls: [] }
  #followed = 0
  #bytesLeft: number

  constructor({ target, how, maxBytes }: Job, desk: JobDesk, signal: AbortSignal) {
    this.#desk = desk
    this.#signal = signal
    this.#bytesLeft = Math.min(maxBytes, MOST_JOB_BYTES)
    this.#queue = [{ url: target.trim(), agent: how === 'jndi' ? 'java' : 'wget', redirects: 0 }]
  }

  async run(): Promise<Brought> {
    for (let isFirst = true; this.#brought.urls.length < MOST_URLS; isFirst = false) {
      const step = this.#queue.shift()
      if (!step) break
      try {
        const target = parseTarget(step.url)
        if (this.#seen.has(target.url.href) && step.redirects === 0) continue
        this.#seen.add(target.url.href)
        if (isFirst) this.#desk.hour.takeTarget(target.url.href)
        await this.#follow(step, target)
      } catch (error) {
        this.#note(step, error instanceof Refusal ? 'refused' : error instanceof OnlyRecorded ? 'recorded' : 'failed', wordsOf(error))
      }
    }
    return this.#brought
  }

  async #follow(step: Step, target: Target): Promise<void> {
    const { limits, hour, router } = this.#desk
    if (step.redirects === 0 && this.#followed >= limits.urls) throw new Refusal(`more than ${limits.urls} addresses`)
    hour.takeBytes(0)
    if (this.#signal.aborted) throw new Failure('no time was left')
    if (step.redirects === 0) this.#followed++
    const endsAt = step.endsAt ?? Date.now() + limits.fileMs
    const tooLate = AbortSignal.timeout(Math.max(1, endsAt - Date.now()))
    const meter = new Meter(hour, Math.min(limits.fileMiB * MIB, this.#bytesLeft))
    const signal = AbortSignal.any([this.#signal, tooLate])
    try {
      const fetched = await FETCH[target.scheme]({ target, agent: step.agent, router, meter, signal })
      if ('movedTo' in fetched) this.#move(step, fetched.movedTo, endsAt)
      else this.#keep(step, fetched)
    } catch (error) {
      if (error instanceof Refusal || !signal.aborted) throw error
      throw new Failure(tooLate.aborted ? `not within ${limits.fileMs} ms` : 'no time was left')
    }
  }

  #move(step: Step, to: string, endsAt: number): void {
    if (step.redirects >= this.#desk.limits.redirects) throw new Refusal(`more than ${this.#desk.limits.redirects} redirects`)
    this.#note(step, 'moved', `to ${to.slice(0, LONGEST_URL)}`)
    // A web server may send to other web servers; to a directory or a file nobody would follow.
    if (/^(https?|ftp):/i.test(to)) this.#queue.unshift({ url: to, agent: step.agent, redirects: step.redirects + 1, endsAt })
    else this.#note({ url: to }, 'refused', 'a redirect to another scheme')
  }

  #keep(step: Step, { files, leads = [] }: Extract<Fetched, { files: unknown }>): void {
    const room = files.slice(0, MOST_FILES - this.#brought.files.length).filter(({ url }) => url.length <= LONGEST_URL)
    for (const file of room) {
      this.#bytesLeft -= file.bytes.length
      this.#brought.files.push(file)
    }
    this.#note(step, room.length > 0 ? 'kept' : 'failed', room.length > 0 ? undefined : 'nothing was there')
    // The words of a directory are leads already.
    const links = leads.length > 0 ? [] : files.flatMap(({ bytes }) => linksIn(bytes))
    this.#queue.push(...[...leads, ...links.map((url) => ({ url, agent: 'wget' as const }))].map((lead) => ({ ...lead, redirects: 0 })))
    this.#queue.splice(MOST_URLS)
  }

  #note({ url }: Pick<Step, 'url'>, outcome: FollowedOutcome, reason?: string): void {
    this.#brought.urls.push({ url: url.slice(0, LONGEST_URL), outcome, ...(reason === undefined ? {} : { reason: reason.slice(0, 500) }) })
  }
}

/** `ECONNREFUSED` says as much as the sentence that Node makes of it, and has no address of ours in it. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return (error as NodeJS.ErrnoException).code ?? error.message
}
