const basic = `Proxy-Authorization: Basic ${Buffer.from('user:pass').toString('base64')}\r\n`
const digest = 'Proxy-Authorization: Digest username="u", realm="r", nonce="n", uri="/", response="0123456789abcdef0123456789abcdef"\r\n'

export default [
  `GET http://www.example.com/a?b HTTP/1.1\r\nHost: www.example.com\r\n${basic}\r\n`,
  `CONNECT www.example.com:443 HTTP/1.1\r\nHost: www.example.com:443\r\n${digest}\r\n`,
  'POST http://192.0.2.1:8080/p HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  'TRACE http://www.example.com/ HTTP/1.1\r\nMax-Forwards: 0\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\n\r\nGET cache_object://localhost/info HTTP/1.0\r\n\r\n',
].map((text) => Buffer.from(text, 'latin1'))
