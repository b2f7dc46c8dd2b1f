import type { IppAttribute } from './codec.ts'
import { TAG } from './codec.ts'
import facts from './facts/printer-attributes.json' with { type: 'json' }
import { isDone } from './job.ts'
import { PRINTER_STATE, type Queue } from './queue.ts'
import { queueUri, type Reach, webUri } from './reach.ts'
import type { Spooler } from './spooler.ts'
import { attribute, writtenAttributes } from './values.ts'

/** Attributes that do not change, as ippeveprinter 2.4.2 has them; it gives no overrides, which PWG 5100.14 wants. */
const FIXED: readonly IppAttribute[] = writtenAttributes(facts)
/** Sheets that a toner prints, and those that its waste box takes. */
const TONER_PAGES = 10_000
const WASTE_PAGES = 50_000

/** Attributes of a printer of IPP Everywhere, in the order of the program. */
export function deviceAttributes(spooler: Spooler, queue: Queue, reach: Reach, now: number): IppAttribute[] {
  const seconds = (at: number): number => Math.max(1, Math.floor((at - queue.changedAt) / 1000))
  const printed = queue.pagesPrinted
  const level = (pages: number): number => 100 - Math.floor(((printed % pages) / pages) * 100)
  const supply = (index: number, kind: string, type: string, left: number, colorant: string): string =>
    `index=${index};class=${kind};type=${type};unit=percent;maxcapacity=100;level=${left};colorantname=${colorant};`
  const isPrinting = spooler.isPrinting(queue, now)
  const waiting = spooler.jobsOf(queue.name).filter((job) => !isDone(job, now)).length
  return [
    ...FIXED,
    attribute('pages-per-minute', TAG.integer, queue.pagesPerMinute),
    attribute('printer-device-id', TAG.text, queue.deviceId),
    attribute('printer-make-and-model', TAG.text, queue.makeAndModel),
    attribute(
      'printer-supply',
      TAG.octets,
      supply(1, 'receptacleThatIsFilled', 'wasteToner', 100 - level(WASTE_PAGES), 'unknown'),
      supply(2, 'supplyThatIsConsumed', 'toner', level(TONER_PAGES), 'black'),
    ),
    attribute('printer-is-accepting-jobs', TAG.boolean, true),
    attribute('printer-info', TAG.text, queue.info),
    attribute('printer-location', TAG.text, queue.location),
    attribute('printer-name', TAG.name, queue.name),
    attribute('printer-uuid', TAG.uri, `urn:uuid:${queue.uuid}`),
    attribute('printer-config-change-date-time', TAG.dateTime, new Date(queue.changedAt)),
    attribute('printer-config-change-time', TAG.integer, 0),
    attribute('printer-current-time', TAG.dateTime, new Date(now)),
    attribute('printer-icons', TAG.uri, ...['-sm', '', '-lg'].map((size) => webUri(reach, `/icon${size}.png`))),
    attribute('printer-more-info', TAG.uri, webUri(reach, '/')),
    attribute('printer-state', TAG.enum, isPrinting ? PRINTER_STATE.processing : PRINTER_STATE.idle),
    attribute('printer-state-change-date-time', TAG.dateTime, new Date(queue.changedAt)),
    attribute('printer-state-change-time', TAG.integer, 0),
    attribute('printer-state-message', TAG.text, isPrinting ? 'Printing.' : 'Idle.'),
    attribute('printer-state-reasons', TAG.keyword, 'none'),
    attribute('printer-supply-info-uri', TAG.uri, webUri(reach, '/supplies')),
    attribute('printer-up-time', TAG.integer, seconds(now)),
    attribute('printer-uri-supported', TAG.uri, queueUri(reach, queue.name)),
    attribute('queued-job-count', TAG.integer, waiting),
  ]
}
