import { fileURLToPath } from 'node:url'

export const options = { services: [fileURLToPath(new URL('../tcp.yaml', import.meta.url))] }

/** Lines, half lines, bytes of binary protocols, a pattern that backtracks where an engine does, and marks that must stay text. */
export default [
  Buffer.from('get one\r\nget two\r\nlogin root toor\r\ninside\r\nquit\r\n'),
  Buffer.from('ask {{honeytoken:password:root}} ${password} $1\r\n'),
  Buffer.from('10260004 4d5154540402 003c 0082 0a0a'.replaceAll(' ', ''), 'hex'),
  Buffer.from(`${'ab'.repeat(2000)}\r\n`),
  Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
  Buffer.from('stats'),
  Buffer.alloc(20_000, 0x41),
]
