import { DONE, type Handler, type Operation, printerGroup } from '../operation.ts'
import { queueAttributes } from '../queue-attributes.ts'
import { IppFault, STATUS } from '../status.ts'

const getAttributes: Handler = (operation) => ({ groups: [printerGroup(describe(operation, operation.queue.name))] })

function describe({ spooler, reach, requested }: Operation, name: string) {
  return queueAttributes(spooler, spooler.queue(name), reach, requested)
}

const getDefault: Handler = (operation) => ({ groups: [printerGroup(describe(operation, operation.spooler.defaultQueue))] })

const MOST = 100

const getPrinters: Handler = (operation) => {
  const names = [...operation.spooler.queues.keys()].slice(0, Math.min(operation.given.number('limit') ?? MOST, MOST))
  return { groups: names.map((name) => printerGroup(describe(operation, name))) }
}

/** Changes a flag of the queue, and the time of its state. */
function switched(change: (operation: Operation) => void): Handler {
  return (operation) => {
    change(operation)
    operation.queue.changedAt = Date.now()
    return DONE
  }
}

/** A printer beeps or shows itself; the scheduler has nothing that could. */
const identify: Handler = ({ reach }) => {
  if (reach.devicePath === undefined) throw new IppFault(STATUS.operation, 'Identify-Printer not supported.')
  return DONE
}

export const printerHandlers: Readonly<Record<string, Handler>> = {
  'Get-Printer-Attributes': getAttributes,
  'Get-Printer-Supported-Values': getAttributes,
  'CUPS-Get-Default': getDefault,
  'CUPS-Get-Printers': getPrinters,
  'CUPS-Get-Classes': () => DONE,
  'Pause-Printer': switched(({ queue }) => {
    queue.isStopped = true
  }),
  'Resume-Printer': switched(({ queue }) => {
    queue.isStopped = false
  }),
  'Enable-Printer': switched(({ queue }) => {
    queue.isAccepting = true
  }),
  'Disable-Printer': switched(({ queue }) => {
    queue.isAccepting = false
  }),
  'CUPS-Accept-Jobs': switched(({ queue }) => {
    queue.isAccepting = true
  }),
  'CUPS-Reject-Jobs': switched(({ queue }) => {
    queue.isAccepting = false
  }),
  'Identify-Printer': identify,
  'Hold-New-Jobs': switched(() => undefined),
  'Release-Held-New-Jobs': switched(() => undefined),
}
