/** The lure speaks TLS: what a fuzzer sends without it is a handshake that fails, or one that is cut. */
export default [
  Buffer.from('16030100a5010000a10303', 'hex'),
  Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'),
  Buffer.from('POST /vpn/../vpns/portal/scripts/newbm.pl HTTP/1.1\r\nHost: a\r\nNSC_USER: ../x\r\nContent-Length: 3\r\n\r\na=b'),
]
