import { createHash } from 'node:crypto'
import { splitCookies, type WebRequest } from './request.ts'

/**
 * The JA4H fingerprint of an HTTP client, as its specification gives it: method, version, cookie, referer, number of header
 * lines, language; then hashes of the header names in their order, of the cookie names, and of the cookies.
 *
 * @returns the fingerprint, and the header names that it was made from
 */
export function ja4h(request: WebRequest): { value: string; raw: string } {
  const { method, headers, httpVersion } = request
  const names = headers.lines.map(([name]) => name).filter((name) => !/^(cookie|referer)$/i.test(name))
  const cookies = splitCookies(headers.all('cookie')).sort()
  const language = (headers.get('accept-language') ?? '').split(/[,;]/)[0] ?? ''
  const front = [
    method.slice(0, 2).toLowerCase().padEnd(2, '0'),
    httpVersion.replace('.', ''),
    headers.has('cookie') ? 'c' : 'n',
    headers.has('referer') ? 'r' : 'n',
    String(Math.min(names.length, 99)).padStart(2, '0'),
    language.replaceAll('-', '').toLowerCase().slice(0, 4).padEnd(4, '0'),
  ].join('')
  const cookieNames = cookies.map((pair) => pair.split('=', 1)[0] as string)
  return { value: [front, shortHash(names), shortHash(cookieNames), shortHash(cookies)].join('_'), raw: names.join(',').slice(0, 4096) }
}

function shortHash(list: readonly string[]): string {
  return list.length === 0 ? '000000000000' : createHash('sha256').update(list.join(',')).digest('hex').slice(0, 12)
}
