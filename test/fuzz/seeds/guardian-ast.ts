export default [
  '\x01I20100\n',
  '\x01i20101',
  '\x01S60201HACKED\r',
  '\x01S62300100\x03',
  '\x01123456I50100',
  '\x01S60401999\r\x01S6070112\r\x01i20101',
  '\x01I11300\x01I20600\x01I21400',
  '\x01I99999\n',
  '\x01I20C00',
  '\x01S5010\x01I20500',
].map((text) => Buffer.from(text, 'latin1'))
