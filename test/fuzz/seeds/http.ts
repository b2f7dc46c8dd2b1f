const text = (...lines: string[]): Buffer => Buffer.from(lines.join('\r\n'), 'latin1')

/** The site of the persona, and beside it an area for each kind of login. */
export const options = {
  auth: [
    { path: '/d/', schemes: ['digest', 'basic'] },
    { path: '/n/', schemes: ['ntlm'] },
    { path: '/f/', schemes: ['form'] },
  ],
}

const DIGEST =
  'Authorization: Digest username="a", realm="r", nonce="6b058144", uri="/d/", qop=auth, nc=00000001, cnonce="c", response="0123456789abcdef0123456789abcdef"'
const NTLM_NEGOTIATE = 'Authorization: NTLM TlRMTVNTUAABAAAAB4IIAAAAAAAAAAAAAAAAAAAAAAA='
const NTLM_AUTHENTICATE = `Authorization: Negotiate ${Buffer.concat([
  Buffer.from('NTLMSSP\0\x03\0\0\0', 'latin1'),
  Buffer.from('180018004000000030003000580000000200020088000000020002008a000000020002008c000000000000008e00000001020000', 'hex'),
  Buffer.alloc(80, 0x61),
]).toString('base64')}`

export default [
  text('GET /d/ HTTP/1.1', 'Host: a', DIGEST, '', '', 'GET /d/x HTTP/1.1', 'Host: a', 'Authorization: Basic /zo6Og==', '', ''),
  text('GET /n/ HTTP/1.1', 'Host: a', NTLM_NEGOTIATE, '', 'GET /n/ HTTP/1.1', 'Host: a', NTLM_AUTHENTICATE, '', ''),
  text('POST /f/ HTTP/1.1', 'Host: a', 'Content-Type: application/x-www-form-urlencoded', 'Content-Length: 15', '', 'log=a&pwd=b%00c'),
  text('GET / HTTP/1.1', 'Host: a', 'Accept-Encoding: gzip, br;q=0.5', 'Range: bytes=0-9,20-', 'If-None-Match: "x"', '', ''),
  text('GET /index.html HTTP/1.0', '', ''),
  text('GET /'),
  text(
    'POST /portal/login HTTP/1.1',
    'Host: a',
    'Content-Type: application/x-www-form-urlencoded',
    'Content-Length: 27',
    '',
    'user=admin&password=%00%ff+',
  ),
  text(
    'POST /portal/ HTTP/1.1',
    'Host: a',
    'Transfer-Encoding: chunked',
    '',
    '5;x=y',
    'hello',
    '0',
    'Trailer: z',
    '',
    'GET /robots.txt HTTP/1.1',
    'Host: a',
    '',
    '',
  ),
  text(
    'POST /portal/upload.php HTTP/1.1',
    'Host: a',
    'Expect: 100-continue',
    'Content-Type: multipart/form-data; boundary=b',
    'Content-Length: 118',
    '',
    '--b',
    'Content-Disposition: form-data; name="f"; filename="../x.php"',
    '',
    '<?php system($_GET["c"]); ?>',
    '--b--',
    '',
  ),
  text(
    'OPTIONS * HTTP/1.1',
    'Host: a',
    'Connection: keep-alive',
    '',
    'HEAD http://b/%2e%2e/etc/passwd HTTP/1.1',
    'Host: b',
    'Connection: close',
    '',
    '',
  ),
  text('CONNECT a:443 HTTP/1337', 'Host: a', 'Cookie: a=b; c="d"; =; e', 'Authorization: Basic YWRtaW46YWRtaW4=', ' folded', '', ''),
]
