import { isDone, JOB_STATE, type Job, stateOf } from './job.ts'
import type { Queue } from './queue.ts'
import { IppFault, STATUS } from './status.ts'

/** Jobs and queues that one source may leave behind. */
const MOST_JOBS = 200
const MOST_QUEUES = 40
const MOST_SUBSCRIPTIONS = 50
/** A page takes as long as the printer says; no document takes longer than this, milliseconds. */
const LONGEST_PRINT = 60_000
/** From the end of a document to its first page, milliseconds. */
const WARM_UP = 900
const SHORTEST_PRINT = 3_200
/** multiple-operation-time-out of a printer, milliseconds. */
const OPEN_MS = 60_000

export interface Subscription {
  id: number
  queue: string | undefined
  job: number | undefined
  user: string
  events: string[]
  lease: number
}

/** The print server as one source sees it: its queues, and the jobs that this source has sent. */
export class Spooler {
  readonly queues: Map<string, Queue>
  readonly jobs = new Map<number, Job>()
  readonly subscriptions = new Map<number, Subscription>()
  defaultQueue: string
  #nextJob: number
  #nextSubscription = 1

  constructor(queues: readonly Queue[], past: readonly Job[], nextJob: number) {
    this.queues = new Map(queues.map((queue) => [queue.name, { ...queue }]))
    for (const job of past) this.jobs.set(job.id, { ...job })
    this.defaultQueue = queues[0]?.name ?? ''
    this.#nextJob = nextJob
  }

  queue(name: string): Queue {
    const queue = this.queues.get(name)
    if (!queue) throw new IppFault(STATUS.notFound, 'The printer or class does not exist.')
    return queue
  }

  job(id: number): Job {
    const job = this.jobs.get(id)
    if (!job) throw new IppFault(STATUS.notFound, `Job #${id} does not exist.`)
    return job
  }

  /** Jobs by their id, those of one queue when it is named. */
  jobsOf(queue: string | undefined): Job[] {
    return [...this.jobs.values()].filter((job) => queue === undefined || job.queue === queue)
  }

  addQueue(queue: Omit<Queue, 'id'>): Queue {
    if (this.queues.size >= MOST_QUEUES) throw new IppFault(STATUS.notPossible, 'Unable to add printer: Too many open files')
    const added = { ...queue, id: this.queues.size + 1 }
    this.queues.set(queue.name, added)
    return added
  }

  create(given: Omit<Job, 'id' | 'documents' | 'bytes' | 'pages' | 'createdAt' | 'closedAt' | 'startsAt' | 'endsAt' | 'endedAs'>): Job {
    if (this.jobs.size >= MOST_JOBS) this.#forgetOldest()
    const job: Job = {
      ...given,
      id: this.#nextJob++,
      documents: 0,
      bytes: 0,
      pages: 0,
      createdAt: Date.now(),
      closedAt: undefined,
      startsAt: undefined,
      endsAt: undefined,
      endedAs: undefined,
    }
    this.jobs.set(job.id, job)
    return job
  }

  addDocument(job: Job, bytes: number, pages: number): void {
    job.documents++
    job.bytes += bytes
    job.pages += pages
  }

  /** All documents of the job are here: it waits for its turn. */
  close(job: Job, now = Date.now()): void {
    job.closedAt = now
    if (job.holdUntil === 'no-hold') this.schedule(job, now)
  }

  schedule(job: Job, now = Date.now()): void {
    const { pagesPerMinute } = this.queue(job.queue)
    const busy = this.jobsOf(job.queue).reduce(
      (latest, other) => (other === job || other.endedAs ? latest : Math.max(latest, other.endsAt ?? 0)),
      0,
    )
    const pages = Math.max(1, job.pages) * job.copies
    job.startsAt = Math.max(now + WARM_UP, busy)
    job.endsAt = job.startsAt + Math.min(Math.max((pages / pagesPerMinute) * 60_000, SHORTEST_PRINT), LONGEST_PRINT)
  }

  cancel(job: Job, now = Date.now()): void {
    job.endedAs = 'canceled'
    job.endsAt = now
  }

  isPrinting(queue: Queue, now: number): boolean {
    return this.jobsOf(queue.name).some((job) => stateOf(job, now) === JOB_STATE.processing)
  }

  /** Whether a job is printing or may get more documents. */
  isBusy({ name }: Queue, now = Date.now()): boolean {
    return this.jobsOf(name).some((job) => !isDone(job, now) && (job.closedAt !== undefined || now - job.createdAt < OPEN_MS))
  }

  subscribe(given: Omit<Subscription, 'id'>): Subscription {
    if (this.subscriptions.size >= MOST_SUBSCRIPTIONS) throw new IppFault(STATUS.notPossible, 'There are too many subscriptions.')
    const subscription = { ...given, id: this.#nextSubscription++ }
    this.subscriptions.set(subscription.id, subscription)
    return subscription
  }

  #forgetOldest(): void {
    const [oldest] = this.jobs.keys()
    if (oldest !== undefined) this.jobs.delete(oldest)
  }
}
