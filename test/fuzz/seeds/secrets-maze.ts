import { httpRequest } from '../http-request.ts'

/** Nobody is held: the fuzzer has many inputs. */
export const options = { hold: { firstMs: 0, maxMs: 0 } }

export default [
  ...[
    '/',
    '/robots.txt',
    '/.env',
    '/.git/config',
    '/backup.sql',
    '/config.json',
    '/secrets.yaml',
    '/web.config',
    '/terraform.tfstate',
    '/id_rsa',
    '/nothing',
  ].map((path) => httpRequest('GET', path)),
  httpRequest('HEAD', '/.env'),
  httpRequest('POST', '/.env', 'a=1'),
  httpRequest('PROPFIND', '/config.json'),
  httpRequest('GET', '/backup/../backup/./%2e%2e/.env'),
  Buffer.from('GET /config.json HTTP/1.0\r\n\r\n'),
]
