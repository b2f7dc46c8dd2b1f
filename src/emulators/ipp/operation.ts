import type { WebRequest } from '../../http/index.ts'
import type { Visit } from '../../sensor/visit.ts'
import { GROUP, type IppAttribute, type IppGroup, type IppMessage } from './codec.ts'
import type { IppEvents } from './events.ts'
import type { Queue } from './queue.ts'
import type { Reach } from './reach.ts'
import type { Spooler } from './spooler.ts'
import { IppFault, STATUS } from './status.ts'
import { Given } from './values.ts'

/** One operation as its handler sees it. */
export class Operation {
  readonly message: IppMessage
  readonly spooler: Spooler
  readonly request: WebRequest
  readonly visit: Visit<IppEvents>
  readonly reach: Reach
  /** Attributes of the operation and of the job that the client gives. */
  readonly given: Given
  readonly job: Given

  constructor(parts: { message: IppMessage; spooler: Spooler; request: WebRequest; visit: Visit<IppEvents>; reach: Reach }) {
    this.message = parts.message
    this.spooler = parts.spooler
    this.request = parts.request
    this.visit = parts.visit
    this.reach = parts.reach
    this.given = new Given(parts.message, GROUP.operation)
    // CUPS takes what belongs to the job from the wrong group too.
    this.job = new Given(parts.message, GROUP.job, GROUP.operation)
  }

  get user(): string {
    return (this.given.text('requesting-user-name') ?? 'anonymous').slice(0, 255)
  }

  get requested(): string[] {
    return this.given.texts('requested-attributes')
  }

  /** The name of the queue that the operation is for; undefined = the server itself. */
  get queueName(): string | undefined {
    const uri = this.given.text('printer-uri') ?? ''
    const [, path = ''] = /^[a-z]{3,5}:\/\/[^/]{0,255}(\/.{0,1023})?$/i.exec(uri) ?? []
    const [, name] = /^\/(?:printers|classes)\/([^/?#]{1,255})$/.exec(path) ?? []
    if (name !== undefined) return decoded(name)
    return path.startsWith('/ipp/print') ? this.spooler.defaultQueue : undefined
  }

  /** @throws IppFault when it is none of ours */
  get queue(): Queue {
    const name = this.queueName
    if (name === undefined) throw new IppFault(STATUS.notFound, 'The printer or class does not exist.')
    return this.spooler.queue(name)
  }

  /** Id of the job that the operation is for, by `job-uri` or by `printer-uri` and `job-id`. @throws IppFault */
  get jobId(): number {
    const uri = this.given.text('job-uri')
    if (uri === undefined) {
      const id = this.given.number('job-id')
      if (id === undefined) throw new IppFault(STATUS.badRequest, 'Got a printer-uri attribute but no job-id.')
      return id
    }
    const [, id] = /\/(?:jobs|ipp\/print)\/(\d{1,9})$/.exec(uri) ?? []
    if (id === undefined) throw new IppFault(STATUS.badRequest, `Bad job-uri "${uri.slice(0, 200)}".`)
    return Number(id)
  }
}

function decoded(name: string): string {
  return name.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** What an operation answers besides `successful-ok`. */
export interface OperationAnswer {
  groups?: IppGroup[]
  data?: Buffer
}

export type Handler = (operation: Operation) => OperationAnswer | Promise<OperationAnswer>

export function printerGroup(attributes: IppAttribute[]): IppGroup {
  return { tag: GROUP.printer, attributes }
}

export function jobGroup(attributes: IppAttribute[]): IppGroup {
  return { tag: GROUP.job, attributes }
}

export const DONE: OperationAnswer = {}
