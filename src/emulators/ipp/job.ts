/** States of a job (RFC 8011 §5.3.7). */
export const JOB_STATE = { pending: 3, held: 4, processing: 5, stopped: 6, canceled: 7, aborted: 8, completed: 9 } as const
export type JobState = (typeof JOB_STATE)[keyof typeof JOB_STATE]

/** One job, as the server knows it at any moment: its states follow from its times. */
export interface Job {
  id: number
  queue: string
  name: string
  user: string
  /** Where it was sent from. */
  host: string
  priority: number
  holdUntil: string
  sheets: string
  copies: number
  format: string
  /** Documents so far, and their size in bytes. */
  documents: number
  bytes: number
  pages: number
  /** UTC milliseconds. */
  createdAt: number
  /** When its last document had come; undefined while more may come. */
  closedAt: number | undefined
  /** When it goes to the printer, and when the printer has done it; undefined while held or open. */
  startsAt: number | undefined
  endsAt: number | undefined
  /** Ended before its time. */
  endedAs: 'canceled' | 'aborted' | undefined
}

export function stateOf(job: Job, now: number): JobState {
  if (job.endedAs === 'canceled') return JOB_STATE.canceled
  if (job.endedAs === 'aborted') return JOB_STATE.aborted
  if (job.holdUntil !== 'no-hold' || job.startsAt === undefined) return JOB_STATE.held
  if (now < job.startsAt) return JOB_STATE.pending
  return now < (job.endsAt ?? 0) ? JOB_STATE.processing : JOB_STATE.completed
}

export function isDone(job: Job, now: number): boolean {
  return stateOf(job, now) >= JOB_STATE.canceled
}

export function reasonOf(job: Job, now: number): string {
  switch (stateOf(job, now)) {
    case JOB_STATE.canceled:
      return 'job-canceled-by-user'
    case JOB_STATE.aborted:
      return 'aborted-by-system'
    case JOB_STATE.completed:
      return 'job-completed-successfully'
    case JOB_STATE.processing:
      return 'job-printing'
    case JOB_STATE.held:
      return job.holdUntil === 'no-hold' ? 'job-incoming' : 'job-hold-until-specified'
    default:
      return 'none'
  }
}
