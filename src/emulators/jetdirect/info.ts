import type { Device, SourceMemory, Variable } from './device.ts'
import { VARIABLES } from './device.ts'

/** Bytes of the RAM disk. */
const VOLUME_BYTES = 8 * 1024 * 1024
const USED_BYTES = 36_864

/** The lines below `@PJL INFO category`, or undefined when the printer knows no such category. Shapes: PJL reference, chapter 7. */
export function info(category: string, device: Device, memory: SourceMemory): string[] | undefined {
  const { printer } = device
  switch (category) {
    case 'ID':
      return [`"${printer.name}"`]
    case 'STATUS':
      return statusLines(device)
    case 'CONFIG':
      return configuration(printer.memory)
    case 'FILESYS':
      return filesystem(memory)
    case 'MEMORY':
      return [`TOTAL=${Math.floor(printer.memory * 0.71)}`, `LARGEST=${Math.floor(printer.memory * 0.42)}`]
    case 'PAGECOUNT':
      return [`PAGECOUNT=${device.pages}`]
    case 'VARIABLES':
      return VARIABLES.flatMap((one) => variableLines(one, memory.defaults.get(one.name) ?? one.value))
    case 'USTATUS':
      return ['DEVICE', 'JOB', 'PAGE'].flatMap((name) => [`${name}=OFF [3 ENUMERATED]`, '\tOFF', '\tON', '\tVERBOSE']).concat(TIMED)
    case 'PRODINFO':
      return product(device)
    case 'SUPPLIES':
      return supplies(device)
    case 'LOG':
      return eventLog(device)
    default:
      return undefined
  }
}

const TIMED = ['TIMED=0 [2 RANGE]', '\t5', '\t300']

export function statusLines(device: Device): string[] {
  const { isOnline, display } = device
  return [`CODE=${isOnline ? 10001 : 10002}`, `DISPLAY="${display}"`, `ONLINE=${isOnline ? 'TRUE' : 'FALSE'}`]
}

function configuration(memory: number): string[] {
  const trays = ['IN TRAYS [2 ENUMERATED]', '\tINTRAY1 MP', '\tINTRAY2 PC']
  const bins = ['OUTPUT BINS [2 ENUMERATED]', '\tUPPER FACEDOWN', '\tREAR FACEUP']
  const languages = ['LANGUAGES [3 ENUMERATED]', '\tPCL', '\tPDF', '\tPOSTSCRIPT']
  const ports = ['USTATUS [4 ENUMERATED]', '\tDEVICE', '\tJOB', '\tPAGE', '\tTIMED']
  return [...trays, 'DUPLEX', ...bins, ...languages, ...ports, `MEMORY=${memory}`, 'DISPLAY LINES=4', 'DISPLAY CHARACTER SIZE=20']
}

function filesystem({ volume }: SourceMemory): string[] {
  const free = VOLUME_BYTES - USED_BYTES - volume.added
  const row = ['0:', VOLUME_BYTES, free, 'RAM', '?', 'READ-WRITE'].join('\t')
  return ['[2 TABLE]', '\tVOLUME\tTOTAL SIZE\tFREE SPACE\tLOCATION\tLABEL\tSTATUS', `\t${row}`]
}

function variableLines({ name, choices, range, readOnly }: Variable, value: string): string[] {
  const values = range ?? choices
  if (!values) return [`${name}="${value}" [STRING]`]
  const kind = range ? 'RANGE' : 'ENUMERATED'
  return [`${name}=${value} [${values.length} ${kind}${readOnly ? ' READONLY' : ''}]`, ...values.map((one) => `\t${one}`)]
}

function product({ printer }: Device): string[] {
  return [
    `ProductName = "${printer.name}"`,
    `FormatterNumber = "${printer.mac.replaceAll(':', '').toUpperCase()}"`,
    `PrinterNumber = "${printer.serial}"`,
    `ProductSerialNumber = "${printer.serial}"`,
    `FirmwareDateCode = "${printer.firmware}"`,
    'MaxPrintResolution = "1200"',
    `DeviceDescription = "${printer.name}"`,
    'DeviceLang = "PCL, PJL, POSTSCRIPT, PDF"',
    `TotalMemory = "${printer.memory / 1024 / 1024}"`,
  ]
}

/** Toner falls with the pages and is changed when it is used up. */
function supplies(device: Device): string[] {
  const perCartridge = 10_000
  const left = Math.max(1, Math.round(100 - ((device.pages % perCartridge) / perCartridge) * 100))
  return [`BLACK TONER CARTRIDGE=${left}%`, `PAGES PRINTED WITH THIS SUPPLY=${device.pages % perCartridge}`, 'STATUS=OK']
}

/** The last troubles of paper, as far back as pages go. */
function eventLog(device: Device): string[] {
  const codes = ['13.02.00', '13.20.00', '41.03.00', '13.02.00']
  return codes.map(
    (code, i) => `NUMBER=${codes.length - i} PAGECOUNT=${device.printer.pagesUntil(0) - 137 * (i + 1) * (i + 2)} EVENT=${code}`,
  )
}
