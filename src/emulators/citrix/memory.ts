import { randomBytes, randomInt } from 'node:crypto'

const WORDS = [
  'Accept-Encoding: gzip, deflate\r\n',
  'Connection: keep-alive\r\n',
  'X-Forwarded-For: 10.',
  'POST /nf/auth/doAuthentication.do HTTP/1.1\r\n',
  'Referer: https://',
  'Content-Type: application/x-www-form-urlencoded\r\n',
  'GET /vpn/media/',
  'pwcount=0',
  'nsg-',
  'StateContext=',
]

/** What lies behind a buffer: zeros, pointers, scraps of other people's requests, and in between a session cookie. */
export function leakedMemory(length: number, token: string | undefined): Buffer {
  const bytes = Buffer.alloc(length)
  for (let at = 0; at < length; ) {
    const kind = randomInt(6)
    const piece =
      kind < 2
        ? randomBytes(randomInt(8, 48))
        : kind === 2
          ? Buffer.from(WORDS[randomInt(WORDS.length)] as string)
          : Buffer.alloc(randomInt(16, 160))
    piece.copy(bytes, at)
    at += piece.length
  }
  if (token !== undefined && token.length + 64 < length)
    bytes.write(`\0\0NSC_AAAC=${token};`, randomInt(32, length - token.length - 32), 'latin1')
  return bytes
}
