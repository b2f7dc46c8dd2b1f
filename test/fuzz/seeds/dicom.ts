import { EXPLICIT, encodeCommand, encodeDataset, textValue } from '../../../src/emulators/dicom/dataset.ts'
import { encodeFragments } from '../../../src/emulators/dicom/pdu.ts'

const item = (type: number, value: Buffer): Buffer => Buffer.concat([Buffer.of(type, 0, value.length >> 8, value.length & 0xff), value])
const uid = (type: number, text: string): Buffer => item(type, Buffer.from(text))

function association(...abstract: string[]): Buffer {
  const contexts = abstract.map((one, i) => item(0x20, Buffer.concat([Buffer.of(i * 2 + 1, 0, 0, 0), uid(0x30, one), uid(0x40, EXPLICIT)])))
  const user = item(
    0x50,
    Buffer.concat([
      item(0x51, Buffer.of(0, 0, 0x40, 0)),
      uid(0x52, '1.2.3'),
      item(0x58, Buffer.from('0100000365766500 00'.replace(' ', ''), 'hex')),
    ]),
  )
  const titles = Buffer.concat([Buffer.from('ANY'.padEnd(16)), Buffer.from('EVE'.padEnd(16)), Buffer.alloc(32)])
  const body = Buffer.concat([Buffer.of(0, 1, 0, 0), titles, uid(0x10, '1.2.840.10008.3.1.1.1'), ...contexts, user])
  const header = Buffer.of(1, 0, 0, 0, 0, 0)
  header.writeUInt32BE(body.length, 2)
  return Buffer.concat([header, body])
}

function message(sopClass: string, command: number, keys?: [number, string][]): Buffer {
  const fields = [
    [2, sopClass],
    [0x100, command],
    [0x110, 1],
    [0x600, 'EVIL'],
    [0x700, 0],
    [0x800, keys ? 1 : 0x101],
    [0x1000, '2.25.1'],
  ] as [number, string | number][]
  const data = new Map(keys?.map(([tag, text]) => [tag, textValue(tag, text)]))
  const parts = [...encodeFragments(1, true, encodeCommand(fields), 0)]
  if (keys) parts.push(...encodeFragments(1, false, encodeDataset(data, EXPLICIT), 0))
  return Buffer.concat(parts)
}

const ROOT = '1.2.840.10008.5.1.4.1.2.2'
const study: [number, string][] = [
  [0x00080052, 'STUDY'],
  [0x00100010, 'ZZDOE*'],
  [0x00100020, '9900001'],
]

export default [
  Buffer.concat([association('1.2.840.10008.1.1'), message('1.2.840.10008.1.1', 0x30), Buffer.from('05000000000400000000', 'hex')]),
  Buffer.concat([association(`${ROOT}.1`), message(`${ROOT}.1`, 0x20, study)]),
  Buffer.concat([association(`${ROOT}.2`), message(`${ROOT}.2`, 0x21, study)]),
  Buffer.concat([association(`${ROOT}.3`, '1.2.840.10008.5.1.4.1.1.2'), message(`${ROOT}.3`, 0x10, study)]),
  Buffer.concat([association('1.2.840.10008.5.1.4.1.1.4'), message('1.2.840.10008.5.1.4.1.1.4', 1, [[0x00100010, 'EVE']])]),
  Buffer.from('GET / HTTP/1.1\r\n\r\n'),
]
