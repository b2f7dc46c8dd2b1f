import { httpRequest } from '../http-request.ts'

/** Nobody is held: the fuzzer has many inputs. */
export const options = { hold: { firstMs: 0, maxMs: 0 } }

const ftp = (...commands: string[]): Buffer => Buffer.from(commands.map((command) => `${command}\r\n`).join(''), 'latin1')

export const byPort = {
  'tcp 2121': [
    ftp('USER backup', 'PASS x', 'SYST', 'FEAT', 'PWD', 'PASV', 'CWD /backup/../', 'CDUP', 'SIZE .env', 'MDTM a', 'QUIT'),
    ftp('USER a', 'PASS b', 'EPSV', 'TYPE I', 'REST 5', 'PORT 127,0,0,1,0,25', 'EPRT |1|127.0.0.1|25|', 'DELE x', 'SITE CHMOD 777 x'),
    ftp('LIST', 'USER a', 'PASS b', 'LIST -la /', 'RETR .env', 'STOR x', 'NOOP', 'XYZ'),
  ],
}

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
