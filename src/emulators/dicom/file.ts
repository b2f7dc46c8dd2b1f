import { textValue } from './dataset.ts'

/** A data set as a file (PS3.10 §7.1): an empty preamble, the meta information, the bytes. */
export function encodeFile(sopClass: string, sopInstance: string, transferSyntax: string, dataset: Buffer): Buffer {
  const texts: [number, string][] = [
    [0x00020002, sopClass],
    [0x00020003, sopInstance],
    [0x00020010, transferSyntax],
  ]
  const elements = texts.map(([tag, text]) => {
    const value = textValue(tag, text)
    const header = Buffer.alloc(8)
    header.writeUInt16LE(tag >>> 16, 0)
    header.writeUInt16LE(tag & 0xffff, 2)
    header.write('UI', 4, 'latin1')
    header.writeUInt16LE(value.length, 6)
    return Buffer.concat([header, value])
  })
  const version = Buffer.from('020001004f42000002000000' + '0001', 'hex')
  const rest = Buffer.concat([version, ...elements])
  const length = Buffer.from('02000000554c040000000000', 'hex')
  length.writeUInt32LE(rest.length, 8)
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), length, rest, dataset])
}
