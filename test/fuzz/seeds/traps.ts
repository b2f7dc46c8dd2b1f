/** The lure speaks TLS: what a fuzzer sends without it is a handshake that fails, or one that is cut. */
export default [
  Buffer.from('16030100a5010000a10303', 'hex'),
  Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'),
  Buffer.from(
    'POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 35\r\n\r\n{"user":"admin","password":"admin"}',
  ),
]
