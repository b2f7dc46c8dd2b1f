const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
const rmcpPlus = (type: string, body: string): Buffer => {
  const payload = hex(body)
  const size = Buffer.alloc(2)
  size.writeUInt16LE(payload.length)
  return Buffer.concat([hex(`0600ff07 06 ${type} 00000000 00000000`), size, payload])
}

export default [
  hex('0600ff06 000011be 80 01 00 00'),
  hex('0600ff07 00 00000000 00000000 09 2018c88100388e04b5'),
  hex('0600ff07 00 00000000 00000000 07 2018c88100017e'),
  hex('0600ff07 00 00000000 00000000 18 2018c881043902 41444d494e0000000000000000000000 b5'),
  rmcpPlus('10', '00000000 a4a3a2a0 0000000801000000 0100000801000000 0200000801000000'),
  rmcpPlus('10', '00000000 a4a3a2a0 0000000800000000 0100000800000000 0200000800000000'),
  rmcpPlus('12', `00000000 01020304 ${'11'.repeat(16)} 14000005 41444d494e`),
  rmcpPlus('14', `00000000 01020304 ${'22'.repeat(20)}`),
  rmcpPlus('00', '2018c881043800388e04b5'),
]
