import { type IppAttribute, TAG } from './codec.ts'
import { deviceAttributes } from './device-attributes.ts'
import facts from './facts/queue-attributes.json' with { type: 'json' }
import { isDone } from './job.ts'
import { PRINTER_STATE, type Queue } from './queue.ts'
import { queueUri, type Reach, webUri } from './reach.ts'
import type { Spooler } from './spooler.ts'
import { attribute, writtenAttributes } from './values.ts'

/**
 * Attributes that do not change, recorded from CUPS 2.4.2 with a laser printer: their syntaxes, order and values. What the
 * driver of another printer says stands in {@link queueAttributes}.
 */
const FIXED: readonly IppAttribute[] = writtenAttributes(facts)

/** Sent only to who asks for it by name (PWG 5100.7). */
const ONLY_BY_NAME = new Set(['media-col-database'])
const JOB_TEMPLATE =
  /^(?:copies|finishings|job-hold-until|job-priority|job-sheets|media|media-col|multiple-document-handling|number-up|orientation-requested|output-bin|page-delivery|page-ranges|print-color-mode|print-content-optimize|print-quality|print-rendering-intent|print-scaling|printer-resolution|sides)-(?:default|supported|ready)$/

/** Attributes of a queue as a client asked for them: groups such as `all` and `job-template`, or names. */
export function queueAttributes(
  spooler: Spooler,
  queue: Queue,
  reach: Reach,
  requested: readonly string[],
  now = Date.now(),
): IppAttribute[] {
  const all =
    reach.devicePath === undefined ? [...changing(spooler, queue, reach, now), ...FIXED] : deviceAttributes(spooler, queue, reach, now)
  return all.filter(wantedOf(requested))
}

function wantedOf(requested: readonly string[]): (attribute: IppAttribute) => boolean {
  const wanted = new Set(requested.length === 0 ? ['all'] : requested)
  return ({ name }) => {
    if (wanted.has(name)) return true
    if (ONLY_BY_NAME.has(name)) return false
    return (
      wanted.has('all') ||
      wanted.has(JOB_TEMPLATE.test(name) ? 'job-template' : 'printer-description') ||
      (wanted.has('printer-defaults') && name.endsWith('-default'))
    )
  }
}

function changing(spooler: Spooler, queue: Queue, reach: Reach, now: number): IppAttribute[] {
  const seconds = (at: number): number => Math.floor(at / 1000)
  const waiting = spooler.jobsOf(queue.name).filter((job) => !isDone(job, now)).length
  const isPrinting = spooler.isPrinting(queue, now)
  const state = queue.isStopped ? PRINTER_STATE.stopped : isPrinting ? PRINTER_STATE.processing : PRINTER_STATE.idle
  return [
    attribute('marker-change-time', TAG.integer, 0),
    attribute('printer-config-change-date-time', TAG.dateTime, new Date(queue.configuredAt)),
    attribute('printer-config-change-time', TAG.integer, seconds(queue.configuredAt)),
    attribute('printer-current-time', TAG.dateTime, new Date(now)),
    attribute('printer-dns-sd-name', TAG.noValue, null),
    attribute('printer-icons', TAG.uri, webUri(reach, `/icons/${encodeURIComponent(queue.name)}.png`)),
    attribute('printer-is-accepting-jobs', TAG.boolean, queue.isAccepting),
    attribute('printer-is-shared', TAG.boolean, queue.isShared),
    attribute('printer-is-temporary', TAG.boolean, false),
    attribute('printer-more-info', TAG.uri, webUri(reach, `/printers/${encodeURIComponent(queue.name)}`)),
    attribute('printer-state', TAG.enum, state),
    attribute('printer-state-change-date-time', TAG.dateTime, new Date(queue.changedAt)),
    attribute('printer-state-change-time', TAG.integer, seconds(queue.changedAt)),
    attribute('printer-state-message', TAG.text, isPrinting ? 'Sending data to printer.' : ''),
    attribute('printer-state-reasons', TAG.keyword, queue.isStopped ? 'paused' : 'none'),
    attribute('printer-type', TAG.enum, PRINTER_TYPE | (queue.name === spooler.defaultQueue ? DEFAULT_PRINTER : 0)),
    attribute('printer-up-time', TAG.integer, seconds(now)),
    attribute('printer-uri-supported', TAG.uri, queueUri(reach, queue.name)),
    attribute('queued-job-count', TAG.integer, waiting),
    attribute('printer-id', TAG.integer, queue.id),
    attribute('printer-name', TAG.name, queue.name),
    attribute('printer-location', TAG.text, queue.location),
    attribute('printer-info', TAG.text, queue.info),
    attribute('printer-uuid', TAG.uri, `urn:uuid:${queue.uuid}`),
    attribute('device-uri', TAG.uri, queue.deviceUri),
    attribute('pages-per-minute', TAG.integer, queue.pagesPerMinute),
    attribute('printer-device-id', TAG.text, queue.deviceId),
    attribute('printer-make-and-model', TAG.text, queue.makeAndModel),
  ]
}

/** cups_ptype_e: monochrome, duplex, copies, collates, small paper. */
const PRINTER_TYPE = 0x1004 | 0x10 | 0x40 | 0x80
const DEFAULT_PRINTER = 0x20000
