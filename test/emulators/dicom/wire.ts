/** PDUs as a client sends them, in hex, right or wrong. */
import { type Dataset, encodeCommand, encodeDataset, IMPLICIT, textValue } from '../../../src/emulators/dicom/dataset.ts'

export const VERIFICATION = '1.2.840.10008.1.1'
export const CT = '1.2.840.10008.5.1.4.1.1.2'
export const FIND = '1.2.840.10008.5.1.4.1.2.2.1'
export const MOVE = '1.2.840.10008.5.1.4.1.2.2.2'
export const GET = '1.2.840.10008.5.1.4.1.2.2.3'
export const RELEASE = '05000000000400000000'
export const ABORT = '07000000000400000000'
export const ABORT_UNEXPECTED = '07000000000400000202'

export const item = (type: string, value: string): string => `${type}00${(value.length / 2).toString(16).padStart(4, '0')}${value}`
export const text = (value: string): string => Buffer.from(value, 'latin1').toString('hex')
export const title = (value: string): string => text(value.padEnd(16))
export const context = (id: number, abstract: string, ...transfer: string[]): string =>
  item('20', `${Buffer.of(id).toString('hex')}000000${item('30', text(abstract))}${transfer.map((one) => item('40', text(one))).join('')}`)
export const role = (uid: string, scu: number, scp: number): string =>
  item('54', `${Buffer.of(0, uid.length).toString('hex')}${text(uid)}${Buffer.of(scu, scp).toString('hex')}`)

interface Request {
  version?: string
  application?: string
  contexts?: string[]
  called?: string
  calling?: string
  reserved?: string
  user?: string
}

/** An A-ASSOCIATE-RQ. */
export function request({
  version = '0001',
  application = '1.2.840.10008.3.1.1.1',
  contexts = [context(1, VERIFICATION, IMPLICIT)],
  called = 'COMMON',
  calling = 'EVIL',
  reserved = '00'.repeat(32),
  user = '',
}: Request = {}): string {
  const info = item('50', item('51', '00004000') + item('52', text('1.2.3')) + user)
  return pdu('01', `${version}0000${title(called)}${title(calling)}${reserved}${item('10', text(application))}${contexts.join('')}${info}`)
}

export function pdu(type: string, body: string): string {
  return `${type}00${(body.length / 2).toString(16).padStart(8, '0')}${body}`
}

export function fragment(id: number, control: number, bytes: Buffer): string {
  const header = Buffer.alloc(6)
  header.writeUInt32BE(bytes.length + 2)
  header.set([id, control], 4)
  return header.toString('hex') + bytes.toString('hex')
}

/** A command, and its data set when there is one, on context 1. */
export function message(fields: readonly (readonly [number, number | string])[], data?: Buffer | Record<number, string>): string {
  const command = pdu('04', fragment(1, 3, encodeCommand(fields)))
  if (data === undefined) return command
  return command + pdu('04', fragment(1, 2, Buffer.isBuffer(data) ? data : dataset(data)))
}

export function dataset(texts: Record<number, string>, transferSyntax = IMPLICIT): Buffer {
  const values: Dataset = new Map(Object.entries(texts).map(([tag, value]) => [Number(tag), textValue(Number(tag), value)]))
  return encodeDataset(values, transferSyntax)
}

export const echo = [
  [0x0002, VERIFICATION],
  [0x0100, 0x30],
  [0x0110, 1],
  [0x0800, 0x0101],
] as const

export function service(sopClass: string, command: number, more: readonly (readonly [number, number | string])[] = []) {
  return [[0x0002, sopClass], [0x0100, command], [0x0110, 1], [0x0700, 0], [0x0800, 1], ...more] as const
}

/** The fields of the commands in an answer, by their numbers, the words and the texts. */
export function commandsIn(answer: Buffer): Map<number, number | string>[] {
  const commands: Map<number, number | string>[] = []
  for (let at = 0; at < answer.length; at += 6 + answer.readUInt32BE(at + 2)) {
    if (answer[at] !== 4 || ((answer[at + 11] ?? 0) & 1) === 0) continue
    const fields = new Map<number, number | string>()
    const body = answer.subarray(at + 12, at + 6 + answer.readUInt32BE(at + 2))
    for (let p = 0; p < body.length; p += 8 + body.readUInt32LE(p + 4)) {
      const value = body.subarray(p + 8, p + 8 + body.readUInt32LE(p + 4))
      fields.set(body.readUInt16LE(p + 2), value.length === 2 ? value.readUInt16LE() : value.toString('latin1').replace(/\0$/, ''))
    }
    commands.push(fields)
  }
  return commands
}
