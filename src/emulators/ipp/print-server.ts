import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { type Printer, printerOf } from '../../host/printer.ts'
import past from './facts/past-jobs.json' with { type: 'json' }
import type { Job } from './job.ts'
import type { Queue } from './queue.ts'
import { Spooler } from './spooler.ts'

const DAY = 86_400_000
const VIRTUAL_PDF = { make: 'Generic', model: 'CUPS-PDF Printer', pagesPerMinute: 60 }

/** What every source finds: the queues of the server, and what its people have printed. */
export class PrintServer {
  readonly printer: Printer
  readonly #queues: readonly Queue[]
  readonly #past: readonly Job[]
  readonly #nextJob: number

  constructor(identity: Identity, persona: Persona, now = Date.now()) {
    this.printer = printerOf(identity, persona)
    const label = (name: string): string => `ipp/${persona.name}/${name}`
    const configuredAt = now - identity.integer(label('configured'), 30 * DAY, 400 * DAY)
    this.#queues = queuesOf(this.printer, identity, persona, configuredAt)
    const first = identity.integer(label('jobs'), 312, 4_870)
    const people = persona.users.filter(({ uid }) => uid >= 1000 && uid < 60_000).map(({ name }) => name)
    this.#past = past.map((entry, n) =>
      jobOf(
        entry,
        first + n,
        this.#queues[0]?.name ?? '',
        people[n % Math.max(1, people.length)] ?? 'root',
        now - (past.length - n) * identity.integer(label(`gap/${n}`), 40, 300) * 60_000,
      ),
    )
    this.#nextJob = first + past.length
  }

  spooler(): Spooler {
    return new Spooler(this.#queues, this.#past, this.#nextJob)
  }

  /** The printer by itself, as who talks to it past any server finds it. */
  deviceSpooler(now = Date.now()): Spooler {
    const { make, model, pagesPerMinute } = this.printer
    const [queue] = this.#queues
    const device: Queue[] = queue
      ? [
          {
            ...queue,
            name: queue.info,
            makeAndModel: `${make} ${model}`,
            deviceId: `MFG:${make};MDL:${model};CMD:PDF,JPEG,PWG,URF;`,
            pagesPerMinute,
            pagesPrinted: this.printer.pagesUntil(now),
          },
        ]
      : []
    return new Spooler(
      device,
      this.#past.map((job) => ({ ...job, queue: device[0]?.name ?? '' })),
      this.#nextJob,
    )
  }
}

function queuesOf(printer: Printer, identity: Identity, persona: Persona, configuredAt: number): Queue[] {
  const { make, model, location, deviceId, uuid, ip, pagesPerMinute } = printer
  const common = { isAccepting: true, isStopped: false, isShared: true, configuredAt, changedAt: configuredAt + DAY }
  const name = `${make}_${model}`.replace(/[^A-Za-z0-9]+/g, '_')
  return [
    {
      ...common,
      id: 1,
      name,
      info: `${make} ${model}`,
      location,
      makeAndModel: `${make} ${seriesOf(model)} Postscript (recommended)`,
      deviceId,
      deviceUri: `socket://${ip}:9100`,
      uuid,
      pagesPerMinute,
      pagesPrinted: 0,
    },
    {
      ...common,
      id: 2,
      name: 'PDF',
      info: 'PDF',
      location: persona.hostname,
      makeAndModel: `${VIRTUAL_PDF.make} ${VIRTUAL_PDF.model} w/ options`,
      deviceId: `MFG:${VIRTUAL_PDF.make};MDL:${VIRTUAL_PDF.model};DES:${VIRTUAL_PDF.make} ${VIRTUAL_PDF.model};CLS:PRINTER;CMD:POSTSCRIPT;`,
      deviceUri: 'cups-pdf:/',
      uuid: identity.uuid(`ipp/${persona.name}/pdf`),
      pagesPerMinute: VIRTUAL_PDF.pagesPerMinute,
      pagesPrinted: 0,
    },
  ]
}

/** The driver of a model is that of its series: Debian's printer-driver-postscript-hp has one for the P4010 and the P3010. */
function seriesOf(model: string): string {
  return model.replace(/(P\d\d1)5$/, '$10 Series')
}

function jobOf(entry: (typeof past)[number], id: number, queue: string, user: string, at: number): Job {
  const startsAt = at + 1_200
  return {
    id,
    queue,
    name: entry.name,
    user,
    host: 'localhost',
    priority: 50,
    holdUntil: 'no-hold',
    sheets: 'none',
    copies: 1,
    format: entry.format,
    documents: 1,
    bytes: entry.bytes,
    pages: entry.pages,
    createdAt: at,
    closedAt: at,
    startsAt,
    endsAt: startsAt + entry.pages * 1_700,
    endedAs: undefined,
  }
}
