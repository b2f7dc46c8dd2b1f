const request = (opcode: number, ...texts: string[]): Buffer =>
  Buffer.from(`\0${String.fromCharCode(opcode)}${texts.map((t) => `${t}\0`).join('')}`, 'latin1')

export default [
  request(1, 'motd', 'octet'),
  request(1, 'running-config', 'netascii', 'blksize', '1024', 'tsize', '0', 'timeout', '3'),
  request(1, '../../etc/passwd', 'octet'),
  request(2, 'x', 'octet', 'blksize', '65464'),
  Buffer.from('\0\x03\0\x01data', 'latin1'),
  Buffer.from('\0\x04\0\x01', 'latin1'),
  Buffer.from('\0\x05\0\x01gone\0', 'latin1'),
]
