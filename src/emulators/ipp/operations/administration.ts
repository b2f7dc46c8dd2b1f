import { randomUUID } from 'node:crypto'
import { evidence } from '../../../events/bytes.ts'
import { GROUP, TAG } from '../codec.ts'
import { DONE, type Handler, type Operation, printerGroup } from '../operation.ts'
import { IppFault, STATUS } from '../status.ts'
import { attribute, Given } from '../values.ts'

const SEARCHED = 256 * 1024

/**
 * Makes or changes a queue. Where it would send its jobs, and a driver that comes with it, are what attacks are made of:
 * CVE-2024-47175 and -47177 run FoomaticRIPCommandLine of a PPD.
 */
const addModify: Handler = (operation) => {
  const { spooler, message, visit } = operation
  const name = operation.queueName ?? ''
  if (name === '' || /[\s#/\0-\x20\x7f]/.test(name) || name.length > 127)
    throw new IppFault(STATUS.badRequest, 'The printer-uri must be of the form "ipp://HOSTNAME/printers/PRINTERNAME".')
  const printer = new Given(message, GROUP.printer)
  const deviceUri = printer.text('device-uri')
  const driver = keepDriver(operation, name)
  visit.record(
    'ipp.queue',
    {
      operation: 'add',
      name: evidence(name),
      ...(deviceUri === undefined ? {} : { deviceUri: evidence(deviceUri.slice(0, 2048)) }),
      ...(driver === undefined ? {} : { driver }),
    },
    driver === undefined ? ['attack:T1543'] : ['attack:T1543', 'attack:T1190'],
  )
  if (deviceUri !== undefined && /^[a-z]+:\/\//.test(deviceUri))
    visit.record('indicator', { kind: 'url', value: evidence(deviceUri.slice(0, 2048)), how: 'device-uri' })
  const known =
    spooler.queues.get(name) ??
    spooler.addQueue({
      name,
      info: name,
      location: '',
      makeAndModel: 'Local Raw Printer',
      deviceId: '',
      deviceUri: 'file:///dev/null',
      uuid: randomUUID(),
      pagesPerMinute: 10,
      pagesPrinted: 0,
      isAccepting: false,
      isStopped: true,
      isShared: true,
      configuredAt: Date.now(),
      changedAt: Date.now(),
    })
  known.deviceUri = deviceUri?.slice(0, 1023) ?? known.deviceUri
  known.info = printer.text('printer-info')?.slice(0, 127) ?? known.info
  known.location = printer.text('printer-location')?.slice(0, 127) ?? known.location
  known.isShared = printer.flag('printer-is-shared') ?? known.isShared
  known.isAccepting = printer.flag('printer-is-accepting-jobs') ?? known.isAccepting
  known.isStopped = (printer.number('printer-state') ?? (known.isStopped ? 5 : 3)) === 5
  known.configuredAt = Date.now()
  return DONE
}

/** A PPD behind the message, or the name of one. @returns its hash or name */
function keepDriver({ message, visit }: Operation, name: string): string | undefined {
  if (message.data.length === 0) return new Given(message, GROUP.printer).text('ppd-name')?.slice(0, 255)
  const text = message.data.subarray(0, SEARCHED).toString('latin1')
  const runs = /FoomaticRIPCommandLine|cupsFilter2?\s{0,4}:/i.test(text)
  if (/FoomaticRIPCommandLine/i.test(text)) visit.tag('cve:CVE-2024-47177')
  for (const [url] of text.matchAll(/https?:\/\/[^\s"'<>]{3,500}/g))
    visit.record('indicator', { kind: 'url', value: evidence(url), how: 'ppd' })
  return visit.capture(message.data, { how: runs ? 'ppd-with-command' : 'ppd', name: evidence(`${name}.ppd`) }).sha256
}

const deleteQueue: Handler = (operation) => {
  const { name } = operation.queue
  operation.visit.record('ipp.queue', { operation: 'delete', name: evidence(name) }, ['attack:T1489'])
  operation.spooler.queues.delete(name)
  return DONE
}

const setDefault: Handler = (operation) => {
  operation.spooler.defaultQueue = operation.queue.name
  return DONE
}

const setPrinterAttributes: Handler = (operation) => {
  const { queue, message } = operation
  const printer = new Given(message, GROUP.printer)
  queue.info = printer.text('printer-info')?.slice(0, 127) ?? queue.info
  queue.location = printer.text('printer-location')?.slice(0, 127) ?? queue.location
  return DONE
}

const DEVICES: readonly [kind: string, info: string, uri: string][] = [
  ['network', 'Internet Printing Protocol (ipp)', 'ipp'],
  ['network', 'Internet Printing Protocol (ipps)', 'ipps'],
  ['network', 'LPD/LPR Host or Printer', 'lpd'],
  ['network', 'AppSocket/HP JetDirect', 'socket'],
  ['network', 'Internet Printing Protocol (http)', 'http'],
  ['serial', 'Serial Port #1', 'serial:/dev/ttyS0?baud=115200'],
]

/** What backends are there, and the printer that they find in the network. */
const getDevices: Handler = ({ spooler }) => {
  const [first] = spooler.queues.values()
  const found: [string, string, string, string][] = DEVICES.map(([kind, info, uri]) => [kind, info, uri, 'Unknown'])
  if (first) found.push(['network', first.info, first.deviceUri, first.info])
  return {
    groups: found.map(([kind, info, uri, model]) =>
      printerGroup([
        attribute('device-class', TAG.keyword, kind),
        attribute('device-info', TAG.text, info),
        attribute('device-make-and-model', TAG.text, model),
        attribute('device-uri', TAG.uri, uri),
        attribute('device-id', TAG.text, uri === first?.deviceUri ? first.deviceId : ''),
        attribute('device-location', TAG.text, ''),
      ]),
    ),
  }
}

const PPDS = [
  'drv:///sample.drv/dymo.ppd|DYMO|DYMO Label Printer',
  'drv:///sample.drv/epson9.ppd|Epson|Epson 9-Pin Series',
  'drv:///sample.drv/generpcl.ppd|Generic|Generic PCL Laser Printer',
  'drv:///sample.drv/generic.ppd|Generic|Generic PostScript Printer',
  'drv:///sample.drv/laserjet.ppd|HP|HP LaserJet Series PCL 4/5',
  'drv:///sample.drv/zebra.ppd|Zebra|Zebra ZPL Label Printer',
  'everywhere||IPP Everywhere',
]

const getPpds: Handler = ({ given }) => ({
  groups: PPDS.slice(0, Math.max(0, given.number('limit') || PPDS.length)).map((line) => {
    const [name = '', make = '', model = ''] = line.split('|')
    return printerGroup([
      attribute('ppd-name', TAG.name, name),
      attribute('ppd-natural-language', TAG.language, 'en'),
      attribute('ppd-make', TAG.text, make),
      attribute('ppd-make-and-model', TAG.text, model),
      attribute('ppd-device-id', TAG.text, ''),
    ])
  }),
})

const getPpd: Handler = ({ queue }) => ({ data: Buffer.from(ppdOf(queue.info, queue.makeAndModel)) })

function ppdOf(name: string, nick: string): string {
  const [make = ''] = name.split(' ')
  const number = name.replace(/\D/g, '')
  const lines = [
    'PPD-Adobe: "4.3"',
    'FormatVersion: "4.3"',
    'FileVersion: "7.0.0.001"',
    'LanguageEncoding: ISOLatin1',
    'LanguageVersion: English',
    `PCFileName: "${make}${number}_1.PPD"`,
    `Product: "(${name})"`,
    `ModelName: "${name}"`,
    `ShortNickName: "${name}"`,
    `NickName: "${nick}"`,
    'PSVersion: "(3010.107) 0"',
    `Manufacturer: "${make}"`,
    'LanguageLevel: "3"',
    'ColorDevice: False',
    'cupsFilter: "application/vnd.cups-postscript 0 hpps"',
    'DefaultPageSize: A4',
    'PageSize A4/A4: "<</PageSize[595.28 841.89]>>setpagedevice"',
    'PageSize Letter/US Letter: "<</PageSize[612 792]>>setpagedevice"',
  ]
  return `${lines.map((line) => `*${line}`).join('\n')}\n`
}

export const administrationHandlers: Readonly<Record<string, Handler>> = {
  'CUPS-Add-Modify-Printer': addModify,
  'CUPS-Create-Local-Printer': addModify,
  'CUPS-Delete-Printer': deleteQueue,
  'CUPS-Add-Modify-Class': () => DONE,
  'CUPS-Delete-Class': () => {
    throw new IppFault(STATUS.notFound, 'The printer or class does not exist.')
  },
  'CUPS-Set-Default': setDefault,
  'Set-Printer-Attributes': setPrinterAttributes,
  'CUPS-Get-Devices': getDevices,
  'CUPS-Get-PPDs': getPpds,
  'CUPS-Get-PPD': getPpd,
}
