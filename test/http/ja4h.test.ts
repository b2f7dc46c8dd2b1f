import { expect, it } from 'vitest'
import { HeaderList } from '../../src/http/headers.ts'
import { ja4h } from '../../src/http/ja4h.ts'
import { WebRequest } from '../../src/http/request.ts'
import { parseRequestHead } from '../../src/http/wire/request-head.ts'

function requestOf(lines: readonly string[]): WebRequest {
  const head = parseRequestHead(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'))
  const visit = { source: { ip: '192.0.2.1', port: 1 }, local: { ip: '192.0.2.2', port: 80 } } as never
  const place = { path: '/', search: '', authority: undefined }
  return new WebRequest({ head, headers: new HeaderList(head.headers), ...place, minor: 1, simple: false, scheme: 'http', visit })
}

it("gives the value that the method's own program gives of a browser with cookies", () => {
  const counted = [
    6859,
    8174,
    4183,
    3319,
    3917,
    2557,
    4259,
    6070,
    '0804',
    6453,
    1942,
    4435,
    4143,
    9445,
    6957,
    8682,
    1885,
    1825,
    3760,
    '0929',
  ]
  const cookies = [
    `FastAB=${counted.map((number, at) => `${at}=${number}`).join(',')}`,
    'sato=1',
    'countryCode=US',
    'stateCode=VA',
    'geoData=purcellville|VA|20132|US|NA|-400|broadband|39.160|-77.700|511',
    'usprivacy=1---',
    'umto=1',
    '_dd_s=logs=1&id=b5c2d770-eaba-4847-8202-390c4552ff9a&created=1686159462724&expire=1686160422726',
  ]
  const request = requestOf([
    'GET / HTTP/1.1',
    'Host: www.cnn.com',
    `Cookie: ${cookies.join('; ')}`,
    'Sec-Ch-Ua: ',
    'Sec-Ch-Ua-Mobile: ?0',
    'User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64)',
    'Sec-Ch-Ua-Platform: ""',
    'Accept: */*',
    'Sec-Fetch-Site: same-origin',
    'Sec-Fetch-Mode: cors',
    'Sec-Fetch-Dest: empty',
    'Sec-Fetch-Mode: cors',
    'Sec-Fetch-Dest: empty',
    'Referer: https://www.cnn.com/',
    'Accept-Encoding: gzip, deflate',
    'Accept-Language: en-US,en;q=0.9',
  ])
  expect(ja4h(request).value).toBe('ge11cr13enus_88d2d584d47f_0f2659b474bf_161698816dab')
})

it('counts a cookie as often as it was sent', () => {
  const { value } = ja4h(requestOf(['GET / HTTP/1.1', 'Host: x', 'Cookie: a=1; b=2; a=3']))
  // SHA-256 of "a,a,b" and of "a=1,a=3,b=2", 12 digits each.
  expect(value.split('_').slice(2)).toEqual(['12d3a5d15ab2', '83fe5a7205ec'])
})
