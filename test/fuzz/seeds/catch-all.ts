export default [
  Buffer.from('GET / HTTP/1.0\r\n\r\n'),
  Buffer.from('*1\r\n$4\r\nPING\r\n'),
  Buffer.from('JDWP-Handshake\0\0\0\x0b\0\0\0\x01\0\x01\x01', 'latin1'),
  Buffer.from('16030100a5010000a10303', 'hex'),
  Buffer.from('eeeeffff00000000deadbeef', 'hex'),
]
