import { CLASS, encodeResponse, FLAG, RCODE, TYPE } from '../../../src/emulators/dns/codec.ts'

const ask = (name: string, type: number, klass: number = CLASS.IN): Buffer =>
  encodeResponse({ id: 0x1234, flags: FLAG.RD, rcode: RCODE.NOERROR, question: { name, type, class: klass } })
const edns = { udpSize: 4096, dnssec: true, options: [{ code: 10, bytes: Buffer.from('12345678') }] }

export default [
  ask('www.example.com', TYPE.A),
  ask('version.bind', TYPE.TXT, CLASS.CH),
  ask('', TYPE.NS),
  ask('tarnholt-weir.internal', TYPE.AXFR),
  encodeResponse({ id: 1, flags: FLAG.RD, rcode: RCODE.NOERROR, question: { name: 'isc.org', type: TYPE.ANY, class: CLASS.IN }, edns }),
  Buffer.from('000010000000000000000000', 'hex'),
]
