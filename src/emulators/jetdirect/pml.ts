/**
 * HP's Printer Management Language within PJL ("PML Protocol Specification"): objects of the printer, read and set as SNMP does.
 *
 *   @PJL DMINFO ASCIIHEX="000006030302010301"     get 3.3.2.1.3.1, hrDeviceDescr
 *   "80000006030302010301140F48502E…"              the answer: the request with 80, a status, the value
 */
import type { Printer } from '../../host/printer.ts'

const GET = 0x00
const SET = 0x04
const ANSWER = 0x80
/** Types of values; the two lowest bits belong to the length. */
const TYPE = { objectId: 0x00, enumeration: 0x04, signed: 0x08, string: 0x10, binary: 0x14 } as const
const NO_SUCH_OBJECT = 0x81
/** ROMAN-8, as strings say of themselves. */
const SYMBOL_SET = Buffer.of(0x01, 0x15)
const LONGEST = 1024

export interface PmlRequest {
  isSet: boolean
  /** `3.3.2.1.3.1`. */
  object: string
  /** What is to be set, with its type and length. */
  value: Buffer
  bytes: Buffer
}

/** The request in an `ASCIIHEX`; undefined when it is none. */
export function decodePml(hex: string): PmlRequest | undefined {
  if (hex.length > LONGEST || !/^(?:[0-9A-Fa-f]{2}){3,}$/.test(hex)) return undefined
  const bytes = Buffer.from(hex, 'hex')
  const [kind = 0, type = 0, length = 0] = bytes
  if ((kind !== GET && kind !== SET) || type !== TYPE.objectId || bytes.length < 3 + length || length === 0) return undefined
  return { isSet: kind === SET, object: bytes.subarray(3, 3 + length).join('.'), value: bytes.subarray(3 + length), bytes }
}

/** The answer in hexadecimal. */
export function answerPml({ isSet, object, value, bytes }: PmlRequest, printer: Printer, pages: number): string {
  const found = isSet ? value : readObject(object, printer, pages)
  const asked = bytes.subarray(1, bytes.length - value.length)
  const head = Buffer.of((bytes[0] ?? 0) | ANSWER, found ? 0 : NO_SUCH_OBJECT)
  return Buffer.concat([head, asked, found ?? Buffer.alloc(0)])
    .toString('hex')
    .toUpperCase()
}

function readObject(object: string, printer: Printer, pages: number): Buffer | undefined {
  switch (object) {
    case '3.3.2.1.3.1':
      return typed(TYPE.binary, Buffer.from(printer.name))
    case '1.1.3.3':
      return typed(TYPE.string, Buffer.concat([SYMBOL_SET, Buffer.from(printer.serial)]))
    case '1.1.3.7':
      return typed(TYPE.string, Buffer.concat([SYMBOL_SET, Buffer.from(printer.deviceId)]))
    case '2.10.2.1.4.1.1': {
      const count = Buffer.alloc(4)
      count.writeInt32BE(pages)
      return typed(TYPE.signed, count)
    }
    default:
      return undefined
  }
}

function typed(type: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.of(type | (bytes.length >> 8), bytes.length & 0xff), bytes])
}

/** What a set of prtGeneralReset does; undefined when a request is none. */
export function resetIn({ isSet, object, value }: PmlRequest): 'restart' | 'factory' | undefined {
  if (!isSet || object !== '2.5.1.1.3.1') return undefined
  return value.at(-1) === 6 ? 'factory' : 'restart'
}
