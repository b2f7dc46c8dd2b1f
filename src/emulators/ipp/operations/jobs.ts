import { evidence } from '../../../events/bytes.ts'
import { GROUP, TAG } from '../codec.ts'
import { checkDocument, keepDocument } from '../document.ts'
import { isDone, JOB_STATE, type Job, reasonOf, stateOf } from '../job.ts'
import { jobAttributes, jobUri } from '../job-attributes.ts'
import { DONE, type Handler, jobGroup, type Operation, type OperationAnswer } from '../operation.ts'
import { IppFault, STATUS } from '../status.ts'
import { attribute } from '../values.ts'

const EVERYTHING: ReadonlySet<string> = new Set(['all'])

/** What every operation that makes or feeds a job answers. */
function receipt({ reach }: Operation, job: Job, now = Date.now()): OperationAnswer {
  return {
    groups: [
      jobGroup([
        attribute('job-uri', TAG.uri, jobUri(reach, job.id)),
        attribute('job-id', TAG.integer, job.id),
        attribute('job-state', TAG.enum, stateOf(job, now)),
        attribute('job-state-message', TAG.text, ''),
        attribute('job-state-reasons', TAG.keyword, reasonOf(job, now)),
      ]),
    ],
  }
}

function create(operation: Operation): Job {
  const { spooler, given, job, user, request, queue, reach } = operation
  // A printer by itself has no queue: one job at a time.
  if (reach.devicePath !== undefined && spooler.isBusy(queue)) throw new IppFault(STATUS.busy, 'Currently printing another job.')
  if (!queue.isAccepting) throw new IppFault(STATUS.notPossible, `Destination "${queue.name}" is not accepting jobs.`)
  return spooler.create({
    queue: queue.name,
    name: (given.text('job-name') ?? 'Untitled').slice(0, 255),
    user,
    host: request.source.ip,
    priority: Math.min(Math.max(job.number('job-priority') ?? 50, 1), 100),
    holdUntil: (job.text('job-hold-until') ?? 'no-hold').slice(0, 127),
    sheets: (job.text('job-sheets') ?? 'none').slice(0, 127),
    copies: Math.min(Math.max(job.number('copies') ?? 1, 1), 999),
    format: (given.text('document-format') ?? 'application/octet-stream').slice(0, 127),
  })
}

const printJob: Handler = async (operation) => {
  checkDocument(operation)
  if (operation.message.data.length === 0) {
    // The queue is looked for first: a wrong name is the error that counts.
    operation.spooler.queue(operation.queue.name)
    throw new IppFault(STATUS.badRequest, 'No file in print request.')
  }
  const job = create(operation)
  await addDocument(operation, job)
  operation.spooler.close(job)
  return receipt(operation, job)
}

const validateJob: Handler = (operation) => {
  checkDocument(operation)
  // Naming a queue that there is not is an error here too.
  operation.spooler.queue(operation.queue.name)
  return DONE
}

const createJob: Handler = (operation) => receipt(operation, create(operation))

const sendDocument: Handler = async (operation) => {
  const job = ownJob(operation)
  const isLast = operation.given.flag('last-document')
  if (isLast === undefined) throw new IppFault(STATUS.badRequest, 'Missing last-document attribute.')
  if (job.closedAt !== undefined) throw new IppFault(STATUS.notPossible, `Job #${job.id} is finished and can not be altered.`)
  checkDocument(operation)
  if (operation.message.data.length > 0) await addDocument(operation, job)
  else if (!isLast) throw new IppFault(STATUS.badRequest, 'No file in print request.')
  if (isLast) operation.spooler.close(job)
  return receipt(operation, job)
}

async function addDocument(operation: Operation, job: Job): Promise<void> {
  const { bytes, pages, format } = await keepDocument(operation, job)
  job.format = format
  operation.spooler.addDocument(job, bytes, pages)
}

/** The job, which must be in the queue that is named with it. @throws IppFault */
function ownJob(operation: Operation): Job {
  const job = operation.spooler.job(operation.jobId)
  const name = operation.given.find('job-uri') ? undefined : operation.queueName
  if (name !== undefined && name !== job.queue) throw new IppFault(STATUS.notFound, `Job #${job.id} does not exist.`)
  return job
}

/** Print-URI and Send-URI are not among CUPS's operations, and a printer would fetch what they name. Here the address is kept, no more. */
const printUri: Handler = ({ given, visit, message, reach }) => {
  const uri = given.text('document-uri')
  if (uri !== undefined) visit.record('indicator', { kind: 'url', value: evidence(uri.slice(0, 2048)), how: 'print-uri' }, ['attack:T1190'])
  if (reach.devicePath !== undefined) throw new IppFault(STATUS.documentAccess, uriFlaw(uri))
  throw new IppFault(STATUS.operation, `${message.code === 0x03 ? 'Print' : 'Send'}-URI not supported.`)
}

/** What a printer says of a document that it cannot get. */
function uriFlaw(uri: string | undefined): string {
  if (uri === undefined) return 'Missing document-uri.'
  const [, host] = /^https?:\/\/([\w.:[\]-]{1,255})(?:\/|$)/i.exec(uri) ?? []
  return host === undefined ? `Bad document-uri: ${uri.slice(0, 200)}` : `Unable to connect to ${host}: Connection refused`
}

const getJobAttributes: Handler = (operation) => ({
  groups: [jobGroup(jobAttributes(ownJob(operation), operation.reach, operation.requested, Date.now(), EVERYTHING))],
})

const WHICH: Readonly<Record<string, (state: number) => boolean>> = {
  completed: (state) => state >= JOB_STATE.canceled,
  'not-completed': (state) => state < JOB_STATE.canceled,
  aborted: (state) => state === JOB_STATE.aborted,
  all: () => true,
  canceled: (state) => state === JOB_STATE.canceled,
  pending: (state) => state === JOB_STATE.pending,
  'pending-held': (state) => state === JOB_STATE.held,
  processing: (state) => state === JOB_STATE.processing,
  'processing-stopped': (state) => state === JOB_STATE.stopped,
}

const getJobs: Handler = (operation) => {
  const { given, spooler, reach, requested, user } = operation
  const name = operation.queueName
  if (name !== undefined) spooler.queue(name)
  const which = given.text('which-jobs') ?? 'not-completed'
  const isWanted = Object.hasOwn(WHICH, which) ? WHICH[which] : undefined
  if (!isWanted) {
    throw new IppFault(STATUS.attributesOrValues, `The which-jobs value "${which}" is not supported.`, {
      tag: GROUP.unsupported,
      attributes: [attribute('which-jobs', TAG.keyword, which)],
    })
  }
  const now = Date.now()
  const mine = given.flag('my-jobs') ?? false
  const first = given.number('first-job-id') ?? 1
  const found = spooler.jobsOf(name).filter((job) => isWanted(stateOf(job, now)) && (!mine || job.user === user) && job.id >= first)
  const ordered = which === 'completed' ? found.reverse() : found
  const limit = given.number('limit') ?? ordered.length
  return { groups: ordered.slice(0, Math.max(0, limit)).map((job) => jobGroup(jobAttributes(job, reach, requested, now))) }
}

const cancelJob: Handler = (operation) => {
  const job = ownJob(operation)
  refuseDone(job, "can't cancel")
  operation.spooler.cancel(job)
  return DONE
}

function refuseDone(job: Job, what: string): void {
  const now = Date.now()
  if (!isDone(job, now)) return
  const words: Readonly<Record<number, string>> = {
    [JOB_STATE.canceled]: 'canceled',
    [JOB_STATE.aborted]: 'aborted',
    [JOB_STATE.completed]: 'completed',
  }
  throw new IppFault(STATUS.notPossible, `Job #${job.id} is already ${words[stateOf(job, now)]} - ${what}.`)
}

const cancelAll =
  (isMine: boolean): Handler =>
  (operation) => {
    const now = Date.now()
    const jobs = operation.spooler
      .jobsOf(operation.queueName)
      .filter((job) => !isDone(job, now) && (!isMine || job.user === operation.user))
    for (const job of jobs) operation.spooler.cancel(job, now)
    return DONE
  }

const holdJob: Handler = (operation) => {
  const job = ownJob(operation)
  refuseDone(job, "can't hold")
  job.holdUntil = operation.job.text('job-hold-until') ?? 'indefinite'
  job.startsAt = undefined
  return DONE
}

const releaseJob: Handler = (operation) => {
  const job = ownJob(operation)
  if (stateOf(job, Date.now()) !== JOB_STATE.held) throw new IppFault(STATUS.notPossible, `Job #${job.id} is not held.`)
  job.holdUntil = 'no-hold'
  if (job.closedAt !== undefined) operation.spooler.schedule(job)
  return DONE
}

const restartJob: Handler = (operation) => {
  const job = ownJob(operation)
  if (!isDone(job, Date.now())) throw new IppFault(STATUS.notPossible, `Job #${job.id} is not complete.`)
  throw new IppFault(STATUS.notPossible, `Job #${job.id} cannot be restarted - no files.`)
}

const closeJob: Handler = (operation) => {
  const job = ownJob(operation)
  if (job.closedAt === undefined) operation.spooler.close(job)
  return receipt(operation, job)
}

const setJobAttributes: Handler = (operation) => {
  const job = ownJob(operation)
  refuseDone(job, "can't alter")
  const { job: given, spooler } = operation
  job.name = (given.text('job-name') ?? job.name).slice(0, 255)
  job.priority = given.number('job-priority') ?? job.priority
  const hold = given.text('job-hold-until')
  if (hold === undefined || hold === job.holdUntil) return DONE
  job.holdUntil = hold.slice(0, 127)
  if (hold === 'no-hold' && job.closedAt !== undefined) spooler.schedule(job)
  return DONE
}

/** Documents are evidence, not kept for the queue. */
const getDocument: Handler = (operation) => {
  const job = ownJob(operation)
  throw new IppFault(STATUS.notFound, `Document #${operation.given.number('document-number') ?? 1} does not exist in job #${job.id}.`)
}

export const jobHandlers: Readonly<Record<string, Handler>> = {
  'Print-Job': printJob,
  'Print-URI': printUri,
  'Send-URI': printUri,
  'Validate-Job': validateJob,
  'Create-Job': createJob,
  'Send-Document': sendDocument,
  'Close-Job': closeJob,
  'Get-Job-Attributes': getJobAttributes,
  'Get-Jobs': getJobs,
  'Cancel-Job': cancelJob,
  'Cancel-Jobs': cancelAll(false),
  'Cancel-My-Jobs': cancelAll(true),
  'Purge-Jobs': cancelAll(false),
  'Hold-Job': holdJob,
  'Release-Job': releaseJob,
  'Restart-Job': restartJob,
  'Set-Job-Attributes': setJobAttributes,
  'CUPS-Move-Job': (operation) => {
    const target = /\/printers\/([^/]{1,255})$/.exec(operation.job.text('job-printer-uri') ?? '')?.[1]
    if (target === undefined) throw new IppFault(STATUS.badRequest, 'job-printer-uri attribute missing.')
    ownJob(operation).queue = operation.spooler.queue(target).name
    return DONE
  },
  'CUPS-Authenticate-Job': (operation) => {
    const job = ownJob(operation)
    throw new IppFault(STATUS.notPossible, `Job #${job.id} is not held for authentication.`)
  },
  'CUPS-Get-Document': getDocument,
}
