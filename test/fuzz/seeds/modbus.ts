/** A frame to unit 1. */
const frame = (pdu: string): Buffer => {
  const bytes = Buffer.from(pdu.replaceAll(' ', ''), 'hex')
  const header = Buffer.from('000100000000', 'hex')
  header.writeUInt16BE(bytes.length + 1, 4)
  return Buffer.concat([header, Buffer.from([1]), bytes])
}

export default [
  frame('01 0000 0010'),
  frame('03 0000 0020'),
  frame('04 0000 0005'),
  frame('05 0003 ff00'),
  frame('06 006b 0c80'),
  Buffer.concat([frame('07'), frame('0b'), frame('0c'), frame('11')]),
  Buffer.concat([frame('08 0000 a537'), frame('08 000a 0000'), frame('08 000b 0000')]),
  frame('0f 0100 000a 02 ff01'),
  frame('10 0200 0002 04 cafe f00d'),
  frame('14 07 06 0002 0064 0002'),
  frame('15 0b 06 0002 0064 0002 1111 2222'),
  frame('16 0204 00f2 0025'),
  frame('17 0204 0001 0205 0001 02 beef'),
  frame('18 0384'),
  Buffer.concat([frame('2b 0e 01 00'), frame('2b 0e 04 04')]),
  Buffer.concat([
    frame('5a 00 01 00'),
    frame('5a 00 02'),
    frame('5a 00 03 00'),
    frame('5a 00 04'),
    frame('5a 00 10 00'),
    frame('5a 01 41 ff00'),
  ]),
]
