import { createHash } from 'node:crypto'
import { type IppAttribute, TAG } from './codec.ts'
import { JOB_STATE, type Job, reasonOf, stateOf } from './job.ts'
import { queueUri, type Reach, webUri } from './reach.ts'
import { attribute } from './values.ts'

export function jobUri({ authority, secure, devicePath }: Reach, id: number): string {
  return `${secure ? 'ipps' : 'ipp'}://${authority}${devicePath ?? '/jobs'}/${id}`
}

/** What CUPS tells of a job when nobody asked for more. */
const BRIEF = new Set(['job-id', 'job-uri'])
/** What the scheduler alone tells of a job, and a printer does not. */
const OF_SCHEDULER = new Set(['job-media-progress', 'job-more-info', 'job-preserved', 'number-of-documents', 'printer-uri'])
const TEMPLATE = /^(copies|job-hold-until|job-priority|job-sheets)$/

/** Attributes of a job: `all`, `job-description`, `job-template`, or names. */
export function jobAttributes(
  job: Job,
  reach: Reach,
  requested: readonly string[],
  now = Date.now(),
  otherwise: ReadonlySet<string> = BRIEF,
): IppAttribute[] {
  const wanted = new Set(requested)
  const isWanted = (name: string): boolean => {
    if (wanted.size === 0) return otherwise.has('all') || otherwise.has(name)
    return wanted.has('all') || wanted.has(name) || wanted.has(TEMPLATE.test(name) ? 'job-template' : 'job-description')
  }
  const isDevice = reach.devicePath !== undefined
  return everything(job, reach, now).filter(({ name }) => isWanted(name) && !(isDevice && OF_SCHEDULER.has(name)))
}

function everything(job: Job, reach: Reach, now: number): IppAttribute[] {
  const state = stateOf(job, now)
  const isDone = state >= JOB_STATE.canceled
  const started = job.startsAt !== undefined && job.startsAt <= now && job.endedAs === undefined ? job.startsAt : undefined
  const ended = isDone ? job.endsAt : undefined
  const printed = state === JOB_STATE.completed ? job.pages * job.copies : 0
  return [
    attribute('number-of-documents', TAG.integer, job.documents),
    attribute('job-media-progress', TAG.integer, state === JOB_STATE.completed ? 100 : 0),
    attribute('job-more-info', TAG.uri, webUri(reach, `/jobs/${job.id}`)),
    attribute('job-preserved', TAG.boolean, isDone),
    attribute('job-printer-up-time', TAG.integer, Math.floor(now / 1000)),
    attribute('job-printer-uri', TAG.uri, queueUri(reach, job.queue)),
    attribute('job-uri', TAG.uri, jobUri(reach, job.id)),
    ...times('creation', job.createdAt),
    ...times('processing', started),
    ...times('completed', ended),
    // Left over from the request that made the job; nmap's cups-queue-info reads the queue's name here.
    attribute('printer-uri', TAG.uri, queueUri(reach, job.queue)),
    attribute('copies', TAG.integer, job.copies),
    attribute('document-format', TAG.mimeType, job.format),
    attribute('job-hold-until', TAG.keyword, job.holdUntil),
    attribute('job-id', TAG.integer, job.id),
    attribute('job-impressions-completed', TAG.integer, printed),
    attribute('job-k-octets', TAG.integer, Math.ceil(job.bytes / 1024)),
    attribute('job-media-sheets-completed', TAG.integer, printed),
    attribute('job-name', TAG.name, job.name),
    attribute('job-originating-host-name', TAG.name, job.host),
    attribute('job-originating-user-name', TAG.name, job.user),
    attribute('job-priority', TAG.integer, job.priority),
    attribute('job-sheets', TAG.name, job.sheets),
    attribute('job-state', TAG.enum, state),
    attribute('job-state-message', TAG.text, ''),
    attribute('job-state-reasons', TAG.keyword, reasonOf(job, now)),
    attribute('job-uuid', TAG.uri, jobUuid(job)),
  ]
}

/** By RFC 4122 §4.3 of MD5, as CUPS makes it. */
function jobUuid({ id, queue, createdAt }: Job): string {
  const digest = createHash('md5').update(`${queue}/${id}/${createdAt}`).digest()
  digest[6] = ((digest[6] as number) & 0x0f) | 0x30
  digest[8] = ((digest[8] as number) & 0x3f) | 0x40
  return `urn:uuid:${digest.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}`
}

function times(what: string, at: number | undefined): IppAttribute[] {
  if (at === undefined) return [attribute(`date-time-at-${what}`, TAG.noValue, null), attribute(`time-at-${what}`, TAG.noValue, null)]
  return [attribute(`date-time-at-${what}`, TAG.dateTime, new Date(at)), attribute(`time-at-${what}`, TAG.integer, Math.floor(at / 1000))]
}
