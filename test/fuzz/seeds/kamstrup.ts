const hex = (text: string): Buffer => Buffer.from(text, 'hex')

export default [
  hex('803f1001041e7abb0d'),
  hex('803f100204360001ffff0d'),
  hex('803f0105a80d'),
  hex('803f1b1b0d'),
  hex('803f090003fc040001d4c0c5b20d'),
  hex('803f1103ea2f040000016b576bea0d'),
  Buffer.from('H\r\n!GC\r\n!SA 203.0.113.9 50\r\n!RC 203.0.113.9 50\r\nQ\r\n'),
]
